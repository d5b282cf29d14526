/** Recipients known by a real slapd: who is there, who is not, names made to break a filter, and a server that goes away. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TenantId } from '#core/id.ts';
import { addThing, type Act } from '#mail/directory/commands.ts';
import { openDirectory } from '#mail/directory/directory.ts';
import { domainKind, ldapKind } from '#mail/directory/kinds.ts';
import { openLdapSource } from '#mail/directory/ldap.ts';
import { ldapValue } from '#mail/directory/values.ts';
import { LDAP_ADMIN, LDAP_BASE, SLAPD_NEEDS, startSlapd } from '#test/peers/slapd.ts';
import { authority } from '#test/support/certificates.ts';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { freePort } from '#test/support/ports.ts';
import { have } from '#test/support/need.ts';
import { tempDir } from '#test/support/temp-dir.ts';

after(stopTestDatabases);
const TENANT = '00000000-0000-7000-8000-000000000001' as TenantId;
const PEOPLE = ['ann@here.example', 'o*k@here.example', 'both@here.example', 'both@here.example'];

const source = (url: string, password: string | undefined, extra = {}) =>
  openLdapSource(
    ldapValue.parse({
      name: 'test',
      url,
      baseDn: LDAP_BASE,
      timeoutMs: 1000,
      ...(password === undefined ? {} : { bindDn: LDAP_ADMIN.dn, bindPasswordSealed: 'eA==' }),
      ...extra,
    }),
    password,
  );

test('slapd says who is there', async (t) => {
  if (!have(t, ...SLAPD_NEEDS)) return;
  await using slapd = await startSlapd(PEOPLE);
  const ldap = source(slapd.url, LDAP_ADMIN.password);
  for (const [local, want] of [
    ['ann', 'known'],
    ['ANN', 'known'],
    ['both', 'known'],
    ['bob', 'unknown'],
    ['*', 'unknown'],
    ['a*', 'unknown'],
    ['o*k', 'known'],
    ['oxk', 'unknown'],
    ['ann)(uid=*', 'unknown'],
    ['x)(|(objectClass=*)', 'unknown'],
    ['\\2a', 'unknown'],
    ['ann\u0000', 'unknown'],
    ['ünn', 'unknown'],
  ] as const)
    assert.equal((await ldap.lookup(local, 'here.example')).kind, want, JSON.stringify(local));
  await ldap.close();
});

test('a wrong password, no sign-in and a wrong base teach nothing, and so are neither yes nor no', async (t) => {
  if (!have(t, ...SLAPD_NEEDS)) return;
  await using slapd = await startSlapd(PEOPLE);
  for (const ldap of [
    source(slapd.url, 'wrong'),
    source(slapd.url, undefined),
    source(slapd.url, LDAP_ADMIN.password, { baseDn: 'dc=elsewhere' }),
  ]) {
    const answer = await ldap.lookup('ann', 'here.example');
    assert.equal(answer.kind, 'unavailable');
    assert.match(answer.kind === 'unavailable' ? answer.detail : '', /^LDAP source test: /);
    await ldap.close();
  }
});

test('LDAP over TLS: the right authority and name are known, the wrong ones teach nothing', async (t) => {
  if (!have(t, ...SLAPD_NEEDS)) return;
  using temp = tempDir('ldap-tls');
  const right = authority(temp.path);
  mkdirSync(temp.in('other'));
  const caPem = readFileSync(right.ca, 'utf8');
  const otherPem = readFileSync(authority(temp.in('other'), 'Another CA').ca, 'utf8');
  const password = LDAP_ADMIN.password;
  const ask = async (url: string, extra: object): Promise<string> => {
    const ldap = source(url, password, extra);
    const answers = [await ldap.lookup('ann', 'here.example'), await ldap.lookup('bob', 'here.example')];
    await ldap.close();
    return answers.map((a) => a.kind).join(' ');
  };
  {
    await using slapd = await startSlapd(PEOPLE, right.issue('ldap', ['127.0.0.1']));
    for (const [url, extra] of [
      [slapd.tlsUrl, {}],
      [slapd.url, { startTls: true }],
    ] as const) {
      assert.equal(await ask(url, { ...extra, caPem }), 'known unknown', url);
      assert.equal(await ask(url, { ...extra, caPem: otherPem }), 'unavailable unavailable', url);
      // The system's authorities do not know ours.
      assert.equal(await ask(url, extra), 'unavailable unavailable', url);
    }
    // What speaks no TLS there is no way around it.
    assert.equal(await ask(slapd.url.replace('ldap:', 'ldaps:'), { caPem }), 'unavailable unavailable');
  }
  await using misnamed = await startSlapd(PEOPLE, right.issue('misnamed', ['ldap.elsewhere.example']));
  assert.equal(await ask(misnamed.tlsUrl, { caPem }), 'unavailable unavailable');
  assert.equal(await ask(misnamed.url, { startTls: true, caPem }), 'unavailable unavailable');
});

test('a connection that the server closed is made anew: with its TLS and its sign-in', async (t) => {
  if (!have(t, ...SLAPD_NEEDS)) return;
  using temp = tempDir('ldap-again');
  const ca = authority(temp.path);
  const caPem = readFileSync(ca.ca, 'utf8');
  const tls = ca.issue('ldap', ['127.0.0.1']);
  const port = await freePort();
  const first = await startSlapd(PEOPLE, tls, port);
  const ldap = source(first.url, LDAP_ADMIN.password, { startTls: true, caPem });
  assert.equal((await ldap.lookup('ann', 'here.example')).kind, 'known');
  await first[Symbol.asyncDispose]();
  {
    await using _again = await startSlapd(PEOPLE, tls, port);
    assert.equal((await ldap.lookup('ann', 'here.example')).kind, 'known', 'no failure in between');
  }
  {
    // Somebody who has no certificate took its place, and shows everybody everything.
    await using _other = await startSlapd(PEOPLE, undefined, port, 'read');
    assert.equal((await ldap.lookup('ann', 'here.example')).kind, 'unavailable');
    assert.equal((await ldap.lookup('bob', 'here.example')).kind, 'unavailable');
  }
  await ldap.close();
});

test('StartTLS that the server does not know sends no password', async (t) => {
  if (!have(t, ...SLAPD_NEEDS)) return;
  await using slapd = await startSlapd(PEOPLE);
  const ldap = source(slapd.url, LDAP_ADMIN.password, { startTls: true });
  assert.equal((await ldap.lookup('ann', 'here.example')).kind, 'unavailable');
  await ldap.close();
});

test('a filter whose parentheses do not match is refused before it is used', () => {
  for (const filter of ['(&(mail={address})', '(mail={address}))(uid=*)', '(((mail={address}))'])
    assert.throws(() => source('ldap://127.0.0.1', undefined, { filter }), /parentheses/);
});

test('a server that accepts and says nothing is given up after its time', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  const address = silent.address();
  assert.ok(typeof address === 'object' && address !== null);
  const ldap = source(`ldap://127.0.0.1:${address.port}`, LDAP_ADMIN.password);
  const fromMs = Date.now();
  assert.equal((await ldap.lookup('ann', 'here.example')).kind, 'unavailable');
  assert.ok(Date.now() - fromMs < 3000);
  await ldap.close();
  for (const socket of sockets) socket.destroy();
  silent.close();
});

test('a running directory: known, unknown, remembered while slapd is away', async (t) => {
  if (!have(t, ...SLAPD_NEEDS)) return;
  await using db = await testDatabase();
  const slapd = await startSlapd(PEOPLE);
  const act = <T>(work: (a: Act) => Promise<T>): Promise<T> =>
    db.transact((tx) => work({ tx, tenant: TENANT, actor: 'system:test' }));
  const value = ldapKind.schema.parse({
    name: 'ad',
    url: slapd.url,
    baseDn: LDAP_BASE,
    bindDn: LDAP_ADMIN.dn,
    bindPasswordSealed: Buffer.from(LDAP_ADMIN.password).toString('base64'),
    timeoutMs: 1000,
    cacheS: 1,
    negativeCacheS: 1,
  });
  await act((a) => addThing(a, ldapKind, value));
  const domain = { name: 'here.example', nextHop: { host: 'store.example' }, recipients: 'ldap', ldap: 'ad' };
  await act((a) => addThing(a, domainKind, domainKind.schema.parse(domain)));
  const keys = {
    ensureTenant: async () => {},
    open: (_t: TenantId, _c: string, sealed: Uint8Array) => sealed,
  };
  const directory = await openDirectory({ db, keys });
  const kind = async (address: string) => (await directory.recipient(address)).kind;
  assert.equal(await kind('ann@here.example'), 'known');
  assert.equal(await kind('ann+news@here.example'), 'known');
  assert.equal(await kind('bob@here.example'), 'unknown');
  await slapd[Symbol.asyncDispose]();
  await sleep(1100);
  assert.equal(await kind('ann@here.example'), 'known', 'an old yes serves');
  assert.equal(await kind('bob@here.example'), 'unavailable', 'an old no does not');
  assert.equal(await kind('carl@here.example'), 'unavailable');
  await directory.close();
});
