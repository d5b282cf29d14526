/** People and groups copied from a real slapd: more pages than one, leavers and returners, a stop, a directory that goes away. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Attribute, Change, Client } from 'ldapts';
import { addPerson as addLocal } from '#assurance/identity/people.ts';
import { addSource, sourceInput, sourceName } from '#assurance/people-sync/sources.ts';
import { type SyncOptions, syncDueSources, syncPeople } from '#assurance/people-sync/sync.ts';
import { DEFAULT_TENANT } from '#core/id.ts';
import { LDAP_ADMIN, LDAP_BASE, SLAPD_NEEDS, startSlapd } from '#test/peers/slapd.ts';
import { identityWorld, PASSWORD } from '#test/support/identity.ts';
import { setPassword } from '#assurance/identity/passwords.ts';
import { stopTestDatabases } from '#test/support/database.ts';
import { have } from '#test/support/need.ts';

after(stopTestDatabases);

const N = 600;
const email = (i: number): string => `p${i}@here.example`;
const dn = (i: number): string => `uid=person${i},${LDAP_BASE}`;

test('people and groups of a real slapd', async (t) => {
  if (!have(t, ...SLAPD_NEEDS)) return;
  await using w = await identityWorld();
  const slapd = await startSlapd(Array.from({ length: N }, (_, i) => email(i)));
  const admin = new Client({ url: slapd.url });
  await admin.bind(LDAP_ADMIN.dn, LDAP_ADMIN.password);
  const { keys } = w.identity;
  const options: SyncOptions = {
    db: w.db.as('app'),
    keys,
    tenant: DEFAULT_TENANT,
    actor: 'system:people-sync',
  };
  const settings = {
    url: slapd.url,
    baseDn: LDAP_BASE,
    bindDn: LDAP_ADMIN.dn,
    timeoutMs: 5000,
    groupsFilter: '(objectClass=groupOfNames)',
  };
  const input = sourceInput.parse({
    name: sourceName.parse('staff'),
    settings,
    password: LDAP_ADMIN.password,
  });
  const acting = { tenant: DEFAULT_TENANT, actor: 'admin:test' as const };
  await w.db.transact(async (tx) => {
    assert.ok((await addSource({ tx, ...acting }, keys, input)).ok);
    // Somebody of ours has an address that is in the directory, too.
    const taken = { email: email(7), name: 'Local', language: 'en', state: 'active' } as const;
    assert.ok((await addLocal({ tx, ...acting }, taken)).ok);
  });
  const group = (members: readonly number[]) => ({
    objectClass: 'groupOfNames',
    cn: 'Board',
    member: [...members.map(dn), `cn=nobody,${LDAP_BASE}`],
  });
  await admin.add(`cn=board,${LDAP_BASE}`, group([1, 2, 7]));

  const none = { added: 0, changed: 0, reactivated: 0, suspended: 0, groups: 0, conflicts: 0, unusable: 0 };
  const dry = await syncPeople({ ...options, isDryRun: true }, 'staff');
  assert.deepEqual(dry, { ok: true, value: { ...none, added: N, groups: 1 } });
  assert.equal(
    (await w.db.query(`select 1 from person where source = 'ldap'`)).length,
    0,
    'a dry run changes nothing',
  );
  const first = await syncPeople(options, 'staff');
  assert.deepEqual(first, { ok: true, value: { ...none, added: N - 1, conflicts: 1, groups: 1 } });
  const members = async () =>
    (
      await w.db.query<{ email: string }>(
        'select p.email from group_member m join person p on p.tenant_id = m.tenant_id and p.id = m.person_id order by 1',
      )
    ).map((r) => r.email);
  assert.deepEqual(await members(), [email(1), email(2)], 'a local person joins no group of the directory');
  assert.deepEqual(
    await syncPeople(options, 'staff'),
    { ok: true, value: { ...none, added: 0, conflicts: 1 } },
    'a second run changes nothing',
  );

  // Somebody leaves who is signed in, somebody is renamed, the group changes.
  const [leaver] = await w.db.query<{ id: string }>('select id from person where email = $1', [email(3)]);
  await w.db.transact((tx) => setPassword({ tx, ...acting }, leaver?.id as never, PASSWORD));
  const browser = w.browser();
  assert.equal((await browser.signIn(email(3))).statusCode, 200);
  await admin.del(dn(3));
  await admin.modify(
    dn(4),
    new Change({ operation: 'replace', modification: new Attribute({ type: 'cn', values: ['Renamed'] }) }),
  );
  await admin.modify(
    `cn=board,${LDAP_BASE}`,
    new Change({
      operation: 'replace',
      modification: new Attribute({ type: 'member', values: [dn(2), dn(4)] }),
    }),
  );
  const second = await syncPeople(options, 'staff');
  assert.deepEqual(second, {
    ok: true,
    value: { ...none, changed: 1, suspended: 1, groups: 1, conflicts: 1 },
  });
  assert.equal((await browser.send('GET', '/session')).statusCode, 401, 'out with the run that saw it');
  assert.deepEqual(await members(), [email(2), email(4)]);
  const [renamed] = await w.db.query('select name from person where email = $1', [email(4)]);
  assert.deepEqual(renamed, { name: 'Renamed' });

  // More than a tenth would vanish: nothing changes, until somebody says that it is meant.
  for (let i = 100; i < 200; i++) await admin.del(dn(i));
  const stopped = await syncPeople(options, 'staff');
  assert.match(stopped.ok ? '' : stopped.error, /^Nothing was changed: 100 of 598 people would be suspended/);
  const active = async () =>
    (
      await w.db.query<{ n: number }>(
        `select count(*)::int as n from person where source = 'ldap' and state = 'active'`,
      )
    )[0]?.n;
  assert.equal(await active(), N - 2);
  assert.equal((await w.events('people-source.stopped')).length, 1);
  const forced = await syncPeople({ ...options, isForced: true }, 'staff');
  assert.ok(forced.ok && forced.value.suspended === 100);
  assert.equal(await active(), N - 102);

  // A wrong password, and nobody at home: the same people as before.
  await admin.unbind();
  await slapd[Symbol.asyncDispose]();
  await w.db.query('update people_source set next_at = now()');
  const due = await syncDueSources(w.db.as('system'), { db: w.db.as('app'), keys });
  assert.deepEqual(due, { sources: 1, failed: 1 });
  assert.equal(await active(), N - 102);
  assert.equal(
    await syncDueSources(w.db.as('system'), { db: w.db.as('app'), keys }),
    undefined,
    'not due again at once',
  );
});
