import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DnsAnswer, Resolver } from '#protocol/dns/resolver.ts';
import type { DnsblList } from './config.ts';
import { askLists, listName } from './dnsbl.ts';
import { createGreylist, createMemoryGreylistStore } from './greylist.ts';

const unused = async (): Promise<never> => {
  throw new Error('not asked in this test');
};
const resolver = (table: Readonly<Record<string, DnsAnswer<string>>>): Resolver => ({
  txt: unused,
  aaaa: unused,
  mx: unused,
  ptr: unused,
  tlsa: unused,
  cname: unused,
  a: async (name) => table[name] ?? { kind: 'nxdomain', secure: false },
});
const records = (...values: string[]): DnsAnswer<string> => ({
  kind: 'records',
  records: values,
  secure: false,
  ttlS: 60,
});
const list = (zone: string, weight: number, codes: DnsblList['codes'] = []): DnsblList => ({
  zone,
  weight,
  codes,
});

test('listName() reverses addresses', () => {
  assert.equal(listName('192.0.2.1', 'l.example'), '1.2.0.192.l.example');
  assert.match(
    listName('2001:db8::1', 'l.example') ?? '',
    /^1\.0\.0\.0\..*8\.b\.d\.0\.1\.0\.0\.2\.l\.example$/,
  );
});

test('askLists() adds the weights of lists and codes; failures weigh nothing and show', async () => {
  const table = {
    '1.2.0.192.any.example': records('127.0.0.9'),
    '1.2.0.192.codes.example': records('127.0.0.2', '127.0.0.10'),
    '1.2.0.192.white.example': records('127.0.0.2'),
    '1.2.0.192.parked.example': records('203.0.113.5'),
    '1.2.0.192.blocked.example': records('127.255.255.254'),
    '1.2.0.192.down.example': { kind: 'error', reason: 'timeout', detail: '' },
  } as const;
  const codes = [
    { value: '127.0.0.2', mask: '255.255.255.255', weight: 3 },
    { value: '127.0.0.8', mask: '255.255.255.248', weight: 4 },
    { value: '127.0.0.4', mask: '255.255.255.255', weight: 100 },
  ];
  const lists = [
    list('any.example', 2),
    list('codes.example', 50, codes),
    list('white.example', -1),
    list('parked.example', 9),
    list('blocked.example', 9),
    list('down.example', 9),
    list('clean.example', 9),
  ];
  const { score, findings } = await askLists(lists, resolver(table), '192.0.2.1');
  assert.equal(score, 2 + 3 + 4 - 1);
  assert.deepEqual(
    findings.map((f) => `${f.code} ${f.outcome}`),
    [
      'listed fail',
      'listed fail',
      'listed pass',
      'bad-answer permerror',
      'bad-answer permerror',
      'no-answer temperror',
    ],
  );
});

test('createGreylist() defers only bad scores, and only until they came back late enough', async () => {
  let nowMs = 0;
  const store = createMemoryGreylistStore(100, 10_000);
  const ask = createGreylist({ store, clock: () => nowMs, minScore: 3, delayMs: 100 });
  const question = { network: '192.0.2.0/24', sender: 'a@x.example', recipient: 'b@y.example', score: 3 };
  assert.equal(await ask({ ...question, score: 2 }), 'pass');
  assert.equal(await ask(question), 'defer');
  nowMs = 99;
  assert.equal(await ask(question), 'defer');
  nowMs = 100;
  assert.equal(await ask({ ...question, recipient: 'B@y.example' }), 'pass');
  assert.equal(await ask({ ...question, recipient: 'c@y.example' }), 'defer');
  nowMs = 20_000;
  assert.equal(await ask(question), 'defer');
});
