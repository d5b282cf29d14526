import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openFileKeys } from '#assurance/keys/file-keys.ts';
import { openDatabase } from '#platform/db.ts';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { sampleEnvelope, sampleToCommit } from '#test/support/messages.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { insertMessages } from '#mail/queue/insert.ts';
import { makeMissingKeys } from '#mail/signing/dkim-keys.ts';
import type { CliContext } from './context.ts';
import { run as destination } from './destination.ts';
import { run as dkim } from './dkim.ts';
import { run as domain } from './domain.ts';
import { run as policy } from './policy.ts';
import { run as queue } from './queue.ts';
import { run as tenant } from './tenant.ts';

const folder = tempDir('steering');
after(async () => {
  folder[Symbol.dispose]();
  await stopTestDatabases();
});
const commands = { destination, dkim, domain, policy, queue, tenant };
type Said = { code: number; out: string; err: string };

function shell(url: string) {
  const open = () =>
    openDatabase({ url, maxConnections: 2, statementTimeoutMs: 5000, applicationName: 'cli-test' });
  const call = async (...line: readonly string[]): Promise<Said> => {
    const said: Said = { code: -1, out: '', err: '' };
    const context: CliContext = {
      stdout: (text) => void (said.out += text),
      stderr: (text) => void (said.err += text),
      openDatabase: async () => open(),
      openStores: async () => {
        const db = open();
        return {
          db,
          system: db,
          keys: await openFileKeys(folder.in('keys'), db),
          blobs: undefined as never, // no command here reads bodies
          [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
        };
      },
      globals: {},
    };
    const [name = '', ...args] = line;
    said.code = await commands[name as keyof typeof commands](args, context); // `as`: the tests below name commands
    return said;
  };
  const good = async (...line: readonly string[]): Promise<string> => {
    const said = await call(...line);
    assert.deepEqual({ code: said.code, err: said.err }, { code: 0, err: '' }, line.join(' '));
    return said.out;
  };
  return { call, good };
}

test('a destination is limited, paused, held, rerouted and let go on', async () => {
  await using db = await testDatabase();
  const { call, good } = shell(db.url);
  const message = sampleToCommit({ envelope: sampleEnvelope() });
  await insertMessages(db, [message], undefined);
  await good('destination', 'set', 'OURS.example', '--connections', '3', '--source-ip4', '192.0.2.7');
  await good('destination', 'set', 'ours.example', '--per-minute', '60');
  await good('destination', 'pause', 'ours.example', '--for', '2h', '--reason', 'their wish');
  assert.match(
    await good('destination', 'list'),
    /^ours\.example +pause +20\S+Z +3 +60 +192\.0\.2\.7 +their wish$/m,
  );
  assert.match(await good('destination', 'hold', 'ours.example'), /1 waiting recipient/);
  assert.equal(await good('queue', 'list'), 'Nothing waits.\n');
  assert.match(await good('destination', 'resume', 'ours.example'), /1 waiting recipient/);
  assert.match(await good('queue', 'list', '--domain', 'ours.example'), /bob@ours\.example/);
  await good(
    'destination',
    'reroute',
    'ours.example',
    '--next-hop',
    'spare.example:2525',
    '--tls',
    'required',
  );
  assert.match(await good('destination', 'list'), /reroute to spare\.example:2525 +- +3/);
  await good('destination', 'set', 'ours.example', '--per-minute', 'none', '--connections', 'none');
  const [kept] = JSON.parse(await good('destination', 'list', '--json')) as {
    maxConnections?: number;
    state: string;
  }[]; // `as`: checked next
  assert.deepEqual([kept?.maxConnections, kept?.state], [undefined, 'reroute']);

  const slips: [string[], RegExp][] = [
    [['set', 'ours.example'], /nothing is set/],
    [['set', 'ours.example', '--connections', 'many'], /--connections/],
    [['set', 'not a name', '--connections', '1'], /neither a domain name/],
    [['pause', 'ours.example', '--for', '5'], /--for: "5" is no span/],
    [['pause', 'ours.example', '--until', 'tomorrow'], /until: must be a time/],
    [['hold', 'ours.example', '--until', '2030-01-01T00:00:00Z'], /there is no --until/],
    [['reroute', 'ours.example'], /--next-hop is missing/],
    [['pause', 'ours.example', '--connection', '5'], /there is no --connection/],
  ];
  for (const [args, sentence] of slips) {
    const said = await call('destination', ...args);
    assert.equal(said.code, 2, args.join(' '));
    assert.match(said.err, sentence);
  }
  const none = await call('destination', 'resume', 'nobody.example');
  assert.deepEqual([none.code, /There is no destination rule/.test(none.err)], [1, true]);
});

test('the queue is listed, shown and tried again', async () => {
  await using db = await testDatabase();
  const { call, good } = shell(db.url);
  const message = sampleToCommit({ envelope: sampleEnvelope(), subject: 'red \u001b[31m bell \u0007' });
  await insertMessages(db, [message], undefined);
  await db.query(`update queue set next_at = now() + interval '90 minutes', attempts = 3, last_reply = $1`, [
    '451 4.7.1 come\r\nagain',
  ]);
  const id = message.envelope.id;
  assert.match(await good('queue', 'list'), /in 1h (30m|29m) +3 +bob@ours\.example +451 4\.7\.1 come again/);
  const shown = await good('queue', 'show', id);
  assert.match(shown, /alice@sender\.example/);
  assert.doesNotMatch(shown, /[\u0007\u001b]/, 'a stranger does not steer the terminal');
  const [item] = JSON.parse(await good('queue', 'list', '--json')) as { attempts: number }[]; // `as`: checked next
  assert.equal(item?.attempts, 3);
  assert.match(await good('queue', 'retry', id), /1 recipient/);
  assert.match(await good('queue', 'retry', id), /^0 recipient\(s\).*\n1 more were due already/);
  await db.query(`update queue set lease_owner = gen_random_uuid()`);
  assert.match(
    await good('queue', 'retry', '--domain', 'ours.example'),
    /^0 recipient\(s\).*\n1 more are being tried at this moment/,
  );
  assert.equal((await call('queue', 'retry', '--domain', 'nothing.example')).code, 1);
  await db.query(`update queue set lease_owner = null, next_at = now() + interval '7 seconds'`);
  await good('destination', 'pause', 'ours.example', '--reason', 'moving house');
  assert.match(await good('queue', 'list'), /paused \(moving house\)/);
  assert.match(await good('queue', 'show', id), /next try +paused \(moving house\)/);
  assert.match(await good('queue', 'retry', '--domain', '*'), /1 of them wait on/);
  await good('destination', 'resume', 'ours.example');
  assert.doesNotMatch(await good('queue', 'list'), /paused/);
  assert.equal((await call('queue', 'retry')).code, 2);
  assert.equal((await call('queue', 'show', 'x')).code, 1);
  assert.equal((await call('queue', 'list', '--limit', '0')).code, 2);
});

test("a tenant's settings are shown, changed one by one, and taken back", async () => {
  await using db = await testDatabase();
  const { call, good } = shell(db.url);
  assert.match(await good('tenant', 'settings'), /waits between tries +default/);
  await good('tenant', 'settings', '--waits', '1m,10m', '--max-age', '2d');
  await good('tenant', 'settings', '--helo', 'out.example', '--delay-notices', '1h');
  const all = JSON.parse(await good('tenant', 'settings', '--json')) as unknown;
  assert.deepEqual(all, {
    retryWaitsS: [60, 600],
    maxAgeS: 172_800,
    delayNoticesS: [3600],
    heloName: 'out.example',
  });
  assert.match(await good('tenant', 'settings', '--waits', 'none'), /tries +default\ngiven up after +2d/);
  for (const args of [
    ['--waits', '5'],
    ['--max-age', '1s'],
    ['--source-ip4', '::1'],
  ])
    assert.equal((await call('tenant', 'settings', ...args)).code, 2, args.join(' '));
  const [row] = await db.query<{ n: number }>(
    `select count(*)::int as n from audit_event where what = 'tenant.settings-changed'`,
  );
  assert.equal(row?.n, 3);
});

test('keys are listed, published, used, followed and destroyed', async () => {
  await using db = await testDatabase();
  const { call, good } = shell(db.url);
  assert.match(await good('dkim', 'list'), /There is no DKIM key/);
  await good('domain', 'add', 'ours.example', '--next-hop', 'store.example');
  await makeMissingKeys(db, await openFileKeys(folder.in('keys'), db), Date.now() - 120_000);
  const records = await good('dkim', 'records', 'ours.example');
  assert.match(
    records,
    /^g\w+e\._domainkey\.ours\.example\. 3600 IN TXT "v=DKIM1; k=ed25519; p=[\w+/]{43}="$/m,
  );
  const rsa = /^(g\w+r)\._domainkey\.ours\.example\. 3600 IN TXT \( "([^"]{255})" "([^"]+)" \)$/m.exec(
    records,
  );
  assert.ok(rsa !== null, 'a long record is split');
  assert.match(await good('dkim', 'list'), /published +20\S+ +DNS not asked yet: publish its record/);
  assert.match(await good('dkim', 'use', 'OURS.example'), /signs now\. DNS was not seen[^]*signs now/);
  assert.match(await good('dkim', 'rotate', 'ours.example'), /Publish these[^]*IN TXT[^]*IN TXT/);
  assert.equal((await call('dkim', 'rotate', 'ours.example')).code, 1, 'the next pair is made already');
  assert.equal((await call('dkim', 'rotate', 'other.example')).code, 1);
  assert.match(await good('dkim', 'retire', 'ours.example', rsa[1]!), /1 other\(s\)/); // `!`: the group matched
  assert.match(await good('dkim', 'retire', 'ours.example', rsa[1]!, '--destroy'), /1 other/);
  assert.equal((await call('dkim', 'retire', 'ours.example', rsa[1]!)).code, 1);
  const json = JSON.parse(await good('dkim', 'list', '--json', '--all')) as { state: string }[]; // `as`: checked next
  assert.deepEqual(json.map((k) => k.state).toSorted(), ['published', 'published', 'removed', 'signing']);
  const [leak] = await db.query<{ n: number }>(
    `select count(*)::int as n from audit_event where details::text like '%PRIVATE%'`,
  );
  assert.equal(leak?.n, 0);
});

test('a policy file is judged before the gateway reads it', async () => {
  const { call } = shell('postgresql://nobody@127.0.0.1:1/none');
  const right = await call('policy', 'check', 'policies/default.yaml');
  assert.deepEqual([right.code, /is right: \d+ rules/.test(right.out)], [0, true]);
  const wrong = await call('policy', 'check', 'package.json');
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /^package\.json:\d+:\d+: /);
  assert.equal((await call('policy', 'check', '/nowhere')).code, 1);
});
