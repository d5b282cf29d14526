/**
 * MTA-STS at the running gateway: a real HTTPS server publishes policies, a real Postfix is the mail host. What the policy
 * allows is delivered, everything else waits, and `explain` says why.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startStsHost } from '#test/peers/mta-sts-host.ts';
import { startPostfix } from '#test/peers/postfix.ts';
import { authority } from '#test/support/certificates.ts';
import { have } from '#test/support/need.ts';
import { sendOut, storyOf } from '#test/support/outgoing.ts';
import { freeLoopbackAddress, freePort } from '#test/support/ports.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { SENDERS, startWorld, WORLD_NEEDS } from '#test/support/world.ts';

/** `sub` of sts.example: where its MX points. The certificate of the mail host names `mx` alone. */
const DOMAINS = { good: 'mx', stranger: 'elsewhere', badcert: 'unnamed', trial: 'unnamed' } as const;
const NAMES = Object.keys(DOMAINS).map((name) => `${name}.example`);

test('MTA-STS: enforced where it says so, watched where it only tests', async (t) => {
  if (!have(t, ...WORLD_NEEDS)) return;
  using temp = tempDir('mta-sts');
  const ca = authority(temp.path);
  const port = await freePort();
  const webAddress = freeLoopbackAddress();
  await using partner = await startPostfix({
    keeps: NAMES,
    port,
    tls: ca.issue('partner', ['mx.hosts.example']),
  });
  await using web = await startStsHost(
    webAddress,
    ca.issue(
      'web',
      NAMES.map((name) => `mta-sts.${name}`),
    ),
    { mode: 'enforce', mx: ['mx.hosts.example'], maxAgeS: 3600 },
  );
  const localData = [
    ...(['mx', 'elsewhere', 'unnamed'] as const).map((host) => `${host}.hosts.example 60 IN A 127.0.0.1`),
    ...Object.entries(DOMAINS).flatMap(([name, host]) => [
      `${name}.example 60 IN MX 10 ${host}.hosts.example`,
      `_mta-sts.${name}.example 60 IN TXT "v=STSv1; id=1;"`,
      `mta-sts.${name}.example 60 IN A ${webAddress}`,
    ]),
  ];
  await using world = await startWorld({
    dns: {
      localZones: [...SENDERS.localZones, 'hosts.example', ...NAMES],
      localData: [...SENDERS.localData, ...localData],
    },
    gateway: {
      config: {
        delivery: { mxPort: port, allowMxInto: ['127.0.0.0/8'], retryWaitsS: [1], caFile: ca.ca },
      },
    },
  });
  const { gateway } = world;
  await gateway.does('sender', 'add-network', 'apps', '127.0.0.0/8');

  const good = await sendOut(gateway, { to: 'dora@good.example', subject: 'sts good' });
  await partner.receive('Subject: sts good', 30_000);
  assert.match(
    await storyOf(gateway, good, /MTA-STS/),
    /asked by mta-sts; peer authenticated; MTA-STS: enforce/,
  );

  const stranger = await sendOut(gateway, { to: 'dora@stranger.example', subject: 'sts stranger' });
  const said = await storyOf(gateway, stranger, /deferred/i);
  assert.match(said, /elsewhere\.hosts\.example is not named by the policy of stranger\.example/);

  // The policy names the host, the host's certificate does not.
  web.publish({ mode: 'enforce', mx: ['unnamed.hosts.example'], maxAgeS: 3600 });
  const badcert = await sendOut(gateway, { to: 'dora@badcert.example', subject: 'sts badcert' });
  assert.match(await storyOf(gateway, badcert, /deferred/i), /4\.7\.5/);
  assert.deepEqual(
    partner.received().map((m) => m.recipient),
    ['dora@good.example'],
    'what cannot be proven waits',
  );

  web.publish({ mode: 'testing', mx: ['unnamed.hosts.example'], maxAgeS: 3600 });
  const trial = await sendOut(gateway, { to: 'dora@trial.example', subject: 'sts trial' });
  await partner.receive('Subject: sts trial', 30_000);
  assert.match(await storyOf(gateway, trial, /MTA-STS/), /MTA-STS: testing: would fail/);

  // Taking the web server away frees nobody of a policy that was seen, in this process or in the other.
  web.publish(undefined);
  const later = await sendOut(gateway, { to: 'dora@badcert.example', subject: 'sts later' });
  await storyOf(gateway, later, /deferred/i);
  assert.equal(partner.received().length, 2);
});
