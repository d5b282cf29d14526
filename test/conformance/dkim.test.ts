/**
 * DKIM against outside data: a generated set with its zone (89 messages), the corpus of Mail::DKIM (79), canonicalisation
 * cases (20), and the examples of RFC 6376 and RFC 8463.
 *
 * Mail::DKIM's corpus is historic: what it expected when it was made is judged by what the standards say today (rsa-sha1,
 * keys below 1024 bits and DomainKeys do not pass any more). Of those that passed once the body and header hashes are
 * held to, where they can be computed.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { concat, fromLatin1, toLatin1 } from '#core/bytes.ts';
import { simpleBody } from '#protocol/dkim/canonical-body.ts';
import { byteWriter, writeField } from '#protocol/dkim/canonical-header.ts';
import type { DkimResult } from '#protocol/dkim/verify.ts';
import { parseZoneText } from '#protocol/dns/zone-text.ts';
import { zoneResolver } from '#protocol/dns/zone-resolver.ts';
import { parseHeader } from '#protocol/message/header.ts';
import { corpusPath, judgeSuite, type SuiteCase } from './suite.ts';
import { verifyWhole, withCrlf, zoneOf } from '../support/signed.ts';

const JUNE_2025_MS = Date.parse('2025-06-02T12:00:00Z');

function latin1File(path: string): string {
  return toLatin1(readFileSync(path));
}

/** The best result of the message, as a receiver would report it. */
function overall(results: readonly DkimResult[]): string {
  if (results.length === 0) return 'none';
  const order = ['pass', 'temperror', 'fail', 'permerror', 'policy', 'neutral'];
  return order.find((word) => results.some((r) => r.result === word)) ?? 'none';
}

type Expectation = {
  readonly file: string;
  readonly expected: string;
  readonly preferred?: string;
  readonly policy?: string;
};

function judgeGenerated(results: readonly DkimResult[], c: Expectation): void {
  const got = overall(results);
  const shown = JSON.stringify(results.map((r) => [r.result, r.reason, r.text]));
  if (c.expected === 'any') return;
  if (c.expected === 'not-pass') {
    assert.notEqual(got, 'pass', shown);
    if (c.preferred !== undefined) assert.equal(got, c.preferred, shown);
  } else if (c.expected === 'one-pass') assert.ok(got === 'pass', shown);
  else if (c.expected === 'all-pass')
    assert.ok(results.length > 0 && results.every((r) => r.result === 'pass'), shown);
  else if (c.expected.startsWith('any-of:')) assert.ok(c.expected.slice(7).split(',').includes(got), shown);
  else assert.equal(got, c.expected, shown);
  if (c.policy === 'must be flagged') assert.ok(results[0]!.bodyUncovered > 0, shown);
}

test('DKIM: generated set', async (t) => {
  const folder = corpusPath(t, 'dkim/generated');
  if (folder === undefined) return;
  const resolver = zoneOf(JSON.parse(readFileSync(`${folder}/zone.json`, 'utf8')));
  const { cases } = JSON.parse(readFileSync(`${folder}/expected.json`, 'utf8')) as {
    cases: readonly Expectation[];
  };
  await judgeSuite(t, {
    name: 'dkim-generated',
    count: 89,
    cases: cases.map((c) => ({
      id: c.file,
      judge: async () =>
        judgeGenerated(await verifyWhole(readFileSync(`${folder}/${c.file}`), resolver, JUNE_2025_MS), c),
    })),
  });
});

test('DKIM: what the generated set says beyond a word', async (t) => {
  const folder = corpusPath(t, 'dkim/generated');
  if (folder === undefined) return;
  const resolver = zoneOf(JSON.parse(readFileSync(`${folder}/zone.json`, 'utf8')));
  const read = (file: string): Promise<DkimResult[]> =>
    verifyWhole(readFileSync(`${folder}/${file}`), resolver, JUNE_2025_MS);
  const first = async (file: string): Promise<DkimResult> => (await read(file))[0]!;
  assert.deepEqual((await first('dup-from-not-oversigned.eml')).unsignedDuplicates, ['from']);
  assert.deepEqual((await first('add-second-subject-on-top.eml')).unsignedDuplicates, ['subject']);
  assert.equal((await first('l-tag-exact.eml')).bodyUncovered, 0);
  assert.equal((await first('key-1024.eml')).weakKey, true);
  assert.equal((await first('key-ty.eml')).testing, true);
  assert.equal((await first('key-revoked.eml')).reason, 'key-revoked');
  assert.equal((await first('sig-expired.eml')).reason, 'expires-before-signed');
  assert.equal((await first('mut-body.eml')).headerHashOk, true);
  const many = await read('many-sigs.eml');
  assert.equal(many.length, 11);
  assert.equal(many.at(-1)?.reason, 'too-many-signatures');
});

type Historic = {
  readonly file: string;
  readonly expected: string;
  readonly kind: string;
  readonly rfc6376_8301: string;
  readonly note?: string;
};

/** What the standards of today say about a case, in the words of expected.json. */
function judgeHistoric(results: readonly DkimResult[], c: Historic): void {
  const got = overall(results);
  const shown = JSON.stringify(results.map((r) => [r.result, r.reason, r.text]));
  if (c.rfc6376_8301 === 'none') assert.ok(!results.some((r) => r.result === 'pass'), shown); // ietf00 drafts reuse the field name
  else if (c.rfc6376_8301 === 'pass') assert.equal(got, 'pass', shown);
  else if (c.rfc6376_8301.startsWith('temperror')) assert.ok(['temperror', 'permerror'].includes(got), shown);
  else {
    assert.ok(results.length > 0, 'a signature was seen');
    assert.notEqual(got, 'pass', shown);
    for (const r of results) assert.notEqual(r.text, '');
  }
}

test('DKIM: the corpus of Mail::DKIM', async (t) => {
  const folder = corpusPath(t, 'dkim/mail-dkim');
  if (folder === undefined) return;
  const zone = parseZoneText(readFileSync(`${folder}/FAKE_DNS.dat`, 'latin1'));
  assert.ok(zone.ok);
  const resolver = zoneResolver(zone.value);
  const { cases } = JSON.parse(readFileSync(`${folder}/expected.json`, 'utf8')) as {
    cases: readonly Historic[];
  };
  await judgeSuite(t, {
    name: 'dkim-mail-dkim',
    count: 79,
    cases: cases.map((c) => ({
      id: c.file,
      judge: async () =>
        judgeHistoric(
          await verifyWhole(withCrlf(latin1File(`${folder}/${c.file}`)), resolver, JUNE_2025_MS),
          c,
        ),
    })),
  });
});

test('DKIM: simple canonicalisation cases', async (t) => {
  const folder = corpusPath(t, 'dkim/dk-canonicalization');
  if (folder === undefined) return;
  const numbers = [...Array.from({ length: 14 }, (_, i) => i + 1), 19, 20, 21, 22, 23, 24, 25];
  const cases: SuiteCase[] = numbers.map((n) => {
    const id = String(n).padStart(2, '0');
    return {
      id,
      judge: () => {
        const message = withCrlf(latin1File(`${folder}/email.${id}`));
        assert.equal(canonicalSimple(message), latin1File(`${folder}/simple.expected.${id}`));
      },
    };
  });
  await judgeSuite(t, { name: 'dk-canonicalization', count: 21, cases });
});

/** Header fields and body in simple form, as DomainKeys put them together. */
function canonicalSimple(message: string): string {
  const header = parseHeader(fromLatin1(message));
  const out = byteWriter();
  for (const field of header.fields) writeField(out, header, field, 'simple');
  const body: Uint8Array[] = [];
  const machine = simpleBody((bytes) => body.push(bytes.slice()));
  machine.update(header.bytes.subarray(header.bodyStart));
  machine.finish();
  return `${toLatin1(out.bytes())}\r\n${toLatin1(concat(body))}`;
}

/** The lines of an RFC's text between two marks, page breaks and margin removed. */
function rfcLines(text: string, from: string, to: string, margin: number): string {
  const start = text.lastIndexOf(from);
  const lines = text.slice(start, text.indexOf(to, start + from.length)).split(/\r?\n/);
  return lines.map((l) => l.slice(margin)).join('\r\n');
}

async function rfcText(t: TestContext, number: number): Promise<string | undefined> {
  const path = corpusPath(t, `dkim/rfc${number}.txt`);
  return path === undefined ? undefined : latin1File(path);
}

test('DKIM: RFC 8463 appendix A, both signatures', async (t) => {
  const text = await rfcText(t, 8463);
  if (text === undefined) return;
  const message = `${rfcLines(text, '   DKIM-Signature: v=1; a=ed25519', "Author's Address", 3).trimEnd()}\r\n`;
  const record = (name: string): string => {
    const block = new RegExp(`${name}\\._domainkey[^(]*\\(([^)]*)\\)`).exec(text)?.[1] ?? '';
    return [...block.matchAll(/"([^"]*)"/g)].map((m) => m[1]).join('');
  };
  const resolver = zoneOf({
    'brisbane._domainkey.football.example.com': record('brisbane'),
    'test._domainkey.football.example.com': record('test'),
  });
  const results = await verifyWhole(message, resolver, JUNE_2025_MS);
  assert.deepEqual(
    results.map((r) => [r.result, r.algorithm, r.keyBits]),
    [
      ['pass', 'ed25519-sha256', 256],
      ['pass', 'rsa-sha256', 1024],
    ],
    JSON.stringify(results),
  );
});

test('DKIM: RFC 6376 appendix A, with the key of appendix C', async (t) => {
  const text = await rfcText(t, 6376);
  if (text === undefined) return;
  const mark = '   DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\n        c=';
  const printed = `${rfcLines(text, mark, 'Figure 2', 3).trimEnd()}\r\n`;
  // What was signed differs from what was printed by layout alone: folds of six spaces, one space between sentences.
  const message = printed.replaceAll(/\r\n {5,}/g, '\r\n      ').replace('game.  Are', 'game. Are');
  const record = /brisbane IN {2}TXT {2}\(([^)]*)\)/.exec(text)?.[1] ?? '';
  const key = [...record.matchAll(/"([^"]*)"/g)].map((m) => m[1]).join('');
  const resolver = zoneOf({ 'brisbane._domainkey.example.com': key });
  const [result] = await verifyWhole(message, resolver, JUNE_2025_MS);
  assert.equal(result?.result, 'pass', result?.text);
  assert.equal(result?.identity, 'joe@football.example.com');
  assert.equal(result?.canonicalization, 'simple/simple');
  const [changed] = await verifyWhole(printed, resolver, JUNE_2025_MS);
  assert.equal(changed?.reason, 'body-hash-mismatch');
});
