/** The audit log streamed to a real rsyslog over TLS: killed in the middle, nothing missing, order kept, certificates held to. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { appendAudit } from '#assurance/audit/audit.ts';
import { readHead } from '#assurance/audit/log.ts';
import { startStream } from '#assurance/siem/stream.ts';
import { addSink, listSinks, sinkInput } from '#assurance/siem/sinks.ts';
import { openLog } from '#platform/log.ts';
import { RSYSLOG_NEEDS, startRsyslog } from '#test/peers/rsyslog.ts';
import { TENANT, testLog } from '#test/support/audit.ts';
import { authority } from '#test/support/certificates.ts';
import { stopTestDatabases, testDatabase, type TestDatabase } from '#test/support/database.ts';
import { have } from '#test/support/need.ts';
import { freePort } from '#test/support/ports.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { until } from '#test/support/until.ts';

after(stopTestDatabases);
const log = openLog({ level: 'error' });

const append = (db: TestDatabase, n: number): Promise<void> =>
  db.transact((tx) =>
    appendAudit(
      tx,
      Array.from({ length: n }, (_, i) => ({
        tenant: TENANT,
        what: 'domain.added',
        actor: 'admin:test' as const,
        subject: `d${i}.example "]\\`,
        details: {},
      })),
    ),
  );

const state = async (db: TestDatabase) => (await listSinks(db, TENANT))[0] ?? assert.fail('there is a sink');

test('rsyslog is killed in the middle of the stream: nothing is missing, order is kept', async (t) => {
  if (!have(t, ...RSYSLOG_NEEDS)) return;
  using temp = tempDir('siem');
  await using db = await testDatabase();
  using audit = await testLog(db);
  const ca = authority(temp.path);
  const options = {
    folder: temp.path,
    port: await freePort(),
    ca: ca.ca,
    certificate: ca.issue('siem', ['127.0.0.1']),
  };
  const settings = {
    kind: 'syslog',
    host: '127.0.0.1',
    port: options.port,
    caPem: readFileSync(ca.ca, 'utf8'),
  };
  const input = sinkInput.parse({ name: 'rsyslog', settings });
  const added = await db.transact((tx) =>
    addSink({ tx, tenant: TENANT, actor: 'admin:test' }, audit.keys, input),
  );
  assert.ok(added.ok);
  await append(db, 3000);
  await audit.catchUp();
  const system = db.as('system');
  const pump = { db: system, keys: audit.keys, log, hostname: 'gate.example', version: '0' };
  let receiver = await startRsyslog(options);
  await using stream = startStream(pump, 50);
  await until('the first thousand', () => receiver.lines().length >= 1000);
  receiver.kill('SIGKILL');
  await receiver.exited;
  await append(db, 200);
  await audit.catchUp();
  await until('the sink to be in trouble', async () => (await state(db)).failures > 1);
  receiver = await startRsyslog(options);
  const { size } = (await readHead(db, TENANT)) ?? assert.fail('there is a log');
  await until('the stream to have caught up', async () => (await state(db)).nextIndex === size, 30_000);
  const entries = /kind="entry" origin="([^"]+)" index="(\d+)"/g;
  const received = () => receiver.lines().flatMap((l) => [...l.matchAll(entries)].map((m) => Number(m[2])));
  await until('the last entry in the file', () => received().at(-1) === size - 1);
  const indexes = received();
  assert.equal(new Set(indexes).size, size, 'nothing is missing');
  let highest = -1;
  for (const index of indexes) {
    assert.ok(index <= highest + 1, `${index} came after ${highest}: the receiver would call this a gap`);
    highest = Math.max(highest, index);
  }
  const checkpoint = /kind="checkpoint" origin="[^"]+" size="(\d+)"/;
  await until('the checkpoint', () => receiver.lines().at(-1)?.match(checkpoint)?.[1] === String(size));
  await stream[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

test('the receiver must have the right certificate, and may ask for ours', async (t) => {
  if (!have(t, ...RSYSLOG_NEEDS)) return;
  using temp = tempDir('siem-tls');
  await using db = await testDatabase();
  using audit = await testLog(db);
  const ca = authority(temp.path);
  const caPem = readFileSync(ca.ca, 'utf8');
  const ours = ca.issue('gate', ['gate.example']);
  const port = await freePort();
  await using _receiver = await startRsyslog({
    folder: temp.path,
    port,
    ca: ca.ca,
    certificate: ca.issue('siem', ['127.0.0.1']),
    isMutual: true,
  });
  const common = { kind: 'syslog', host: '127.0.0.1', port };
  const certPem = readFileSync(ours.cert, 'utf8');
  const secret = readFileSync(ours.key, 'utf8');
  for (const input of [
    { name: 'right', settings: { ...common, caPem, certPem }, secret },
    { name: 'no-certificate', settings: { ...common, caPem } },
    { name: 'unknown-authority', settings: { ...common, certPem }, secret },
    { name: 'wrong-name', settings: { ...common, caPem, certPem, serverName: 'other.example' }, secret },
  ])
    await db.transact(async (tx) => {
      const act = { tx, tenant: TENANT, actor: 'admin:test' as const };
      const done = await addSink(act, audit.keys, sinkInput.parse(input));
      assert.ok(done.ok, input.name);
    });
  await audit.catchUp();
  const pump = { db: db.as('system'), keys: audit.keys, log, hostname: 'gate.example', version: '0' };
  await using _stream = startStream(pump, 50);
  const sinks = await until('each sink to have tried', async () => {
    const all = await listSinks(db, TENANT);
    return all.every((s) => s.failures > 0 || s.sentAtMs !== null) && all;
  });
  assert.deepEqual(
    sinks.map((s) => [s.name, s.nextIndex > 0]),
    [
      ['no-certificate', false],
      ['right', true],
      ['unknown-authority', false],
      ['wrong-name', false],
    ],
  );
  assert.equal(JSON.stringify(sinks).includes('PRIVATE KEY'), false);
});
