/** Where a stranger's DNS may and may not send us. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DnsAnswer, Resolver } from '#protocol/dns/resolver.ts';
import { findAddresses, REFUSED_NETWORKS } from './addresses.ts';
import { findMailHosts } from './mx.ts';

const found = <T>(records: readonly T[]): Promise<DnsAnswer<T>> =>
  Promise.resolve(
    records.length === 0
      ? { kind: 'nodata', secure: false }
      : { kind: 'records', records, secure: false, ttlS: 60 },
  );
const never = (): never => assert.fail('not asked');
const dns = (a: readonly string[], aaaa: readonly string[] = [], mx: readonly string[] = []): Resolver => ({
  txt: never,
  ptr: never,
  tlsa: never,
  cname: never,
  a: () => found(a),
  aaaa: () => found(aaaa),
  mx: () => found(mx.map((exchange, i) => ({ preference: i, exchange }))),
});
const ANY = { v4: undefined, v6: undefined };

const table: [string, string, Resolver, string][] = [
  ['a name', 'mx.example', dns(['192.0.2.1']), '192.0.2.1'],
  ['loopback behind a name', 'mx.example', dns(['127.0.0.1']), 'refused'],
  ['an address instead of a name', '127.0.0.1', dns([]), 'refused'],
  ['the same mapped into IPv6', '::ffff:127.0.0.1', dns([]), 'refused'],
  ['a mapped address behind a name', 'mx.example', dns([], ['::ffff:7f00:1']), 'refused'],
  ['loopback of IPv6', '::1', dns([]), 'refused'],
  [
    'good ones behind many bad ones',
    'mx.example',
    dns([...Array(6).fill('127.0.0.1'), '192.0.2.1']),
    '192.0.2.1',
  ],
  ['nothing', 'mx.example', dns([]), 'none'],
];
for (const [name, host, resolver, expected] of table)
  test(`findAddresses() for a stranger: ${name}`, async () => {
    const got = await findAddresses(host, resolver, { source: ANY, refused: REFUSED_NETWORKS });
    assert.equal(got.kind === 'addresses' ? got.ips.join() : got.kind, expected);
  });

test('a refusal names the address, the network and the setting', async () => {
  const rules = { source: ANY, refused: REFUSED_NETWORKS };
  const got = await findAddresses('mx.example', dns(['127.0.0.9']), rules);
  assert.equal(got.kind, 'refused');
  for (const part of ['mx.example', '127.0.0.9', '127.0.0.0/8', 'delivery.allowMxInto'])
    assert.ok(got.kind === 'refused' && got.detail.includes(part), part);
});

test('what the operator names may be anywhere', async () => {
  const got = await findAddresses('127.0.0.1', dns([]), { source: ANY, refused: [] });
  assert.deepEqual(got, { kind: 'addresses', ips: ['127.0.0.1'] });
});

test('findMailHosts() takes names and no addresses from MX', async () => {
  const self = { names: new Set<string>(), isOurs: () => false };
  const only = await findMailHosts('two.example', dns([], [], ['127.0.0.1', '::1']), self);
  assert.ok(only.kind === 'problem' && only.problem === 'mx-is-address');
  const mixed = await findMailHosts('two.example', dns([], [], ['10.0.0.1', 'mx.two.example']), self);
  assert.deepEqual(mixed.kind === 'hosts' && mixed.hosts.map((h) => h.name), ['mx.two.example']);
});
