import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { TenantId } from '#core/id.ts';
import { complaintText } from '#core/complaint.ts';
import { err, ok } from '#core/result.ts';
import { stopTestDatabases, testDatabase, type TestDatabase } from '#test/support/database.ts';
import { applyDeclaration, type ApplyOptions } from './declaration.ts';

after(stopTestDatabases);
const TENANT = '00000000-0000-7000-8000-000000000001' as TenantId;

/** Seals by turning bytes round, which is enough to see that what is stored is not what was given. */
const options: ApplyOptions = {
  keys: {
    ensureTenant: async () => {},
    seal: (_t, _c, plain) => plain.toReversed(),
    open: (_t, _c, sealed) => sealed.toReversed(),
  },
  mayRemove: true,
  readSecret: (file) => (file === 'secret' ? ok('geheim') : err(`${file} cannot be read.`)),
};
const apply = (db: TestDatabase, text: string) =>
  db.transact((tx) =>
    applyDeclaration({ tx, tenant: TENANT, actor: 'system:test' }, { name: 'org.yaml', text }, options),
  );
const steps = async (db: TestDatabase, text: string): Promise<string[]> => {
  const result = await apply(db, text);
  if (!result.ok) return result.error.map(complaintText);
  return result.value.map(
    (s) =>
      `${s.verb} ${s.what} ${s.name}${s.changes.map((c) => ` ${c.field}: ${c.from} → ${c.to}`).join('')}`,
  );
};

const FIRST = `
ldap:
  - {name: ad, url: ldaps://ldap.example, baseDn: dc=example, bindDn: cn=gate, bindPasswordFile: secret}
domains:
  - {name: one.example, nextHop: {host: store.example}, recipients: ldap, ldap: ad}
  - {name: two.example, nextHop: {host: store.example}}
networks:
  - {name: lan, network: 10.0.0.0/8}
certificates:
  - {name: old, sha256: ${'ab'.repeat(32)}}
`;

test('a declaration is applied once, and then there is nothing left to do', async () => {
  await using db = await testDatabase();
  assert.deepEqual(await steps(db, FIRST), [
    'add LDAP source ad',
    'add domain one.example',
    'add domain two.example',
    'add network rule lan',
    'add certificate rule old',
  ]);
  assert.deepEqual(await steps(db, FIRST), []);
  const [row] = await db.query<{ s: Uint8Array }>('select bind_password_sealed as s from ldap_source');
  assert.equal(Buffer.from(row!.s).toString(), 'mieheg');
});

test('what a section no longer names goes; what a section does not speak of stays', async () => {
  await using db = await testDatabase();
  await steps(db, FIRST);
  const second = `
ldap: []
domains:
  - {name: one.example, nextHop: {host: store.example, tls: verified}}
certificates:
  - {name: new, sha256: ${'ab'.repeat(32)}}
`;
  assert.deepEqual(await steps(db, second), [
    'remove domain two.example',
    'remove certificate rule old',
    'change domain one.example nextHop.tls: "opportunistic" → "verified" recipients: "ldap" → "list" ldap: "ad" → (none)',
    'add certificate rule new',
    'remove LDAP source ad',
  ]);
  const rows = await db.query<{ name: string }>('select name from sender_network');
  assert.deepEqual(rows, [{ name: 'lan' }]);
});

test('every mistake is told with its place', async () => {
  await using db = await testDatabase();
  const bad = `domains:
  - {name: one.example, nextHop: {host: store.example, prot: 25}}
  - {name: "no domain", nextHop: {host: ""}}
  - {name: a.example, nextHop: {host: h.example}}
  - {name: A.example, nextHop: {host: h.example}}
networks:
  - {name: everybody, network: 0.0.0.0/0}
login: []
`;
  assert.deepEqual(await steps(db, bad), [
    'org.yaml:2:56: domains[0].nextHop.prot: unknown key; did you mean "port"?',
    'org.yaml:3:6: domains[1].name: "no domain" is no domain name',
    'org.yaml:3:35: domains[1].nextHop.host: "" is neither a host name nor an address',
    'org.yaml:7:23: networks[0].network: "0.0.0.0/0" is too wide: at least /8 is needed',
    'org.yaml:8:1: login: unknown key; did you mean "logins"?',
  ]);
  assert.deepEqual(
    await steps(
      db,
      'domains: [{name: a.example, nextHop: {host: h.example}}, {name: A.example, nextHop: {host: h}}]',
    ),
    ['org.yaml:1:59: domains[1].name: "a.example" is there twice'],
  );
  assert.deepEqual(
    await steps(
      db,
      'ldap: [{name: x, url: ldap://ldap.example, baseDn: b, bindDn: cn=x, bindPasswordFile: none}]',
    ),
    ['ldap "x": none cannot be read.'],
  );
  assert.deepEqual(
    await steps(
      db,
      'ldap: [{name: x, url: ldap://ldap.example, baseDn: b, bindDn: cn=x, bindPasswordFile: secret}]',
    ),
    ['ldap "x": would send the bind password in clear: use ldaps:// or startTls'],
  );
});
