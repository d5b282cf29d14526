import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromUtf8 } from '#core/bytes.ts';
import { memoryLog } from '#test/support/tlog.ts';
import { formatAddCheckpoint, parseAddCheckpoint } from './add-checkpoint.ts';
import { formatCheckpoint } from './checkpoint.ts';
import { formatKey } from './keys.ts';
import { newSigningKey, sha256, signCheckpoint, type SigningKey, verifySignature } from './node-crypto.ts';
import { formatNote } from './note.ts';
import { formatPolicy, isQuorum, parsePolicy, type Policy } from './policy.ts';
import { proveInclusion } from './prove.ts';
import { checkProof, formatProof, openTrusted, parseProof } from './tlog-proof.ts';

const log = memoryLog(1000);
const logKey = await newSigningKey('log.example/a', 'note');
const otherLog = await newSigningKey('log.example/b', 'note');
const witnesses = await Promise.all(
  ['x1', 'x2', 'y1'].map((n) => newSigningKey(`${n}.example`, 'cosignature')),
);
const [x1, x2, y1] = witnesses as [SigningKey, SigningKey, SigningKey];

const TEXT = `# two of X and any of Y
log ${formatKey(logKey)} https://log.example/a
log ${formatKey(otherLog)}
witness x1 ${formatKey(x1)}
 witness\tx2 ${formatKey(x2)}

witness y1 ${formatKey(y1)} https://y1.example
group X all x1 x2
group Y any y1
group both 2 X Y
quorum both
`;

async function policyOf(text: string): Promise<Policy> {
  const policy = await parsePolicy(sha256, text);
  assert.ok(policy.ok, JSON.stringify(policy));
  return policy.value;
}

test('a policy counts its groups and reads what it writes', async () => {
  const policy = await policyOf(TEXT);
  const by = (...keys: SigningKey[]): boolean =>
    isQuorum(
      policy,
      keys.map((key) => ({ key })),
    );
  assert.ok(by(x1, x2, y1));
  for (const few of [[], [x1, x2], [x1, y1], [y1, logKey, otherLog]]) assert.ok(!by(...few));
  assert.deepEqual(await policyOf(formatPolicy(policy)), policy);
  assert.ok(isQuorum(await policyOf('quorum none'), []));
});

test('a wrong policy is refused with the line that is wrong', async () => {
  const k = formatKey(x1);
  const cases: [string, RegExp][] = [
    ['', /no quorum/],
    ['quorum x', /line 1: a quorum names/],
    ['quorum none\nquorum none', /line 2: there is a quorum/],
    [`witness none ${k}`, /taken/],
    [`witness a ${k}\nwitness b ${k}`, /line 2: this witness key/],
    [`witness a ${formatKey(logKey)}`, /plain notes/],
    [`witness a ${k}\ngroup g 2 a`, /no share of 1/],
    [`witness a ${k}\ngroup g 0 a`, /no share of 1/],
    [`witness a ${k}\ngroup g 1 a\ngroup h 1 a`, /in a group already/],
    [`group g any g`, /not defined before/],
    ['trust me', /none of log, witness/],
    ['quorum none\u0000', /control/],
    ['log nonsense', /name\+id/],
  ];
  for (const [text, complaint] of cases) {
    const policy = await parsePolicy(sha256, text);
    assert.ok(!policy.ok && complaint.test(policy.error), `${text}: ${JSON.stringify(policy)}`);
  }
});

async function checkpointText(keys: readonly SigningKey[], origin: string, size = 1000): Promise<string> {
  const checkpoint = { origin, size, root: log.root(size), extensions: [] };
  const signatures = await Promise.all(keys.map((key) => signCheckpoint(key, checkpoint, 1)));
  return formatNote({ text: formatCheckpoint(checkpoint), signatures });
}

test('checkProof() believes only a known log, enough witnesses, and the entry itself', async () => {
  const policy = await policyOf(TEXT);
  const path = await proveInclusion(sha256, log.tiles, 500, 1000);
  const check = { hash: sha256, verify: verifySignature, policy };
  const of = async (
    keys: readonly SigningKey[],
    origin = 'log.example/a',
    index = 500,
    entry = log.entries[500]!,
  ): Promise<string> => {
    const checkpoint = await checkpointText(keys, origin);
    const done = await checkProof(formatProof({ index, path, extra: undefined, checkpoint }), entry, check);
    return done.ok ? `entry ${done.value.index}` : done.error;
  };
  assert.equal(await of([logKey, ...witnesses]), 'entry 500');
  assert.match(await of([logKey, x1, y1]), /quorum "both"/);
  assert.match(await of(witnesses), /no log that is known/);
  assert.match(await of([otherLog, ...witnesses]), /no log that is known/, 'signed by another log');
  assert.match(await of([logKey, ...witnesses], 'log.example/a', 501), /is not number 501/);
  assert.match(await of([logKey, ...witnesses], 'log.example/a', 500, fromUtf8('forged')), /not number 500/);
});

test('a log of two keys has signed only with both', async () => {
  const second = await newSigningKey('log.example/a', 'subtree');
  const policy = { ...(await policyOf(TEXT)), quorum: 'none' };
  const logs = [...policy.logs, { ...policy.logs[0]!, key: second }]; // `!`: TEXT names a log
  const both = { ...policy, logs };
  const open = async (keys: readonly SigningKey[]): Promise<string> => {
    const opened = await openTrusted(
      fromUtf8(await checkpointText(keys, 'log.example/a')),
      both,
      verifySignature,
    );
    return opened.ok ? 'trusted' : opened.error;
  };
  assert.equal(await open([logKey, second]), 'trusted');
  assert.match(await open([logKey]), /1 of the 2 keys .* did not sign/);
  assert.match(await open([second]), /1 of the 2 keys .* did not sign/);
});

test('proofs and witness requests are read as they are written', async () => {
  const checkpoint = await checkpointText([logKey], 'log.example/a');
  const path = (await proveInclusion(sha256, log.tiles, 3, 1000)).map((h) => new Uint8Array(h));
  const proof = { index: 3, path, extra: fromUtf8('more'), checkpoint };
  assert.deepEqual(parseProof(formatProof(proof)), { ok: true, value: proof });
  const request = { oldSize: 4, path, checkpoint };
  assert.deepEqual(parseAddCheckpoint(fromUtf8(formatAddCheckpoint(request))), { ok: true, value: request });
  const none = { oldSize: 0, path: [], checkpoint };
  assert.deepEqual(parseAddCheckpoint(fromUtf8(formatAddCheckpoint(none))), { ok: true, value: none });
  for (const text of [
    '',
    'old 1\n',
    `old 01\n\n${checkpoint}`,
    `new 1\n\n${checkpoint}`,
    `old 1\nAAAA\n\n${checkpoint}`,
  ])
    assert.equal(parseAddCheckpoint(fromUtf8(text)).ok, false, text.slice(0, 20));
  const long = { oldSize: 1, path: Array.from({ length: 64 }, () => path[0]!), checkpoint };
  assert.equal(parseAddCheckpoint(fromUtf8(formatAddCheckpoint(long))).ok, false);
  for (const text of [
    '',
    'c2sp.org/tlog-proof@v2\nindex 0\n\n',
    'c2sp.org/tlog-proof@v1\n\nx',
    'c2sp.org/tlog-proof@v1\nindex 01\n\nx',
  ])
    assert.equal(parseProof(text).ok, false, text);
});
