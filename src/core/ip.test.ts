import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIp, networkContains, networkKey, parseIp, parseNetwork, reverseName } from './ip.ts';

const roundTrips: readonly (readonly [string, string | undefined])[] = [
  ['192.0.2.1', '192.0.2.1'],
  ['192.0.2.01', undefined],
  ['192.0.2.256', undefined],
  ['192.0.2', undefined],
  ['2001:DB8::1', '2001:db8::1'],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::ffff:c000:0207', '192.0.2.7'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
  ['1:2:3:4:5:6:7:8:9', undefined],
  ['1:2:3:4:5:6:7', undefined],
  ['1::2::3', undefined],
  [':::', undefined],
  ['12345::', undefined],
  ['fe80::1%eth0', undefined],
];

test('parseIp() and formatIp() agree with RFC 4291 §2.2 and RFC 5952', () => {
  for (const [text, expected] of roundTrips) {
    const ip = parseIp(text);
    assert.equal(ip === undefined ? undefined : formatIp(ip), expected, text);
  }
});

test('networkContains() compares only the prefix bits', () => {
  const inside = (network: string, ip: string): boolean =>
    networkContains(parseNetwork(network)!, parseIp(ip)!);
  assert.equal(inside('192.0.2.0/24', '192.0.2.255'), true);
  assert.equal(inside('192.0.2.0/25', '192.0.2.128'), false);
  assert.equal(inside('0.0.0.0/0', '198.51.100.1'), true);
  assert.equal(inside('0.0.0.0/0', '2001:db8::1'), false);
  assert.equal(inside('2001:db8::/33', '2001:db8:8000::'), false);
  assert.equal(parseNetwork('192.0.2.0/33'), undefined);
});

test('networkKey() and reverseName() name the address as DNS and limits do', () => {
  assert.equal(networkKey(parseIp('192.0.2.77')!, 24, 64), '192.0.2.0/24');
  assert.equal(networkKey(parseIp('2001:db8:1:2:3::4')!, 24, 64), '2001:db8:1:2::/64');
  assert.equal(reverseName(parseIp('192.0.2.1')!), '1.2.0.192.in-addr.arpa');
  assert.match(reverseName(parseIp('2001:db8::1')!), /^1\.0\.0\..*8\.b\.d\.0\.1\.0\.0\.2\.ip6\.arpa$/);
});
