/** The main job: a stranger's mail comes in, is judged, goes to the next hop, and its whole way can be told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { swaks, SWAKS_NEEDS } from '#test/peers/swaks.ts';
import { have } from '#test/support/need.ts';
import { ALICE, BOB, idIn, letter, startWorld, WORLD_NEEDS } from '#test/support/world.ts';

test('mail from swaks comes through to Postfix, marked with what was found, and explain tells its way', async (t) => {
  if (!have(t, ...WORLD_NEEDS, ...SWAKS_NEEDS)) return;
  await using world = await startWorld();
  const { gateway, hop } = world;
  const forged = [
    'Authentication-Results: gate.example; dkim=pass header.d=bank.example',
    'X-Gatehouse-Verdict: harmless',
    'Authentication-Results: other.example; spf=fail',
  ];
  const data = letter({
    subject: 'first mail',
    fields: forged,
    body: '.a line that begins with a dot\r\nlast',
  });
  const sent = await swaks({ port: gateway.ports.mx, from: ALICE, to: BOB, data, args: ['--tls'] });
  assert.equal(sent.code, 0, sent.stdout + sent.stderr);
  const id = idIn(sent.stdout);

  const { text, recipient } = await hop.receive('Subject: first mail');
  assert.equal(recipient, BOB);
  assert.match(text, new RegExp(`^Received: from client\\.example[^]*by gate\\.example[^]*${id}`, 'm'));
  const results = /^Authentication-Results: gate\.example;[^]*?(?=^\S)/m.exec(text)?.[0] ?? '';
  assert.match(results, /spf=pass/);
  assert.match(results, /dmarc=pass/);
  assert.doesNotMatch(results, /dkim=pass/);
  assert.equal(text.match(/^Authentication-Results: gate\.example/gm)?.length, 1);
  assert.doesNotMatch(text, /X-Gatehouse-Verdict: harmless/);
  // What others wrote about themselves is theirs and stays.
  assert.match(text, /^Authentication-Results: other\.example; spf=fail/m);
  assert.match(text, /^\.a line that begins with a dot\nlast$/m);

  const story = await gateway.does('explain', id);
  for (const word of [ALICE, BOB, 'spf', 'dmarc', 'TLSv1.3', 'delivered', '127.0.0.1'])
    assert.ok(story.toLowerCase().includes(word.toLowerCase()), `"${word}" is missing in:\n${story}`);
  assert.match(story, /queued as/, 'what the next hop said');
  const found = await gateway.does('search', '--sender', ALICE);
  assert.ok(found.includes(id), found);
});

test('mail survives a clean stop between 250 and delivery', async (t) => {
  if (!have(t, ...WORLD_NEEDS, ...SWAKS_NEEDS)) return;
  await using world = await startWorld({ gateway: { config: { delivery: { retryWaitsS: [1] } } } });
  const { gateway, hop } = world;
  await gateway.does('route', 'set', 'here.example', '--next-hop', '127.0.0.1:1', '--tls', 'none');
  const sent = await swaks({
    port: gateway.ports.mx,
    from: ALICE,
    to: BOB,
    data: letter({ subject: 'kept' }),
  });
  assert.equal(sent.code, 0, sent.stdout);
  await gateway.stop();
  await gateway.start();
  assert.equal(hop.received().length, 0);
  await gateway.does('route', 'set', 'here.example', '--next-hop', `127.0.0.1:${hop.port}`);
  await hop.receive('Subject: kept', 30_000);
});
