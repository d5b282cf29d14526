import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openFileKeys } from '#assurance/keys/file-keys.ts';
import { ROTATION_POLICY } from '#protocol/dkim/rotation.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import { stopTestDatabases, testDatabase, type TestDatabase } from '#test/support/database.ts';
import { TENANT } from '#test/support/messages.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { addThing, removeThing } from '../directory/commands.ts';
import { domainKind } from '../directory/kinds.ts';
import { type DkimKeyRow, listDkimKeys, makeMissingKeys } from './dkim-keys.ts';
import { retireKey, rotateDkimKeys, startSigning } from './rotate.ts';
import { openSigners } from './signers.ts';

const folder = tempDir('rotate');
after(async () => {
  folder[Symbol.dispose]();
  await stopTestDatabases();
});

const DAY_MS = 86_400_000;
const START = Date.parse('2026-11-21T12:00:00Z');
const domain = domainKind.schema.parse({ name: 'ours.example', nextHop: { host: 'store.ours.example' } });
const who = { tenant: TENANT, actor: 'admin:cli/test' } as const;

/** A domain, its keys, a DNS whose records are set by hand, and a clock. */
async function scene(db: TestDatabase, name: string) {
  const keys = await openFileKeys(folder.in(name), db);
  await keys.ensureTenant(TENANT);
  await db.transact((tx) => addThing({ ...who, tx }, domainKind, domain));
  const zone = new Map<string, string[] | 'servfail'>();
  const txt: Resolver['txt'] = (asked) => {
    const found = zone.get(asked);
    if (found === 'servfail') return Promise.resolve({ kind: 'error', reason: 'servfail', detail: '' });
    if (found === undefined) return Promise.resolve({ kind: 'nxdomain', secure: false });
    return Promise.resolve({ kind: 'records', records: found, secure: false, ttlS: 60 });
  };
  const place = (k: DkimKeyRow): string => `${k.selector}._domainkey.${k.domain}`;
  const all = (): Promise<DkimKeyRow[]> => listDkimKeys(db, TENANT);
  return {
    keys,
    zone,
    place,
    all,
    publish: async () => {
      for (const k of await all()) zone.set(place(k), [k.record]);
    },
    rotate: (atMs: number) => rotateDkimKeys({ db, keys, resolver: { txt }, nowMs: atMs }),
    states: async () => (await all()).map((k) => `${k.algorithm.split('-')[0]} ${k.state}`).toSorted(),
  };
}

test('the first pair signs as soon as DNS shows it, and never before', async () => {
  await using db = await testDatabase();
  const s = await scene(db, 'first');
  assert.equal(await makeMissingKeys(db, s.keys, START), 1);
  assert.equal(await makeMissingKeys(db, s.keys, START), 0);
  const signers = await openSigners(db, s.keys);
  const wrong: [string, (k: DkimKeyRow) => string[] | 'servfail' | undefined, string | null][] = [
    ['nothing', () => undefined, 'missing'],
    ['no answer', () => 'servfail', 'missing'],
    ['two records', (k) => [k.record, k.record], 'several TXT records at one name'],
    [
      'another key',
      (k) => [
        k.record
          .replace(/p=.*/, 'p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=')
          .replace('k=rsa', 'k=ed25519'),
      ],
      'another key than ours',
    ],
    ['a revoked key', () => ['v=DKIM1; p='], 'the key is revoked'],
  ];
  for (const [what, records, says] of wrong) {
    for (const k of await s.all()) {
      const found = records(k);
      if (found === undefined) s.zone.delete(s.place(k));
      else s.zone.set(s.place(k), found);
    }
    await s.rotate(START);
    assert.deepEqual(await s.states(), ['ed25519 published', 'rsa published'], what);
    assert.deepEqual(
      (await s.all()).map((k) => k.dnsSays),
      [says, says],
      what,
    );
  }
  await s.publish();
  assert.deepEqual(await s.rotate(START), { made: 0, signing: 2, removed: 0 });
  await signers.reload();
  assert.deepEqual(
    signers.keysFor(TENANT, 'ours.example').map((k) => k.algorithm),
    ['rsa-sha256', 'ed25519-sha256'],
  );
});

test('a year of rotation: made ahead, taken over, put away; one pair signs at each moment', async () => {
  await using db = await testDatabase();
  const s = await scene(db, 'year');
  await makeMissingKeys(db, s.keys, START);
  await s.publish();
  await s.rotate(START);
  const seen: string[] = [];
  for (let day = 1; day <= 400; day += 1) {
    const nowMs = START + day * DAY_MS;
    const report = await s.rotate(nowMs);
    if (report.made + report.signing + report.removed > 0)
      seen.push(`${day}: ${report.made} made, ${report.signing} signing, ${report.removed} removed`);
    await s.publish();
    assert.equal((await s.states()).filter((x) => x.endsWith('signing')).length, 2, `day ${day}`);
  }
  const { signForMs, publishAheadMs, keepPublishedMs } = ROTATION_POLICY;
  const [life, ahead, keep] = [signForMs, publishAheadMs, keepPublishedMs].map((ms) => ms / DAY_MS) as [
    number,
    number,
    number,
  ];
  assert.deepEqual(seen.slice(0, 3), [
    `${life - ahead}: 2 made, 0 signing, 0 removed`,
    // Seen in DNS a day after it was made, and published ahead from then on.
    `${life + 1}: 0 made, 2 signing, 0 removed`,
    `${life + 1 + keep}: 0 made, 0 signing, 2 removed`,
  ]);
  const [gone] = await db.query<{ n: number }>(
    `select count(*)::int as n from dkim_key where state = 'removed' and sealed <> ''`,
  );
  assert.equal(gone?.n, 0, 'the private key of a removed one is destroyed');
  const events = await db.query<{ what: string; n: number }>(
    `select what, count(*)::int as n from audit_event where what like 'dkim%' group by what order by what`,
  );
  assert.deepEqual(
    events.map((e) => e.what),
    ['dkim.key-made', 'dkim.key-removed', 'dkim.key-retired', 'dkim.key-signing'],
  );
});

test('a successor that DNS does not show leaves the old key signing', async () => {
  await using db = await testDatabase();
  const s = await scene(db, 'late');
  await makeMissingKeys(db, s.keys, START);
  await s.publish();
  await s.rotate(START);
  for (const day of [179, 200, 300]) await s.rotate(START + day * DAY_MS);
  assert.deepEqual(await s.states(), [
    'ed25519 published',
    'ed25519 signing',
    'rsa published',
    'rsa signing',
  ]);
});

test('an operator may vouch for a record, retire a key, and each is heard by those who sign', async () => {
  await using db = await testDatabase();
  const s = await scene(db, 'hand');
  await makeMissingKeys(db, s.keys, START);
  const rsa = (await s.all()).find((k) => k.algorithm === 'rsa-sha256')!;
  const client = await db.dedicated();
  await client.query('listen dkim');
  let words = 0;
  client.on('notification', () => words++);
  const sign = (assumed: boolean) =>
    db.transact((tx) => startSigning(tx, who, rsa.domain, rsa.selector, START, assumed));
  assert.equal(await sign(false), false, 'not seen in DNS');
  assert.equal(await sign(true), true);
  assert.equal(await sign(true), false, 'it signs already');
  assert.equal(await db.transact((tx) => retireKey(tx, who, rsa.domain, rsa.selector, START)), true);
  assert.equal(await db.transact((tx) => retireKey(tx, who, rsa.domain, rsa.selector, START)), false);
  await client.query('select 1');
  await client.end();
  assert.ok(words >= 2);
});

test('keys of a domain that was removed sign no more and are put away', async () => {
  await using db = await testDatabase();
  const s = await scene(db, 'gone');
  await makeMissingKeys(db, s.keys, START);
  await s.publish();
  await s.rotate(START);
  await db.transact((tx) => removeThing({ ...who, tx }, domainKind, domain.name));
  await s.rotate(Date.now());
  assert.deepEqual(await s.states(), ['ed25519 retired', 'rsa retired']);
  await s.rotate(Date.now() + ROTATION_POLICY.keepPublishedMs + 1);
  assert.deepEqual(await s.states(), ['ed25519 removed', 'rsa removed']);
});
