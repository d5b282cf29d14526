/** Exim on both sides: as the stranger that sends (with CHUNKING and TLS), and as our next hop. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXIM_NEEDS, startExim } from '#test/peers/exim.ts';
import { authority } from '#test/support/certificates.ts';
import { have } from '#test/support/need.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { ALICE, BOB, letter, OURS, startWorld, WORLD_NEEDS } from '#test/support/world.ts';

test('Exim sends through the gateway to Exim', async (t) => {
  if (!have(t, ...WORLD_NEEDS, ...EXIM_NEEDS)) return;
  using temp = tempDir('exim-tls');
  const tls = authority(temp.path).issue('hop', ['hop.here.example', '127.0.0.1']);
  await using hop = await startExim({ keeps: [OURS], hostname: 'hop.here.example', tls });
  await using world = await startWorld();
  const { gateway } = world;
  await gateway.does('route', 'set', OURS, '--next-hop', `127.0.0.1:${hop.port}`, '--tls', 'required');
  await using sender = await startExim({
    hostname: 'mx.sender.example',
    relayTo: { host: '127.0.0.1', port: gateway.ports.mx },
  });
  const body = `${'A line of text.\n'.repeat(20_000)}.\n..dots\n`;
  for (const [subject, text] of [
    ['small', 'x\n'],
    ['large', body],
  ] as const) {
    const message = letter({ subject, body: text }).replaceAll('\r\n', '\n');
    const ran = await sender.sendmail(['-i', '-f', ALICE, BOB], message);
    assert.equal(ran.code, 0, ran.stderr);
    const got = await hop.receive(`Subject: ${subject}\n`, 30_000);
    assert.match(got, /^Authentication-Results: gate\.example;[^]*spf=pass/m, sender.log());
    assert.ok(got.includes(text), `${subject}: the body is what it was`);
  }
  assert.match(sender.log(), /=> bob@here\.example .*X=TLS1\.3/, 'in by TLS');
  assert.match(hop.log(), /<= alice@sender\.example .*X=TLS1\.3/, 'out by TLS');
});
