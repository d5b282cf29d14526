/**
 * The record of a real gateway: mail and commands leave events, which stand in a signed log within moments, are exported and
 * proven without the gateway, and witnessed by a process of its own.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { runAside } from '#test/support/child.ts';
import { startFaultyHop } from '#test/support/faulty-hop.ts';
import { startGateway } from '#test/support/gateway.ts';
import { sendMail, smtpClient } from '#test/support/smtp-client.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { until } from '#test/support/until.ts';
import { letter } from '#test/support/world.ts';
import { resolve } from 'node:path';
import { TRY_DOMAIN } from '../../../src/try-zone.ts';

const FROM = `a@good.${TRY_DOMAIN}`;
/** As on another machine: no configuration, no database. */
const alone = (...args: string[]) => runAside([resolve('bin/gatehouse'), ...args], { input: '' });

test('what a gateway did can be proven without it', async () => {
  using folder = tempDir('audit-e2e');
  await using hop = await startFaultyHop();
  await using gateway = await startGateway({ listeners: ['mx'] });
  const next = ['--next-hop', `127.0.0.1:${hop.port}`, '--tls', 'none', '--recipients', 'any'];
  await gateway.does('domain', 'add', 'here.example', ...next);
  const send = async (): Promise<number> => {
    using client = await smtpClient(gateway.ports.mx);
    const data = letter({ subject: 'hello', from: FROM });
    return (await sendMail(client, { from: FROM, to: ['bob@here.example'], data })).code;
  };
  await until('the first message', async () => (await send()) === 250);
  const exported = async (name: string): Promise<string> => {
    const path = folder.in(name);
    await gateway.does('audit', 'export', path);
    return path;
  };
  let log = '';
  let entries: string[] = [];
  for (let i = 0; entries.length < 3 && i < 20; i++) {
    log = await exported(`log${i}`);
    entries = await readAll(log);
  }
  const whats = entries.map((e) => (JSON.parse(e) as { what: string }).what);
  assert.ok(whats.includes('domain.added') && whats.includes('message.accepted'), whats.join());

  const checked = await alone('audit', 'verify', log, '--policy', `${log}/policy`, '--json');
  assert.equal(checked.code, 0, checked.stdout + checked.stderr);
  assert.equal((await alone('audit', 'prove', log, '0', '--out', folder.in('first'))).code, 0);
  const proof = ['--policy', `${log}/policy`, '--entry', folder.in('first.json')];
  assert.equal((await alone('audit', 'verify', folder.in('first.tlog-proof'), ...proof)).code, 0);

  const state = ['--state', folder.in('witness')];
  const vkeys = (await alone('witness', 'init', 'witness.example/1', ...state)).stdout.trim().split('\n');
  assert.equal(vkeys.length, 2);
  assert.equal((await alone('witness', 'trust', `${log}/policy`, ...state)).code, 0);
  await gateway.does('audit', 'add-witness', 'w1', ...vkeys);
  const key = folder.in('api-key');
  writeFileSync(key, await gateway.apiKey());
  const url = `http://127.0.0.1:${gateway.ports.http}/api/v1`;
  const follow = () => alone('witness', 'follow', url, '--key-file', key, '--once', ...state);
  const followed = await follow();
  assert.equal(followed.code, 0, followed.stdout + followed.stderr);
  assert.match(await gateway.does('audit', 'witnesses'), /w1\s+\d+ of \d+\s+20/);
  const seen = await exported('witnessed');
  const again = await alone('audit', 'verify', seen, '--earlier', `${log}/checkpoint`);
  assert.equal(again.code, 0, again.stdout + again.stderr);
  assert.match(again.stdout, /witnessed up to entry \d+/);
  const ready = await fetch(`http://127.0.0.1:${gateway.ports.http}/readyz`);
  assert.equal(ready.status, 200, await ready.text());
  await gateway.verify();
});

async function readAll(log: string): Promise<string[]> {
  const { size } = JSON.parse(readFileSync(`${log}/about.json`, 'utf8')) as { size: number };
  const entries: string[] = [];
  for (let i = 0; i < size; i++) {
    const made = await alone('audit', 'prove', log, String(i), '--json');
    entries.push((JSON.parse(made.stdout) as { entry: string }).entry);
  }
  return entries;
}
