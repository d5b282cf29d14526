/** What a new user types first. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGateway } from '#test/support/gateway.ts';

test('gatehouse try: on a fresh installation without network every sample becomes what it should', async () => {
  await using gateway = await startGateway({ dns: { servers: ['127.0.0.1:1'] } });
  const ran = await gateway.cli('try');
  assert.equal(ran.code, 0, ran.stdout + ran.stderr);
  assert.match(ran.stdout, /6 of 6 samples/);
  for (const line of [
    'good: delivered',
    'spoofed: refused',
    'two-from: refused',
    'smuggled: refused',
    'program: held',
    'unknown: refused',
  ])
    assert.ok(ran.stdout.includes(line), `${line} in:\n${ran.stdout}`);
  const id = /gatehouse explain (\S+)/.exec(ran.stdout)?.[1] ?? '';
  assert.match(await gateway.does('explain', id), /good\.gatehouse-try\.example/);
  assert.match(await gateway.does('domain', 'list'), /no domain yet/);
  await gateway.verify();

  const again = await gateway.cli('try', '--json');
  assert.equal(again.code, 0, again.stderr);
  assert.equal((JSON.parse(again.stdout) as unknown[]).length, 6);
  await gateway.stop();
  const alone = await gateway.cli('try');
  assert.notEqual(alone.code, 0);
  assert.equal(alone.stderr.trim().split('\n').length, 1, alone.stderr);
});
