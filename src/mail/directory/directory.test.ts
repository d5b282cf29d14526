import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TenantId } from '#core/id.ts';
import { stopTestDatabases, testDatabase, type TestDatabase } from '#test/support/database.ts';
import { changeAddresses, importAddresses, type ImportOptions } from './addresses.ts';
import type { SourceAnswer } from './answer-cache.ts';
import { addThing, changeThing, removeThing, setRoute } from './commands.ts';
import { openDirectory, type Callout } from './directory.ts';
import * as kinds from './kinds.ts';
import { hashPassword } from '#platform/password-hash.ts';
import type { Named } from './kinds.ts';

after(stopTestDatabases);
const TENANT = '00000000-0000-7000-8000-000000000001' as TenantId;
const OTHER = '00000000-0000-7000-8000-000000000002' as TenantId;
const HOP = { host: 'store.example', port: 25 };

const add = <T extends Named>(db: TestDatabase, kind: kinds.Kind<T>, value: unknown, tenant = TENANT) =>
  db.transact((tx) => addThing({ tx, tenant, actor: 'system:test' }, kind, kind.schema.parse(value)));
const load = (db: TestDatabase, csv: string, options: Partial<ImportOptions> = {}) =>
  db.transact((tx) =>
    importAddresses({ tx, tenant: TENANT, actor: 'system:test' }, new TextEncoder().encode(csv), {
      mode: 'merge',
      domain: undefined,
      dryRun: false,
      ...options,
    }),
  );
const events = async (db: TestDatabase): Promise<string[]> =>
  (await db.query<{ e: string }>(`select what || ' ' || subject as e from audit_event order by id`)).map(
    (r) => r.e,
  );

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 100 && !condition(); i++) await sleep(20);
  assert.ok(condition());
}

test('recipients by list: case, subaddresses, subdomains, postmaster, strangers', async () => {
  await using db = await testDatabase();
  await add(db, kinds.domainKind, { name: 'Bücher.example', nextHop: HOP, subdomains: true });
  await add(db, kinds.domainKind, {
    name: 'exact.example',
    nextHop: HOP,
    caseSensitive: true,
    subaddress: '',
  });
  await add(db, kinds.domainKind, { name: 'all.example', nextHop: HOP, recipients: 'any' });
  const imported = await load(
    db,
    'address\nAnn@bücher.example\n"""a b""@bücher.example"\nAnn@exact.example\n',
  );
  assert.ok(imported.ok);
  const directory = await openDirectory({ db });
  const cases = [
    ['ann@xn--bcher-kva.example', 'known'],
    ['ANN@Bücher.Example', 'known'],
    ['ann+news@xn--bcher-kva.example', 'known'],
    ['"a b"@xn--bcher-kva.example', 'known'],
    ['ann@mail.xn--bcher-kva.example', 'known'],
    ['bob@xn--bcher-kva.example', 'unknown'],
    ['+ann@xn--bcher-kva.example', 'unknown'],
    ['Ann@exact.example', 'known'],
    ['ann@exact.example', 'unknown'],
    ['Ann+x@exact.example', 'unknown'],
    ['ann@sub.exact.example', 'foreign'],
    ['PostMaster@exact.example', 'known'],
    ['who@all.example', 'known'],
    ['who@example', 'foreign'],
    ['who@elsewhere.example', 'foreign'],
    ['not an address@exact.example', 'unknown'],
    ['nonsense', 'foreign'],
    ['who@[192.0.2.1]', 'foreign'],
  ] as const;
  for (const [address, want] of cases) assert.equal((await directory.recipient(address)).kind, want, address);
  const answer = await directory.recipient('who@all.example');
  assert.deepEqual(answer.kind === 'known' && answer.route, {
    kind: 'host',
    host: 'store.example',
    port: 25,
    protocol: 'smtp',
    tls: 'opportunistic',
    fingerprints: [],
    caPem: undefined,
  });
  assert.equal(directory.ownerOf('deep.below.xn--bcher-kva.example'), TENANT);
  assert.equal(directory.ownerOf('example'), undefined);
  await directory.close();
});

test('a change is seen by a running directory, by notification and by poll', async () => {
  await using db = await testDatabase();
  const directory = await openDirectory({ db, pollMs: 3_600_000 });
  const polling = await openDirectory({
    db: { ...db, dedicated: () => Promise.reject(new Error('no')) },
    pollMs: 50,
  });
  await add(db, kinds.domainKind, { name: 'new.example', nextHop: HOP });
  await until(() => directory.ownerOf('new.example') === TENANT);
  await until(() => polling.ownerOf('new.example') === TENANT);
  const before = directory.version();
  await load(db, 'ann@new.example');
  await until(() => directory.version() > before);
  assert.equal((await directory.recipient('ann@new.example')).kind, 'known');
  await db.transact((tx) =>
    removeThing({ tx, tenant: TENANT, actor: 'system:test' }, kinds.domainKind, 'new.example'),
  );
  await until(() => directory.ownerOf('new.example') === undefined);
  await directory.close();
  await polling.close();
});

test('commands refuse in a sentence, and leave neither change nor event behind', async () => {
  await using db = await testDatabase();
  await db.query(`insert into tenant (id, name) values ('${OTHER}', 'other')`);
  const domain = { name: 'one.example', nextHop: HOP };
  assert.ok((await add(db, kinds.domainKind, domain)).ok);
  const refusals = [
    [await add(db, kinds.domainKind, domain), 'There is already a domain named "one.example".'],
    [
      await add(db, kinds.domainKind, domain, OTHER),
      'The domain "one.example" cannot be added: it is in use already.',
    ],
    [
      await add(db, kinds.domainKind, { ...domain, name: 'two.example', recipients: 'ldap', ldap: 'ad' }),
      'There is no LDAP source named "ad".',
    ],
    [
      await db.transact((tx) =>
        removeThing({ tx, tenant: OTHER, actor: 'system:t' }, kinds.domainKind, 'one.example'),
      ),
      'There is no domain named "one.example".',
    ],
    [
      await db.transact((tx) =>
        setRoute({ tx, tenant: TENANT, actor: 'system:t' }, 'none.example', {
          ...HOP,
          protocol: 'smtp',
          tls: 'none',
          fingerprints: [],
        }),
      ),
      'There is no domain named "none.example".',
    ],
  ] as const;
  for (const [result, want] of refusals) assert.equal(result.ok ? 'done' : result.error.text, want);
  assert.deepEqual(await events(db), ['domain.added one.example']);
  const ldap = { name: 'ad', url: 'ldaps://ldap.example', baseDn: 'dc=example' };
  assert.ok((await add(db, kinds.ldapKind, ldap)).ok);
  assert.ok(
    (await add(db, kinds.domainKind, { ...domain, name: 'two.example', recipients: 'ldap', ldap: 'ad' })).ok,
  );
  const inUse = await db.transact((tx) =>
    removeThing({ tx, tenant: TENANT, actor: 'system:t' }, kinds.ldapKind, 'ad'),
  );
  assert.equal(inUse.ok ? '' : inUse.error.text, 'The LDAP source "ad" is still in use.');
});

test('every kind of thing comes back from the database as it was given', async () => {
  await using db = await testDatabase();
  const sha = 'AB:'.repeat(31) + 'AB';
  await add(db, kinds.domainKind, { name: 'a.example', nextHop: HOP });
  const all = [
    [
      kinds.loginKind,
      { name: 'Ann', passwordHash: await hashPassword('x'), mayUse: ['@a.example', 'Ann@A.example'] },
    ],
    [kinds.networkKind, { name: 'lan', network: '10.1.2.0/24' }],
    [kinds.certificateKind, { name: 'app', sha256: sha }],
    [
      kinds.pinKind,
      {
        name: 'cloud',
        networks: ['40.92.0.0/15'],
        pin: { kind: 'header', name: 'X-Tenant', value: 'x'.repeat(20) },
      },
    ],
    [kinds.pinKind, { name: 'cert', networks: ['40.92.0.0/15'], pin: { kind: 'certificate', sha256: sha } }],
    [kinds.partnerKind, { name: 'bank.example', route: { kind: 'mx' } }],
    [
      kinds.partnerKind,
      {
        name: 'b.example',
        subdomains: true,
        route: { kind: 'host', host: '192.0.2.1', fingerprints: [sha] },
      },
    ],
    [kinds.destinationKind, { name: '*', maxConnections: 5, sourceIp6: '2001:db8::1' }],
    [
      kinds.destinationKind,
      {
        name: '*.c.example',
        state: 'reroute',
        until: '2026-12-31T08:00:00+01:00',
        reason: 'their server moves',
        nextHop: { host: 'new.c.example', fingerprints: [sha] },
      },
    ],
  ] as const;
  for (const [kind, value] of all) {
    const k = kind as unknown as kinds.Kind<Named>;
    const wanted = k.schema.parse(value);
    assert.ok((await add(db, k, value)).ok);
    const done = await db.transact((tx) => changeThing({ tx, tenant: TENANT, actor: 'system:t' }, k, wanted));
    assert.ok(done.ok);
    const [row] = await db.query(`select * from ${k.table} where name = $1`, [wanted.name]);
    assert.deepEqual(k.schema.parse(k.fromRow(row!)), wanted);
  }
  const [row] = await db.query<{ n: number }>(
    `select count(*) as n from audit_event where details::text ~ 'argon2|xxxxxx'`,
  );
  assert.equal(row?.n, 0, 'secrets stay out of the audit log');
});

test('an import is previewed, applied as a whole, or refused with every line that is wrong', async () => {
  await using db = await testDatabase();
  await add(db, kinds.domainKind, { name: 'a.example', nextHop: HOP });
  await add(db, kinds.domainKind, { name: 'b.example', nextHop: HOP });
  assert.deepEqual(await load(db, 'ann@a.example\nbob@a.example\nbob@b.example'), {
    ok: true,
    value: { added: ['ann@a.example', 'bob@a.example', 'bob@b.example'], removed: [], unchanged: 0 },
  });
  const change = 'address\nANN@a.example\ncarl@a.example\n';
  const preview = { added: ['carl@a.example'], removed: ['bob@a.example'], unchanged: 1 };
  assert.deepEqual(await load(db, change, { mode: 'replace', dryRun: true }), { ok: true, value: preview });
  const count = async () => (await db.query<{ n: number }>('select count(*) as n from address'))[0]?.n;
  assert.equal(await count(), 3);
  const wrong = await load(db, 'x@a.example\nx@@a.example\nX@a.example\nx@c.example\n', { mode: 'replace' });
  assert.deepEqual(wrong, {
    ok: false,
    error: [
      { at: 'line 2', text: '"x@@a.example" is no e-mail address.' },
      { at: 'line 3', text: '"X@a.example" is the same as line 1.' },
      { at: 'line 4', text: '"x@c.example": c.example is not a domain of ours; add it first.' },
    ],
  });
  assert.equal(await count(), 3);
  assert.deepEqual(await load(db, change, { mode: 'replace' }), { ok: true, value: preview });
  assert.deepEqual(await load(db, '', { mode: 'replace', domain: 'b.example' }), {
    ok: true,
    value: { added: [], removed: ['bob@b.example'], unchanged: 0 },
  });
  assert.deepEqual(await load(db, change), { ok: true, value: { added: [], removed: [], unchanged: 2 } });
  const single = await db.transact((tx) =>
    changeAddresses({ tx, tenant: TENANT, actor: 'system:t' }, ['dora@b.example'], ['ann@a.example']),
  );
  assert.deepEqual(single.ok && [single.value.added, single.value.removed], [
    ['dora@b.example'],
    ['ann@a.example'],
  ]);
  assert.deepEqual((await events(db)).slice(2), [
    'address.imported a.example b.example',
    'address.imported a.example',
    'address.imported b.example',
    'address.imported b.example a.example',
  ]);
});

test('senders: password, network, certificate, and what each may use', async () => {
  await using db = await testDatabase();
  await db.query(`insert into tenant (id, name) values ('${OTHER}', 'other')`);
  await add(db, kinds.domainKind, { name: 'ours.example', nextHop: HOP });
  await add(db, kinds.domainKind, { name: 'theirs.example', nextHop: HOP }, OTHER);
  await add(db, kinds.loginKind, {
    name: 'ann',
    passwordHash: await hashPassword('geheim'),
    mayUse: ['Ann@ours.example'],
  });
  // Taken before it was refused: another tenant's domain is still not his.
  await db.query(`update sender_login set may_use = may_use || '{@theirs.example}' where name = 'ann'`);
  await add(db, kinds.networkKind, { name: 'wide', network: '10.0.0.0/8' });
  await add(db, kinds.networkKind, { name: 'narrow', network: '10.1.0.0/16', mayUse: ['@ours.example'] });
  await add(db, kinds.certificateKind, { name: 'app', sha256: 'ab'.repeat(32) });
  await add(db, kinds.pinKind, {
    name: 'c1',
    networks: ['40.92.0.0/15'],
    pin: { kind: 'header', name: 'X-Org', value: 'f'.repeat(32) },
  });
  await add(db, kinds.pinKind, {
    name: 'c2',
    networks: ['40.92.0.0/15'],
    pin: { kind: 'certificate', sha256: 'cd'.repeat(32) },
  });
  const d = await openDirectory({ db });
  const ann = await d.authenticate('ANN', 'geheim');
  assert.equal(ann?.who, 'ann');
  assert.equal(await d.authenticate('ann', 'Geheim'), undefined);
  assert.equal(await d.authenticate('nobody', 'geheim'), undefined);
  const client = (ip: string, sha?: string) => ({ ip, clientCertSha256: sha, clientCertTrusted: false });
  assert.equal(d.clientSender(client('10.9.9.9'))?.who, 'wide');
  assert.equal(d.clientSender(client('::ffff:10.1.9.9'))?.who, 'narrow');
  assert.equal(d.clientSender(client('192.0.2.1')), undefined);
  assert.equal(d.clientSender(client('192.0.2.1', 'ab'.repeat(32)))?.method, 'certificate');
  assert.equal(d.clientSender(client('40.93.1.1')), undefined, 'a cloud range alone is nobody');
  assert.deepEqual(
    d.pinnedClouds(client('40.93.1.1')).map((p) => p.sender.who),
    ['c1'],
  );
  assert.deepEqual(
    d.pinnedClouds(client('40.93.1.1', 'cd'.repeat(32))).map((p) => p.sender.who),
    ['c1', 'c2'],
  );
  assert.deepEqual(d.pinnedClouds(client('192.0.2.1', 'cd'.repeat(32))), []);
  const wide = d.clientSender(client('10.9.9.9'))!;
  const narrow = d.clientSender(client('10.1.9.9'))!;
  for (const [sender, address, want] of [
    [ann, 'ann@ours.example', true],
    [ann, 'ANN@OURS.example', true],
    [ann, 'bob@ours.example', false],
    [ann, 'x@theirs.example', false],
    [ann, '', true],
    [ann, 'ours.example', false],
    [wide, 'any@ours.example', true],
    [wide, 'any@theirs.example', false],
    [wide, 'any@elsewhere.example', false],
    [narrow, 'any@ours.example', true],
    [narrow, 'any@sub.ours.example', false],
  ] as const)
    assert.equal(d.maySendAs(sender, address), want, `${sender.who} as ${address}`);
  await d.close();
});

test('routes: our own next hop, a partner, else MX; never through another tenant', async () => {
  await using db = await testDatabase();
  await db.query(`insert into tenant (id, name) values ('${OTHER}', 'other')`);
  await add(db, kinds.domainKind, {
    name: 'ours.example',
    nextHop: { ...HOP, fingerprints: ['ab'.repeat(32)] },
  });
  await add(db, kinds.partnerKind, {
    name: 'bank.example',
    subdomains: true,
    route: { kind: 'mx', tls: 'verified' },
  });
  await add(db, kinds.destinationKind, { name: '*', maxConnections: 3 });
  await add(db, kinds.destinationKind, { name: 'slow.example', messagesPerMinute: 9, state: 'pause' });
  const d = await openDirectory({ db });
  const route = d.route(TENANT, 'ours.example');
  assert.equal(route.kind === 'host' && route.tls, 'required', 'a pin means that TLS is required');
  assert.deepEqual(d.route(TENANT, 'de.bank.example'), { kind: 'mx', tls: 'verified' });
  assert.deepEqual(d.route(OTHER, 'bank.example'), { kind: 'mx', tls: 'opportunistic' });
  assert.deepEqual(d.route(OTHER, 'ours.example'), { kind: 'mx', tls: 'opportunistic' });
  assert.equal(d.destinations(TENANT)?.get('slow.example')?.state, 'pause');
  assert.equal(d.destinations(TENANT)?.get('*')?.maxConnections, 3);
  assert.equal(d.destinations(OTHER), undefined);
  await d.close();
});

test('callouts are asked once, remembered, and an absent next hop is neither yes nor no', async () => {
  await using db = await testDatabase();
  await add(db, kinds.domainKind, { name: 'call.example', nextHop: HOP, recipients: 'callout' });
  let now = 1_000_000;
  let answer: SourceAnswer | Error = { kind: 'known' };
  const asked: string[] = [];
  const callout: Callout = async (_hop, address) => {
    asked.push(address);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const d = await openDirectory({ db, callout, now: () => now });
  const kind = async (address: string) => (await d.recipient(address)).kind;
  assert.deepEqual(await Promise.all([kind('ann@call.example'), kind('ann@call.example')]), [
    'known',
    'known',
  ]);
  assert.equal(asked.length, 1);
  answer = { kind: 'unknown' };
  assert.equal(await kind('bob@call.example'), 'unknown');
  answer = new Error('connection refused');
  assert.equal(await kind('bob@call.example'), 'unknown', 'remembered');
  assert.equal(await kind('new@call.example'), 'unavailable');
  now += 7 * 3_600_000;
  assert.equal(await kind('ann@call.example'), 'known', 'an old yes serves while the next hop is away');
  assert.equal(await kind('bob@call.example'), 'unavailable', 'an old no does not');
  now += 8 * 86_400_000;
  assert.equal(await kind('ann@call.example'), 'unavailable');
  await d.close();
});
