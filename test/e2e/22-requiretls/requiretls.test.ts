/**
 * REQUIRETLS at the running gateway (RFC 8689): taken over TLS only, passed on with its keyword to a host that is proven and
 * promises it, and sent back where there is none, with a report that asks for the same.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { startPostfix } from '#test/peers/postfix.ts';
import { authority } from '#test/support/certificates.ts';
import { have } from '#test/support/need.ts';
import { offerOut, sendOut, storyOf } from '#test/support/outgoing.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { until } from '#test/support/until.ts';
import { BOB, OURS, SENDERS, startWorld, WORLD_NEEDS } from '#test/support/world.ts';
import { startFakeRemote } from '../20-delivery/fake-remote.ts';

const REQUIRETLS = { mailArgs: ' REQUIRETLS RET=FULL', startTls: true } as const;

test('REQUIRETLS is passed on to who promises it, and fails where nobody does', async (t) => {
  if (!have(t, ...WORLD_NEEDS)) return;
  using temp = tempDir('requiretls');
  const ca = authority(temp.path);
  const tls = ca.issue('partner', ['mx.partner.example', 'mx.old.example', `hop.${OURS}`]);
  const keys = { cert: readFileSync(tls.cert, 'utf8'), key: readFileSync(tls.key, 'utf8') };
  const promising = ['PIPELINING', '8BITMIME', 'DSN', 'REQUIRETLS'];
  await using partner = await startFakeRemote({ tls: keys, extensions: promising });
  // Our own mail store, for the reports that come back.
  await using store = await startFakeRemote({ tls: keys, extensions: promising });
  await using old = await startPostfix({ keeps: ['old.example'], tls });
  await using world = await startWorld({
    dns: {
      localZones: [...SENDERS.localZones, 'partner.example', 'old.example', OURS, 'unproven.example'],
      localData: [
        ...SENDERS.localData,
        'mx.partner.example 60 IN A 127.0.0.1',
        'mx.old.example 60 IN A 127.0.0.1',
        `hop.${OURS} 60 IN A 127.0.0.1`,
        'unproven.example 60 IN MX 10 mx.partner.example',
      ],
    },
    gateway: {
      config: {
        delivery: { mxPort: partner.port, allowMxInto: ['127.0.0.0/8'], retryWaitsS: [1], caFile: ca.ca },
      },
    },
  });
  const { gateway } = world;
  await gateway.does('sender', 'add-network', 'apps', '127.0.0.0/8');
  await gateway.does('domain', 'add', OURS, '--next-hop', `hop.${OURS}:${store.port}`, '--replace');
  await gateway.does(
    'route',
    'partner',
    'partner.example',
    '--next-hop',
    `mx.partner.example:${partner.port}`,
  );
  await gateway.does('route', 'partner', 'old.example', '--next-hop', `mx.old.example:${old.port}`);

  const good = await sendOut(gateway, { to: 'dora@partner.example', subject: 'sealed', ...REQUIRETLS });
  await until('the partner to have it', () =>
    partner.messages.some((m) => m.data.includes('Subject: sealed')),
  );
  assert.match(await storyOf(gateway, good, /delivered/i), /asked by requiretls; peer authenticated/);
  assert.match(partner.lines.find((l) => l.startsWith('MAIL')) ?? '', / REQUIRETLS\b/);
  const ordinary = await sendOut(gateway, { to: 'dora@partner.example', subject: 'ordinary' });
  await storyOf(gateway, ordinary, /delivered/i);
  assert.ok(!/REQUIRETLS/.test(partner.lines.findLast((l) => l.startsWith('MAIL')) ?? ''));

  // Outside TLS the promise cannot be made.
  const clear = await offerOut(gateway, {
    to: 'dora@partner.example',
    subject: 'x',
    mailArgs: ' REQUIRETLS',
  });
  assert.ok(clear.code >= 500, clear.text);

  // One has TLS and makes no promise; the name of the other's host comes from DNS that nobody signed.
  for (const [to, subject] of [
    ['dora@old.example', 'no promise'],
    ['dora@unproven.example', 'no proof'],
  ] as const) {
    const id = await sendOut(gateway, { to, subject, ...REQUIRETLS });
    assert.match(await storyOf(gateway, id, /failed/i), /5\.7\.30/);
    const report = await until(`the report of ${subject}`, () =>
      store.messages.find((m) => m.data.includes(`Subject: ${subject}`)),
    );
    assert.deepEqual(report.to, [BOB]);
    assert.match(report.from, /^<> .*REQUIRETLS/);
    assert.match(report.data, /^Status: 5\.7\.30/m);
    assert.ok(!report.data.includes('Good morning.'), 'RET=FULL does not count here');
  }
  assert.equal(old.received().length, 0);
  assert.equal(partner.messages.length, 2);
});
