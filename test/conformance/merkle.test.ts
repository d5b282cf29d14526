/** The proofs of transparency-dev/merkle: 98 of inclusion, 98 of consistency, most of them wrong in one way. */
import assert from 'node:assert/strict';
import { readFileSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sha256 } from '#protocol/tlog/node-crypto.ts';
import { verifyConsistency, verifyInclusion } from '#protocol/tlog/proof.ts';
import { webSha256 } from '#protocol/tlog/web-crypto.ts';
import { corpusPath, judgeSuite } from './suite.ts';

type Proof = { readonly proof: readonly string[] | null; readonly wantErr: boolean };
type InclusionCase = Proof & {
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly root: string;
  readonly leafHash: string;
};
type ConsistencyCase = Proof & {
  readonly size1: number;
  readonly size2: number;
  readonly root1: string;
  readonly root2: string;
};

const bytes = (base64: string | null): Uint8Array => new Uint8Array(Buffer.from(base64 ?? '', 'base64'));
const path = (c: Proof): Uint8Array[] => (c.proof ?? []).map(bytes);
/** Numbers above 2^53 lose digits here; each such case is a wrong proof and stays one. */
const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

test('Merkle proofs: inclusion', async (t) => {
  const folder = corpusPath(t, 'merkle/inclusion');
  if (folder === undefined) return;
  const cases = globSync('**/*.json', { cwd: folder }).map((id) => ({
    id,
    judge: async () => {
      const c = read(join(folder, id)) as InclusionCase;
      const proof = {
        index: c.leafIdx,
        size: c.treeSize,
        leafHash: bytes(c.leafHash),
        path: path(c),
        root: bytes(c.root),
      };
      for (const hash of [sha256, webSha256]) assert.equal(await verifyInclusion(hash, proof), !c.wantErr);
    },
  }));
  await judgeSuite(t, { name: 'merkle-inclusion', cases, count: 98 });
});

test('Merkle proofs: consistency', async (t) => {
  const folder = corpusPath(t, 'merkle/consistency');
  if (folder === undefined) return;
  const cases = globSync('**/*.json', { cwd: folder }).map((id) => ({
    id,
    judge: async () => {
      const c = read(join(folder, id)) as ConsistencyCase;
      const proof = {
        size1: c.size1,
        size2: c.size2,
        root1: bytes(c.root1),
        root2: bytes(c.root2),
        path: path(c),
      };
      for (const hash of [sha256, webSha256]) assert.equal(await verifyConsistency(hash, proof), !c.wantErr);
    },
  }));
  await judgeSuite(t, { name: 'merkle-consistency', cases, count: 98 });
});
