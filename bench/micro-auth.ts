/**
 * Microseconds for judging one DKIM-signed message of 50 KB: ours, piece by piece, and mailauth over the same bytes, in
 * turn in one process. Keys come from memory at once, so that no network is measured. `node bench/micro-auth.ts [--json]`
 */
import { generateKeyPairSync } from 'node:crypto';
import { dkimVerify as mailauthVerify } from 'mailauth/lib/dkim/verify.js';
import { concat, fromLatin1 } from '#core/bytes.ts';
import { createBodyHasher, requestedBodyHashes } from '#protocol/dkim/body-hash.ts';
import { dkimKeyRecord } from '#protocol/dkim/keys.ts';
import { signDkim, SIGNING_BODY_HASH } from '#protocol/dkim/sign.ts';
import { verifyDkim } from '#protocol/dkim/verify.ts';
import { zoneResolver } from '#protocol/dns/zone-resolver.ts';
import { parseZone } from '#protocol/dns/zone.ts';
import { parseHeader } from '#protocol/message/header.ts';

const CHUNK_BYTES = 16_384;
const BODY_BYTES = 50_000;
const BATCHES = 40;
const PER_BATCH = 25;

const NOW_MS = Date.parse('2025-06-02T12:00:00Z');
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const record = dkimKeyRecord(publicKey);
const zone = parseZone({ 'r._domainkey.x.example': record });
if (!zone.ok) throw new Error('the zone of the benchmark is wrong');
const resolver = zoneResolver(zone.value);
const signer = { domain: 'x.example', selector: 'r', key: privateKey, algorithm: 'rsa-sha256' } as const;

function makeMessage(): Uint8Array {
  const head =
    'Received: from a.x.example by b.x.example with ESMTPS id 1; Mon, 2 Jun 2025 12:00:00 +0000\r\n' +
    'From: Ann <ann@x.example>\r\nTo: bob@y.example\r\nSubject: a usual message\r\n' +
    'Date: Mon, 2 Jun 2025 12:00:00 +0000\r\nMessage-ID: <1@x.example>\r\nMIME-Version: 1.0\r\n' +
    'Content-Type: text/plain; charset=utf-8\r\n\r\n';
  const line = 'The quick brown fox jumps over the lazy dog, and then it does so once more. \r\n\r\n';
  const unsigned = fromLatin1(head + line.repeat(Math.ceil(BODY_BYTES / line.length)).slice(0, BODY_BYTES));
  const header = parseHeader(unsigned);
  const hasher = createBodyHasher([SIGNING_BODY_HASH]);
  hasher.update(unsigned.subarray(header.bodyStart));
  return concat([signDkim({ ...signer, header, bodyHashes: hasher.finish(), nowMs: NOW_MS }), unsigned]);
}

const message = makeMessage();
const asBuffer = Buffer.from(message);

function hash(bytes: Uint8Array) {
  const header = parseHeader(bytes);
  const hasher = createBodyHasher(requestedBodyHashes(header));
  for (let at = header.bodyStart; at < bytes.length; at += CHUNK_BYTES)
    hasher.update(bytes.subarray(at, Math.min(bytes.length, at + CHUNK_BYTES)));
  return { header, bodyHashes: hasher.finish() };
}

async function ours(): Promise<void> {
  const [result] = await verifyDkim({ ...hash(message), resolver, nowMs: NOW_MS });
  if (result?.result !== 'pass') throw new Error(`ours: ${result?.text}`);
}

const read = hash(message);
async function oursVerifyOnly(): Promise<void> {
  const [result] = await verifyDkim({ ...read, resolver, nowMs: NOW_MS });
  if (result?.result !== 'pass') throw new Error(`ours: ${result?.text}`);
}

async function mailauths(): Promise<void> {
  const { results } = await mailauthVerify(asBuffer, {
    resolver: async () => [[record]] as never[],
    curTime: new Date(NOW_MS),
  });
  if (results[0]?.status.result !== 'pass') throw new Error('mailauth: no pass');
}

const WORK: Readonly<Record<string, () => void | Promise<void>>> = {
  'header + body hash': () => void hash(message),
  'verify alone': oursVerifyOnly,
  'ours, whole': ours,
  'mailauth, whole': mailauths,
};

/** Best and median batch in µs per message; batches of all kinds alternate, so that a noisy machine hits all alike. */
async function measure(): Promise<Record<string, { bestUs: number; medianUs: number }>> {
  const times: Record<string, number[]> = {};
  for (let batch = 0; batch < BATCHES; batch++)
    for (const [name, work] of Object.entries(WORK)) {
      const startedNs = process.hrtime.bigint();
      for (let i = 0; i < PER_BATCH; i++) await work();
      (times[name] ??= []).push(Number(process.hrtime.bigint() - startedNs) / 1000 / PER_BATCH);
    }
  return Object.fromEntries(
    Object.entries(times).map(([name, us]) => {
      const sorted = us.toSorted((a, b) => a - b);
      return [
        name,
        { bestUs: Math.round(sorted[0] ?? 0), medianUs: Math.round(sorted[sorted.length >> 1] ?? 0) },
      ];
    }),
  );
}

const figures = await measure();
if (process.argv.includes('--json')) console.log(JSON.stringify(figures));
else
  for (const [name, { bestUs, medianUs }] of Object.entries(figures))
    console.log(
      `${name.padEnd(20)} best ${String(bestUs).padStart(6)} µs   median ${String(medianUs).padStart(6)} µs`,
    );
