/** Codes of apps and recovery codes as they are stored, and what is enough to come back with. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { DEFAULT_TENANT } from '#core/id.ts';
import { stopTestDatabases } from '#test/support/database.ts';
import { codeAt, identityWorld } from '#test/support/identity.ts';
import { isEnrolled } from './factors.ts';
import { makeRecoveryCodes, recoveryCodesLeft, useRecoveryCode } from './recovery-codes.ts';
import { beginTotp, confirmTotp, useTotp } from './totp.ts';

after(stopTestDatabases);

const tenant = DEFAULT_TENANT;
const actor = 'employee:test' as const;

test('a code of the step before, of now and of the next step is taken, each once; further ones are not', async () => {
  await using w = await identityWorld();
  const id = await w.person('mia@example.org');
  const { keys } = w.identity;
  const nowMs = Math.floor(Date.now() / 30_000) * 30_000;
  const use = (code: string, atMs: number): Promise<boolean> =>
    w.db.transact((tx) => useTotp(tx, keys, tenant, id, code, atMs));
  const app = await w.db.transact((tx) =>
    beginTotp({ tx, tenant, actor }, keys, { id, email: 'mia@example.org' }, 'phone'),
  );
  assert.match(app.uri, /^otpauth:\/\/totp\/Gatehouse:mia%40example\.org\?/);
  assert.equal(await use(codeAt(app.secret, nowMs), nowMs), false, 'not before it was confirmed');
  const which = { id: app.id, code: codeAt(app.secret, nowMs - 90_000) };
  const confirm = (code: string): Promise<boolean> =>
    w.db.transact((tx) => confirmTotp({ tx, tenant, actor }, keys, id, { ...which, code }, nowMs));
  assert.equal(await confirm(which.code), false, 'too old');
  assert.equal(await confirm(codeAt(app.secret, nowMs - 30_000)), true);
  assert.equal(await use(codeAt(app.secret, nowMs - 30_000), nowMs), false, 'the code it was confirmed with');
  assert.equal(await use(codeAt(app.secret, nowMs + 60_000), nowMs), false, 'two steps ahead');
  assert.equal(await use(codeAt(app.secret, nowMs + 30_000), nowMs), true);
  assert.equal(await use(codeAt(app.secret, nowMs), nowMs), false, 'older than one that was taken');
  const [row] = await w.db.query<{ sealed: Uint8Array }>('select sealed from totp');
  assert.equal(Buffer.from(row?.sealed ?? []).includes(Buffer.from(app.secret)), false);
});

test('two at once cannot use one code', async () => {
  await using w = await identityWorld();
  const id = await w.person('mia@example.org');
  const codes = await w.db.transact((tx) => makeRecoveryCodes({ tx, tenant, actor }, id));
  const use = (): Promise<boolean> => w.db.transact((tx) => useRecoveryCode(tx, tenant, id, codes[0] ?? ''));
  const used = await Promise.all([use(), use(), use()]);
  assert.equal(used.filter(Boolean).length, 1);
  assert.equal(await recoveryCodesLeft(w.db, tenant, id), 9);
});

test('recovery codes have 120 bits and are stored as hashes', async () => {
  await using w = await identityWorld();
  const id = await w.person('mia@example.org');
  const codes = await w.db.transact((tx) => makeRecoveryCodes({ tx, tenant, actor }, id));
  for (const code of codes) assert.match(code, /^([0-9a-hjkmnp-tv-z]{4}-){5}[0-9a-hjkmnp-tv-z]{4}$/);
  const stored = await w.db.query<{ hash: Uint8Array }>('select hash from recovery_code');
  assert.deepEqual([stored.length, stored[0]?.hash.length], [10, 32]);
  const other = await w.person('tom@example.org');
  assert.equal(await w.db.transact((tx) => useRecoveryCode(tx, tenant, other, codes[0] ?? '')), false);
});

test('isEnrolled(): a passkey is enough, a password needs more for the privileged, recovery codes count for nothing', () => {
  const f = { password: false, passkeys: 0, totp: 0, recoveryCodes: 10 };
  const cases = [
    [f, false, false],
    [{ ...f, password: true }, false, true],
    [{ ...f, password: true }, true, false],
    [{ ...f, password: true, totp: 1 }, true, true],
    [{ ...f, totp: 1 }, false, false],
    [{ ...f, passkeys: 1 }, true, true],
  ] as const;
  for (const [factors, isPrivileged, expected] of cases)
    assert.equal(isEnrolled(factors, isPrivileged), expected);
});
