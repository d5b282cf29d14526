import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resolver } from '#protocol/dns/resolver.ts';
import { TRY_DOMAIN, withTryZone } from './try-zone.ts';

test('withTryZone() answers its own names and passes every other on', async () => {
  const asked: string[] = [];
  const outside = (name: string): Promise<{ kind: 'nxdomain'; secure: boolean }> => {
    asked.push(name);
    return Promise.resolve({ kind: 'nxdomain', secure: false });
  };
  const resolver: Resolver = { txt: outside, a: outside, aaaa: outside, mx: outside, ptr: outside, tlsa: outside, cname: outside }; // prettier-ignore
  const both = withTryZone(resolver);
  const spf = await both.txt(`BANK.${TRY_DOMAIN}.`);
  assert.deepEqual(spf.kind === 'records' ? spf.records : spf, ['v=spf1 -all']);
  assert.equal((await both.a(`nobody.${TRY_DOMAIN}`)).kind, 'nxdomain');
  assert.deepEqual(asked, []);
  const others = [`x${TRY_DOMAIN}`, 'example', `${TRY_DOMAIN}.org`, '1.0.0.127.in-addr.arpa'];
  for (const name of others) await both.txt(name);
  assert.deepEqual(asked, others);
});
