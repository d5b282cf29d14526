/** Our people's mail out: AUTH over TLS, signed with RSA and Ed25519, and two other verifiers agree. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { dkimpyMissing, dkimpyVerify } from '#test/peers/dkimpy.ts';
import { KNOT_NEEDS, startKnot } from '#test/peers/knot.ts';
import { OPENDKIM_NEEDS, opendkimVerdict } from '#test/peers/opendkim.ts';
import { startPostfix } from '#test/peers/postfix.ts';
import { swaks, SWAKS_NEEDS } from '#test/peers/swaks.ts';
import type { Gateway } from '#test/support/gateway.ts';
import { have } from '#test/support/need.ts';
import { until } from '#test/support/until.ts';
import { BOB, letter, OURS, startWorld, WORLD_NEEDS } from '#test/support/world.ts';

type Published = {
  readonly area: string;
  readonly name: string;
  readonly type: string;
  readonly value: string;
};

/** The DKIM records that `domain check` asks us to publish: owner name → text. */
async function dkimRecords(gateway: Gateway): Promise<Record<string, string> | undefined> {
  const ran = await gateway.cli('domain', 'check', OURS, '--json');
  if (ran.stdout === '') throw new Error(ran.stderr);
  const { publish } = JSON.parse(ran.stdout) as { publish: readonly Published[] };
  const dkim = publish.filter((p) => p.area === 'dkim' && p.name.includes('._domainkey.'));
  return dkim.length < 2 ? undefined : Object.fromEntries(dkim.map((p) => [p.name, p.value]));
}

const zoneLine = (name: string, text: string): string =>
  `${name}. TXT ${(text.match(/.{1,250}/g) ?? []).map((s) => `"${s}"`).join(' ')}`;

test('submitted mail is signed twice, and dkimpy and OpenDKIM agree', async (t) => {
  if (!have(t, ...WORLD_NEEDS, ...KNOT_NEEDS, ...OPENDKIM_NEEDS, ...SWAKS_NEEDS)) return;
  assert.deepEqual(dkimpyMissing(), []);
  await using knot = await startKnot([{ name: OURS, records: ['@ TXT "v=spf1 -all"'] }]);
  await using far = await startPostfix({ keeps: ['far.example'], hostname: 'far.example' });
  await using world = await startWorld({
    dns: { stubs: [{ zone: OURS, host: knot.host, port: knot.port }] },
  });
  const { gateway, dns } = world;
  const password = 'a long enough password';
  const added = await gateway.cliWith(
    { input: password },
    'sender',
    'add-login',
    'bob',
    '--password-file',
    '-',
    '--may-use',
    BOB,
  );
  assert.equal(added.code, 0, added.stderr);
  await gateway.does(
    'route',
    'partner',
    'far.example',
    '--next-hop',
    `127.0.0.1:${far.port}`,
    '--tls',
    'none',
  );

  // Keys are made by themselves; they sign once their records are seen in DNS.
  const records = await until('keys of our domain', () => dkimRecords(gateway), 30_000, 500);
  knot.replace({
    name: OURS,
    records: ['@ TXT "v=spf1 -all"', ...Object.entries(records).map(([n, v]) => zoneLine(n, v))],
  });
  await sleep(2_000); // until "no such record" is forgotten: the zone's negative TTL is a second
  await gateway.does('dkim', 'check');

  const send = (subject: string, from: string, args: readonly string[]): ReturnType<typeof swaks> =>
    swaks({
      port: gateway.ports.submission,
      from,
      to: 'dora@far.example',
      data: letter({ subject, from }),
      args,
    });
  const login = ['--tls', '--auth', 'PLAIN', '--auth-user', 'bob', '--auth-password'];
  assert.notEqual((await send('stranger', BOB, ['--tls'])).code, 0, 'without AUTH nothing is relayed');
  assert.notEqual((await send('wrong', BOB, [...login, 'wrong'])).code, 0, 'a wrong password is refused');
  assert.notEqual(
    (await send('other', `carol@${OURS}`, [...login, password])).code,
    0,
    'another name is not his to use',
  );
  const forged = await swaks({
    port: gateway.ports.submission,
    from: BOB,
    to: 'dora@far.example',
    data: letter({ subject: 'forged', from: 'ceo@theirs.example' }),
    args: [...login, password],
  });
  assert.match(forged.stdout, /550 5\.7\.1 .*From field is not yours/);
  let number = 0;
  const signed = await until(
    'a message signed twice',
    async () => {
      const subject = `signed ${++number}`;
      const ran = await send(subject, BOB, [...login, password]);
      assert.equal(ran.code, 0, ran.stdout + ran.stderr);
      const { text } = await far.receive(`Subject: ${subject}\n`);
      if (text.match(/^DKIM-Signature:/gm)?.length === 2) return text;
      await sleep(2_000);
      return undefined;
    },
    60_000,
  );
  const message = signed.slice(signed.indexOf('DKIM-Signature:')).replaceAll('\n', '\r\n');
  assert.deepEqual([...message.matchAll(/ a=(\S+?);/g)].map((m) => m[1]).toSorted(), [
    'ed25519-sha256',
    'rsa-sha256',
  ]);
  const verdicts = await dkimpyVerify(message, records);
  assert.deepEqual(
    verdicts.map((v) => `${v.domain} ${v.verified} ${v.reason}`),
    [`${OURS} true `, `${OURS} true `],
  );
  const opendkim = await opendkimVerdict(message, dns.host);
  assert.equal(opendkim.verified, true, opendkim.said);
  assert.equal(far.received().length, number, 'what was refused did not come');
});
