import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromUtf8 } from '#core/bytes.ts';
import { formatCheckpoint, parseCheckpoint } from './checkpoint.ts';
import { formatKey, type NoteKey, parseKey } from './keys.ts';
import {
  exportSigningKey,
  importSigningKey,
  newSigningKey,
  sha256,
  signCheckpoint,
  verifySignature,
} from './node-crypto.ts';
import { formatNote, parseNote } from './note.ts';
import { openCheckpoint } from './open-checkpoint.ts';
import { webSha256, webVerify } from './web-crypto.ts';

// The example in the documentation of golang.org/x/mod/sumdb/note.
const NEUMANN = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const NEUMANN_NOTE = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;

test('a note that Go has signed is read and holds, in Node and in the browser', async () => {
  const note = parseNote(fromUtf8(NEUMANN_NOTE));
  assert.ok(note.ok);
  assert.equal(formatNote(note.value), NEUMANN_NOTE);
  const [line] = note.value.signatures;
  for (const [hash, verify] of [
    [sha256, verifySignature],
    [webSha256, webVerify],
  ] as const) {
    const key = await parseKey(hash, NEUMANN);
    assert.ok(key.ok);
    assert.equal(formatKey(key.value), NEUMANN);
    assert.deepEqual([key.value.name, key.value.id], [line?.name, line?.keyId]);
    const message = fromUtf8(note.value.text);
    assert.ok(await verify('ed25519', key.value.publicKey, message, line!.signature));
    assert.ok(!(await verify('ed25519', key.value.publicKey, fromUtf8('other\n'), line!.signature)));
  }
});

test('malformed notes, keys and checkpoints are refused', async () => {
  const wrong = [
    '',
    'text\n',
    'text\n\n',
    'text\n\n— a AAAAAAA=',
    'te\txt\n\n— a AAAAAAA=\n',
    'text\n\n- a AAAAAAA=\n',
    'text\n\n— a+b AAAAAAA=\n',
    'text\n\n— a\u00a0b AAAAAAA=\n',
    'text\n\n— a AAAAAAB=\n',
    'text\n\n— a AAAA\n',
    `text\n\n${'— a AAAAAAA=\n'.repeat(65)}`,
  ];
  for (const text of wrong) assert.equal(parseNote(fromUtf8(text)).ok, false, JSON.stringify(text));
  assert.equal(parseNote(Uint8Array.of(0xff, 10, 10)).ok, false);
  assert.ok(parseNote(fromUtf8(`text\n\n${'— a AAAAAAA=\n'.repeat(16)}`)).ok);
  for (const text of [
    '',
    'a',
    NEUMANN.replace('c74f20a3', 'c74f20a4'),
    NEUMANN.replace('c74f20a3', 'C74F20A3'),
    NEUMANN.replace('ARpc', 'CRpc'),
    NEUMANN.slice(0, -4),
    `+${NEUMANN}`,
  ])
    assert.equal((await parseKey(sha256, text)).ok, false, text);
  const root = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=';
  assert.ok(parseCheckpoint(`example.com/behind-the-sofa\n20852163\n${root}\n`).ok);
  for (const text of [
    `\n1\n${root}\n`,
    `a\n01\n${root}\n`,
    `a\n-1\n${root}\n`,
    `a\n9007199254740993\n${root}\n`,
    `a\n1\n${root.slice(4)}\n`,
    `a\n1\n${root}`,
    `a\n1\n${root}\n\n`,
    `a\n1\n`,
  ])
    assert.equal(parseCheckpoint(text).ok, false, text);
});

const checkpoint = {
  origin: 'log.example/a',
  size: 7,
  root: new Uint8Array(sha256(fromUtf8('x'))),
  extensions: [],
};
const keys = await Promise.all([
  newSigningKey('log.example/a', 'note'),
  newSigningKey('log.example/a', 'subtree'),
  newSigningKey('witness.example', 'cosignature'),
]);
const signatures = await Promise.all(keys.map((k) => signCheckpoint(k, checkpoint, 1_700_000_000)));
const signed = formatNote({ text: formatCheckpoint(checkpoint), signatures });

test('a checkpoint carries signatures of all three kinds', async () => {
  const opened = await openCheckpoint(fromUtf8(signed), keys, verifySignature);
  assert.ok(opened.ok);
  assert.deepEqual(opened.value.checkpoint, checkpoint);
  assert.deepEqual(
    opened.value.signers.map((s) => [s.key.kind, s.timeS]),
    [
      ['note', 0],
      ['subtree', 1_700_000_000],
      ['cosignature', 1_700_000_000],
    ],
  );
  const again = await importSigningKey('log.example/a', 'subtree', exportSigningKey(keys[1]));
  assert.equal(formatKey(again), formatKey(keys[1]));
});

test('what a malicious server may try with signatures does not hold', async () => {
  const opens = async (text: string, known: readonly NoteKey[] = keys): Promise<number | string> => {
    const opened = await openCheckpoint(fromUtf8(text), known, verifySignature);
    return opened.ok ? opened.value.signers.length : opened.error;
  };
  assert.equal(await opens(signed), 3);
  assert.match(String(await opens(signed.replace('\n7\n', '\n8\n'))), /does not hold/);
  assert.match(String(await opens(signed.replace('log.example/a\n7', 'log.example/b\n7'))), /does not hold/);
  // A line in the signed text that looks like a signature moves the border, and with it what is signed.
  assert.equal(typeof (await opens(`${signed}\n— a AAAAAAA=\n`)), 'string');
  const renamed = keys.map((k) => ({ ...k, name: 'other.example' }));
  assert.equal(await opens(signed, renamed), 0, 'signatures of unknown names are nothing');
  const cut = { ...signatures[1]!, signature: signatures[1]!.signature.slice(0, -1) };
  const moved = {
    ...signatures[2]!,
    signature: signatures[2]!.signature.map((b, i) => (i === 7 ? b ^ 1 : b)),
  };
  const swapped = { ...signatures[1]!, signature: signatures[2]!.signature };
  for (const bad of [cut, moved, swapped])
    assert.match(
      String(await opens(formatNote({ text: formatCheckpoint(checkpoint), signatures: [bad] }))),
      /does not hold/,
    );
  const twice = formatNote({
    text: formatCheckpoint(checkpoint),
    signatures: [...signatures, ...signatures],
  });
  assert.equal(await opens(twice), 3, 'a key that signed twice is one signer');
});
