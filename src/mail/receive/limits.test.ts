import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listenerDefaults } from './config.ts';
import { createLimits, type ClientLimits, type LimitConfig, type Refusal } from './limits.ts';

const CONFIG: LimitConfig = {
  ...listenerDefaults('mx'),
  maxConnections: 100,
  maxConnectionsPerNetwork: 2,
  connectionsPerMinute: 4,
  messagesPerMinute: 2,
  unknownRecipientsPerHour: 3,
  banMs: 1000,
};

function admitted(answer: ClientLimits | Refusal): ClientLimits {
  assert.equal(typeof answer, 'object');
  return answer as ClientLimits;
}

test('limits count connections at once per network and give them back', () => {
  const limits = createLimits(CONFIG, () => 0);
  const first = admitted(limits.admit('192.0.2.1'));
  admitted(limits.admit('192.0.2.200'));
  assert.equal(limits.admit('192.0.2.3'), 'too-many-connections');
  admitted(limits.admit('198.51.100.1'));
  first.release();
  first.release();
  admitted(limits.admit('192.0.2.3'));
  assert.equal(limits.admit('192.0.2.3'), 'too-many-connections');
});

test('limits refill with time', () => {
  let nowMs = 0;
  const limits = createLimits(CONFIG, () => nowMs);
  for (let i = 0; i < 4; i++) admitted(limits.admit('2001:db8::1')).release();
  assert.equal(limits.admit('2001:db8::2'), 'too-fast');
  nowMs = 15_000;
  const client = admitted(limits.admit('2001:db8::3'));
  assert.deepEqual([1, 2, 3].map(client.takeMessage), [true, true, false]);
  nowMs = 45_000;
  assert.equal(client.takeMessage(), true);
});

test('a harvester is banned, and the ban ends', () => {
  let nowMs = 0;
  const limits = createLimits(CONFIG, () => nowMs);
  const client = admitted(limits.admit('192.0.2.1'));
  for (let i = 0; i < 3; i++) client.noteUnknownRecipient();
  assert.equal(client.isBanned(), false);
  client.noteUnknownRecipient();
  assert.equal(client.isBanned(), true);
  client.release();
  assert.equal(limits.admit('192.0.2.77'), 'banned');
  nowMs = 1001;
  admitted(limits.admit('192.0.2.77'));
});

test('limits forget idle networks first and never grow past their bound', () => {
  const limits = createLimits(CONFIG, () => 0, 10);
  for (let i = 0; i < 200; i++) admitted(limits.admit(`10.0.${i}.1`)).release();
  assert.equal(limits.size(), 10);
  assert.equal(typeof limits.admit('127.0.0.1'), 'object');
});
