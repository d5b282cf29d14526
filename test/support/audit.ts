/** An audit log in a test database: keys, a sequencer driven by hand, and the full check of what it made. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromUtf8, toUtf8 } from '#core/bytes.ts';
import type { TenantId } from '#core/id.ts';
import { type LogEntry, proveEntry, readEntries, readHead } from '#assurance/audit/log.ts';
import { logVkeys } from '#assurance/audit/log-keys.ts';
import { createSequencing, type Sequencing } from '#assurance/audit/sequencer.ts';
import { openFileKeys } from '#assurance/keys/file-keys.ts';
import type { KeyStore } from '#assurance/keys/keys.ts';
import type { Reader } from '#platform/db.ts';
import type { TestDatabase } from './database.ts';
import { leafData } from '#protocol/tlog/hashing.ts';
import { type NoteKey, parseKey } from '#protocol/tlog/keys.ts';
import { sha256, verifySignature } from '#protocol/tlog/node-crypto.ts';
import { openCheckpoint } from '#protocol/tlog/open-checkpoint.ts';
import { checkProof } from '#protocol/tlog/tlog-proof.ts';
import { growTree } from '#protocol/tlog/tree.ts';

export const TENANT = '00000000-0000-7000-8000-000000000001' as TenantId;
export const OTHER = '00000000-0000-7000-8000-000000000002' as TenantId;

export type TestLog = {
  readonly keys: KeyStore;
  readonly sequencing: Sequencing;
  /** Rounds until there is nothing left; how many events they took. */
  readonly catchUp: () => Promise<number>;
  readonly [Symbol.dispose]: () => void;
};

export async function testLog(db: TestDatabase, maxEvents = 4096): Promise<TestLog> {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-audit-'));
  await db.query(`insert into tenant (id, name) values ($1, 'other') on conflict do nothing`, [OTHER]);
  // As the product does it: under the role that sees all tenants and may not change an entry.
  const system = db.as('system');
  const keys = await openFileKeys(directory, system);
  const nowMs = (): number => Date.now();
  const sequencing = createSequencing({
    db: system,
    keys,
    originPrefix: 'gate.example/audit',
    nowMs,
    maxEvents,
  });
  const catchUp = async (): Promise<number> => {
    let events = 0;
    for (;;) {
      const round = await sequencing.round();
      events += round.events;
      if (!round.isMore) return events;
    }
  };
  return { keys, sequencing, catchUp, [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
}

export async function verifiers(db: Reader, tenant: TenantId): Promise<NoteKey[]> {
  const keys = await Promise.all((await logVkeys(db, tenant)).map((v) => parseKey(sha256, v)));
  return keys.map((k) => (k.ok ? k.value : assert.fail(k.error)));
}

/** Everything that must be true of a log: no gap, the signed root is that of the entries, each event once, proofs hold. */
export async function checkLog(whole: TestDatabase, tenant: TenantId): Promise<readonly LogEntry[]> {
  const db = whole.as('app').asTenant(tenant);
  const head = await readHead(db, tenant);
  const entries = await readEntries(db, tenant, 0, 1_000_000);
  if (head === undefined) return (assert.equal(entries.length, 0), entries);
  const tree = growTree(sha256);
  for (const [i, e] of entries.entries()) {
    assert.equal(e.index, i, 'no gap');
    tree.append(sha256(leafData(e.entry)));
  }
  const known = await verifiers(db, tenant);
  const opened = await openCheckpoint(fromUtf8(head.checkpoint), known, verifySignature);
  assert.ok(opened.ok, JSON.stringify(opened));
  const { checkpoint, signers } = opened.value;
  assert.deepEqual(signers.map((s) => s.key.kind).toSorted(), ['note', 'subtree']);
  assert.deepEqual(
    [checkpoint.size, head.size, Buffer.from(checkpoint.root).toString('hex')],
    [entries.length, entries.length, Buffer.from(tree.root()).toString('hex')],
  );
  assert.equal(new Set(entries.map((e) => e.eventId)).size, entries.length, 'each event once');
  const policy = {
    logs: known.map((key) => ({ key, url: undefined })),
    witnesses: [],
    groups: [],
    quorum: 'none',
  };
  const check = { hash: sha256, verify: verifySignature, policy };
  for (const i of new Set(
    [0, 1, entries.length >> 1, entries.length - 1].filter((n) => n < entries.length),
  )) {
    const proof = await proveEntry(db, tenant, i, head);
    assert.ok((await checkProof(proof, entries[i]!.entry, check)).ok, `proof of ${i}`);
  }
  return entries;
}

export function subjectsOf(entries: readonly LogEntry[]): string[] {
  return entries.map((e) => (JSON.parse(toUtf8(e.entry)) as { subject: string }).subject);
}
