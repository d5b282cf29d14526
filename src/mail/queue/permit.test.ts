import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from '#core/id.ts';
import { type DestinationValue, destinationValue } from '../directory/values.ts';
import type { QueueJob } from './job.ts';
import { createOutbound, type OutboundDeps } from './outbound.ts';

const NOW = 1_000_000;
const never = (): never => assert.fail('not asked');

/** A directory that knows `before` until it is refreshed. */
function outboundWith(before: unknown, after: unknown) {
  const table = (value: unknown) =>
    new Map<string, DestinationValue>(
      value === undefined ? [] : [['a.example', destinationValue.parse(value)]],
    );
  let rules = table(before);
  let refreshed = 0;
  let looked = 0;
  const deps: OutboundDeps = {
    hostname: 'gate.example',
    directory: {
      route: () => ({ kind: 'mx', tls: 'opportunistic' }),
      destinations: () => rules,
      settings: () => undefined,
      current: async () => {
        looked++;
      },
      refresh: async () => {
        refreshed++;
        rules = table(after);
      },
    },
    deliver: never,
    reports: never,
    keys: undefined as never, // nothing is read here
    blobs: undefined as never,
    clock: () => NOW,
  };
  const job = { tenant: newId<'tenant'>(), domain: 'a.example' } as QueueJob; // `as`: permit looks at these two alone
  return { ask: () => createOutbound(deps).permit(job), refreshed: () => refreshed, looked: () => looked };
}

const hold = { name: 'a.example', state: 'hold', reason: 'r' };
const pause = { name: 'a.example', state: 'pause' };
const table: [string, unknown, unknown, unknown, number][] = [
  ['no rule is asked about once', undefined, undefined, { kind: 'go' }, 0],
  ['a hold stands when it is still there', hold, hold, { kind: 'hold', rule: 'a.example', reason: 'r' }, 1],
  ['a hold that was just ended does not', hold, undefined, { kind: 'go' }, 1],
  ['a pause that became a hold is a hold', pause, hold, { kind: 'hold', rule: 'a.example', reason: 'r' }, 1],
  ['a pause that was just ended does not stand', pause, undefined, { kind: 'go' }, 1],
  ['a pause is looked at again', pause, pause, { kind: 'later', atMs: NOW + 300_000 }, 1],
  [
    'a pause that ends sooner is looked at then',
    { ...pause, until: new Date(NOW + 1000).toISOString() },
    { ...pause, until: new Date(NOW + 1000).toISOString() },
    { kind: 'later', atMs: NOW + 1000 },
    1,
  ],
];
for (const [name, before, after, expected, refreshes] of table)
  test(`permit(): ${name}`, async () => {
    const scene = outboundWith(before, after);
    assert.deepEqual(await scene.ask(), expected);
    assert.equal(scene.refreshed(), refreshes);
    assert.equal(scene.looked(), 1);
  });
