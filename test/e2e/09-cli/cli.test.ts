/** Every wrong word gets one clear sentence, every wrong file all of its mistakes at once, and nothing is changed by either. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { COMMANDS } from '../../../src/commands.ts';
import { runAside, type Ran } from '#test/support/child.ts';
import { startGateway } from '#test/support/gateway.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const bare = (...args: readonly string[]): Promise<Ran> =>
  runAside([resolve('bin/gatehouse'), ...args], { input: '' });

/** What was said, without the line that points to the help. */
const sentence = (ran: Ran): string => ran.stderr.replace(/^"gatehouse [a-z ]+--help" tells more\.\n/m, '');

test('each command has help, and answers a word it does not know with one sentence and exit code 2', async () => {
  assert.ok(Object.keys(COMMANDS).length >= 10);
  for (const name of ['up', ...Object.keys(COMMANDS)]) {
    const help = await bare(name, '--help');
    assert.equal(help.code, 0, `${name} --help: ${help.stderr}`);
    assert.match(help.stdout, /usage/i, name);
    const wrong = await bare(name, '--no-such-flag');
    assert.equal(wrong.code, 2, `${name}: ${wrong.stdout}${wrong.stderr}`);
    assert.equal(wrong.stdout, '', name);
    assert.match(sentence(wrong), /^gatehouse[^\n]*no-such-flag[^\n]*\n$/, name);
  }
});

test('--version says which this is', async () => {
  const ran = await bare('--version');
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stdout, /^gatehouse \d+\.\d+\.\d+\n$/);
});

type Wrong = { readonly args: readonly string[]; readonly says: RegExp };
const WRONG: readonly Wrong[] = [
  { args: ['nonsense'], says: /nonsense/ },
  { args: ['--config', '/nonexistent.yaml', 'verify'], says: /nonexistent\.yaml/ },
  { args: ['--http-port', 'x', 'up'], says: /--http-port/ },
  { args: ['up', '--mx-port', '99999'], says: /--mx-port/ },
  { args: ['explain', 'x'], says: /"x"/ },
  { args: ['domain', 'add', 'a..b', '--next-hop', 'h'], says: /a\.\.b/ },
  { args: ['sender', 'add-network', 'all', '0.0.0.0/0'], says: /0\.0\.0\.0\/0/ },
  { args: ['check', '/nonexistent.eml'], says: /nonexistent\.eml/ },
  { args: ['parse', '/nonexistent.eml'], says: /nonexistent\.eml/ },
  { args: ['bench', 'nothing'], says: /nothing/ },
  { args: ['try', '--port', 'x'], says: /--port/ },
];

test('each wrong argument is named', async () => {
  using temp = tempDir('cli');
  const data = temp.in('data');
  for (const { args, says } of WRONG) {
    const ran = await bare('--data', data, ...args);
    assert.ok(ran.code === 1 || ran.code === 2, `${args.join(' ')}: exit code ${ran.code}\n${ran.stderr}`);
    assert.match(ran.stderr, says, args.join(' '));
    assert.equal(sentence(ran).trim().split('\n').length, 1, `${args.join(' ')}: ${ran.stderr}`);
    assert.doesNotMatch(ran.stderr, /\bat .*\.ts:\d|this should not have happened/, args.join(' '));
  }
});

test('a wrong configuration is told as a whole', async () => {
  using temp = tempDir('cli-config');
  const file = temp.in('wrong.yaml');
  writeFileSync(
    file,
    'hostnam: x\nhttp:\n  port: 70000\n  host: nowhere.example\nlisteners:\n  - {name: A, kind: smtp, port: 25}\n',
  );
  const ran = await bare('--config', file, 'up');
  assert.equal(ran.code, 2);
  for (const word of ['hostnam', 'port', 'an IP address', 'kind', 'name'])
    assert.ok(ran.stderr.includes(word), `${word} in ${ran.stderr}`);
  assert.ok(ran.stderr.trim().split('\n').length >= 5, ran.stderr);
});

test('a wrong import names every line and changes nothing', async () => {
  await using gateway = await startGateway({ listeners: ['mx'] });
  await gateway.does('domain', 'add', 'here.example', '--next-hop', '127.0.0.1:2525');
  const good = await gateway.cliWith({ input: 'address\nbob@here.example\n' }, 'address', 'import', '-');
  assert.equal(good.code, 0, good.stderr);
  const csv = 'address\ncarol@here.example\nno address\ndora@foreign.example\n';
  const bad = await gateway.cliWith({ input: csv }, 'address', 'import', '-', '--replace');
  assert.equal(bad.code, 1);
  for (const line of ['3', '4']) assert.match(bad.stderr, new RegExp(`[: ]${line}\\b`), bad.stderr);
  assert.match(bad.stderr, /Nothing was changed/);
  assert.deepEqual(JSON.parse(await gateway.does('address', 'list', 'here.example', '--json')), [
    'bob@here.example',
  ]);
  const yaml = 'domains:\n  - name: a.example\n    nextHop: {host: h, prt: 25}\n  - name: "?"\n';
  const applied = await gateway.cliWith({ input: yaml }, 'apply', '-');
  assert.notEqual(applied.code, 0);
  assert.match(applied.stderr, /prt/);
  assert.match(applied.stderr, /\?/);
  assert.doesNotMatch(await gateway.does('domain', 'list'), /a\.example/);
  await gateway.verify();
});
