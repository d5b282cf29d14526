/**
 * What the audit log costs and how fast it is: the share of an event in the transaction it rides in, the sequencer's rate and
 * lag, the rate of events with no act around them, and the offline check of a large export. Each part prints what its target
 * is; medians of rounds that alternate, since machines are shared.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { setTimeout as sleep } from 'node:timers/promises';
import { entryOf } from '#assurance/audit/entry.ts';
import { FILES } from '#assurance/audit/export-folder.ts';
import { createSequencing } from '#assurance/audit/sequencer.ts';
import { verifyExport } from '#assurance/audit/verify-export.ts';
import { openFileKeys } from '#assurance/keys/file-keys.ts';
import { concat } from '#core/bytes.ts';
import { newId } from '#core/id.ts';
import { insertMessages } from '#mail/queue/insert.ts';
import type { Reader, Row } from '#platform/db.ts';
import { formatCheckpoint } from '#protocol/tlog/checkpoint.ts';
import { HASH_BYTES, leafData } from '#protocol/tlog/hashing.ts';
import { newSigningKey, sha256, signCheckpoint } from '#protocol/tlog/node-crypto.ts';
import { formatNote } from '#protocol/tlog/note.ts';
import { formatPolicy } from '#protocol/tlog/policy.ts';
import { encodeBundle, TILE_WIDTH, tilePath } from '#protocol/tlog/tiles.ts';
import { growTree, perfectRoot } from '#protocol/tlog/tree.ts';
import { sampleEnvelope, sampleToCommit, TENANT } from '#test/support/messages.ts';
import { testDatabase, type TestDatabase } from '#test/support/database.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import type { Account } from './accounting.ts';
import { median, percentile } from './figures.ts';

export type ActCost = {
  readonly writers: number;
  readonly withUs: number;
  readonly withoutUs: number;
  readonly latencyPercent: number;
  readonly cpuWithUs: number;
  readonly cpuWithoutUs: number;
  readonly cpuPercent: number;
};

const INSERT_EVENT = /insert into audit_event \(tenant_id[\s\S]*$/;

/** The same statement with its last part, the event, taken out; all else it does stays. */
function withoutEvent(reader: Reader): Reader {
  return {
    query: <T extends Row>(sql: string, values?: readonly unknown[], name?: string): Promise<T[]> => {
      const bare = sql.replace(INSERT_EVENT, 'select 1 from input');
      if (bare === sql) throw new Error('the statement records no event any more');
      return reader.query<T>(bare, values, `${name ?? ''}.bare`);
    },
  };
}

/** Accepting one small message, the smallest act there is on the hot path, with and without its event. */
export async function actCost(
  account: Account,
  writers: number,
  acts: number,
  rounds: number,
): Promise<ActCost> {
  await using db = await testDatabase();
  const one = async (on: (tx: Reader) => Reader): Promise<number> => {
    const message = sampleToCommit({ envelope: sampleEnvelope() });
    const startedMs = performance.now();
    await db.transact((tx) => insertMessages(on(tx), [message], undefined));
    return (performance.now() - startedMs) * 1000;
  };
  const kinds = { with: (tx: Reader) => tx, without: withoutEvent };
  const times = { with: [] as number[], without: [] as number[] };
  const cpu = { with: [] as number[], without: [] as number[] };
  for (let round = -1; round < rounds; round++)
    for (const kind of round % 2 === 0 ? (['with', 'without'] as const) : (['without', 'with'] as const)) {
      const before = account.cpuUs();
      const own: number[] = [];
      await Promise.all(
        Array.from({ length: writers }, async () => {
          for (let i = 0; i < acts / writers; i++) own.push(await one(kinds[kind]));
        }),
      );
      if (round < 0) continue; // the first of each warms up
      cpu[kind].push((account.cpuUs() - before) / own.length);
      times[kind].push(median(own));
    }
  const [w, wo] = [median(times.with), median(times.without)];
  const [c, co] = [median(cpu.with), median(cpu.without)];
  return {
    writers,
    withUs: w,
    withoutUs: wo,
    latencyPercent: (w / wo - 1) * 100,
    cpuWithUs: c,
    cpuWithoutUs: co,
    cpuPercent: (c / co - 1) * 100,
  };
}

const EVENTS = `insert into audit_event (tenant_id, what, actor, subject, details)
  select $1, 'delivery.delivered', 'system:worker', gen_random_uuid()::text,
    jsonb_build_object('recipient', 1, 'remote', 'mx1.example.com', 'reply', 250, 'enhanced', '2.0.0')
  from generate_series(1, $2::int)`;

async function openSequencing(db: TestDatabase, folder: string, maxEvents?: number) {
  const system = db.as('system');
  const keys = await openFileKeys(folder, system);
  const options = { db: system, keys, originPrefix: 'bench.example/audit', nowMs: () => Date.now() };
  return createSequencing(maxEvents === undefined ? options : { ...options, maxEvents });
}

export type Rate = { readonly events: number; readonly perSecond: number; readonly cpuUsPerEvent: number };

/** A backlog turned into signed, provable entries. */
export async function sequencerRate(account: Account, events: number, rounds: number): Promise<Rate> {
  using folder = tempDir('bench-keys');
  await using db = await testDatabase();
  const sequencing = await openSequencing(db, folder.path);
  await sequencing.round();
  const rates: number[] = [];
  const cpu: number[] = [];
  for (let i = 0; i < rounds; i++) {
    await db.query(EVENTS, [TENANT, events]);
    const [startedMs, before] = [performance.now(), account.cpuUs()];
    let done = 0;
    for (let isMore = true; isMore;) {
      const round = await sequencing.round();
      done += round.events;
      isMore = round.isMore;
    }
    if (done !== events) throw new Error(`${done} of ${events} events were sequenced`);
    rates.push(events / ((performance.now() - startedMs) / 1000));
    cpu.push((account.cpuUs() - before) / events);
  }
  return { events: events * rounds, perSecond: median(rates), cpuUsPerEvent: median(cpu) };
}

export type Lag = {
  readonly perSecond: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
};

/** `writers` in a thread of their own at a fixed rate; how old the oldest event of a round is when its round is committed. */
export async function sequencerLag(perSecond: number, writers: number, seconds: number): Promise<Lag> {
  using folder = tempDir('bench-keys');
  await using db = await testDatabase();
  const sequencing = await openSequencing(db, folder.path);
  await sequencing.round();
  const worker = new Worker(new URL('./audit-writers.ts', import.meta.url), {
    workerData: { url: db.url, tenant: TENANT, perSecond, writers, seconds },
  });
  let written: number | undefined;
  worker.on('message', (n: number) => (written = n));
  const ended = new Promise<void>((resolve, reject) => {
    worker.once('error', reject).once('exit', () => resolve());
  });
  const lags: number[] = [];
  let taken = 0;
  while (written === undefined || taken < written) {
    const startedMs = performance.now();
    const round = await sequencing.round();
    taken += round.events;
    if (round.events > 0) lags.push(round.oldestMs + performance.now() - startedMs);
    // As the running sequencer does.
    if (!round.isMore) await sleep(Math.max(0, 200 - (performance.now() - startedMs)));
  }
  await ended;
  return {
    perSecond: written / seconds,
    medianMs: median(lags),
    p99Ms: percentile(lags, 99),
    maxMs: Math.max(...lags),
  };
}

export type Append = {
  readonly writers: number;
  readonly perSecond: number;
  readonly commitsPerSecond: number;
};

/** Events with no act around them, a transaction each, beside the smallest transaction there is. */
export async function appendRate(writers: number, seconds: number, rounds: number): Promise<Append> {
  await using db = await testDatabase();
  await db.query('create table bench_row (n int)');
  const rate = async (one: () => Promise<unknown>): Promise<number> => {
    const endMs = performance.now() + seconds * 1000;
    let done = 0;
    await Promise.all(
      Array.from({ length: writers }, async () => {
        for (; performance.now() < endMs; done++) await one();
      }),
    );
    return done / seconds;
  };
  const [events, commits]: [number[], number[]] = [[], []];
  for (let i = 0; i < rounds; i++) {
    commits.push(await rate(() => db.query('insert into bench_row values (1)', [], 'bench.row')));
    events.push(await rate(() => db.query(EVENT, [TENANT], 'bench.event')));
  }
  return { writers, perSecond: median(events), commitsPerSecond: median(commits) };
}

const EVENT = `insert into audit_event (tenant_id, what, actor, subject, details)
  values ($1, 'domain.added', 'admin:bench', 'a.example', '{"name":"a.example"}')`;

export type Verify = { readonly events: number; readonly seconds: number; readonly megabytes: number };

/** Makes an export of so many events and checks it as `gatehouse audit verify` does. */
export async function verifyRate(events: number, rounds: number): Promise<Verify> {
  using folder = tempDir('bench-export');
  const bytes = await writeExport(folder.path, events);
  const seconds: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const startedMs = performance.now();
    const done = await verifyExport({ folder: folder.path, policy: undefined, earlier: undefined });
    seconds.push((performance.now() - startedMs) / 1000);
    if (!done.ok || done.value.problems.length > 0 || done.value.entries !== events)
      throw new Error(`the export does not check: ${JSON.stringify(done)}`);
  }
  return { events, seconds: median(seconds), megabytes: bytes / 1e6 };
}

async function writeExport(folder: string, events: number): Promise<number> {
  const write = (name: string, content: Uint8Array | string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  };
  const tree = growTree(sha256);
  let bytes = 0;
  const rows: { level: number; hashes: Uint8Array[]; n: number }[] = [];
  const flush = (level: number): void => {
    const row = rows[level]!;
    const hashes = concat(row.hashes);
    write(tilePath({ level, n: row.n, width: row.hashes.length }), hashes);
    if (row.hashes.length < TILE_WIDTH) return;
    row.n++;
    row.hashes = [];
    push(level + 1, perfectRoot(sha256, hashes));
  };
  const push = (level: number, hash: Uint8Array): void => {
    const row = (rows[level] ??= { level, hashes: [], n: 0 });
    row.hashes.push(hash);
    if (row.hashes.length === TILE_WIDTH) flush(level);
  };
  for (let from = 0; from < events; from += TILE_WIDTH) {
    const entries = Array.from({ length: Math.min(TILE_WIDTH, events - from) }, (_, i) => eventAt(from + i));
    const bundle = encodeBundle(entries);
    bytes += bundle.length + entries.length * HASH_BYTES;
    write(tilePath({ level: 'entries', n: from / TILE_WIDTH, width: entries.length }), bundle);
    for (const entry of entries) {
      const hash = sha256(leafData(entry));
      tree.append(hash);
      push(0, hash);
    }
  }
  for (const row of rows) if (row.hashes.length > 0) flush(row.level);
  await writeHead(write, events, tree.root());
  return bytes;
}

async function writeHead(
  write: (name: string, content: string) => void,
  size: number,
  root: Uint8Array,
): Promise<void> {
  const origin = 'bench.example/audit';
  const keys = [await newSigningKey(origin, 'note'), await newSigningKey(origin, 'subtree')];
  const checkpoint = { origin, size, root, extensions: [] };
  const signatures = await Promise.all(keys.map((k) => signCheckpoint(k, checkpoint, 1)));
  const logs = keys.map((key) => ({ key, url: undefined }));
  write(FILES.checkpoint, formatNote({ text: formatCheckpoint(checkpoint), signatures }));
  write(FILES.policy, formatPolicy({ logs, witnesses: [], groups: [], quorum: 'none' }));
  const about = { format: 'gatehouse-audit-export/1', origin, tenant: TENANT, size, minimumIndex: 0 };
  write(FILES.about, JSON.stringify({ ...about, exportedAt: new Date(0).toISOString() }));
}

const SUBJECT = newId<'message'>();
const eventAt = (id: number): Uint8Array =>
  entryOf({
    tenant: TENANT,
    id,
    at: '2026-11-21T12:00:00.123456Z',
    what: 'delivery.delivered',
    actor: 'system:worker',
    subject: SUBJECT,
    details: '{"recipient": 1, "remote": "mx1.example.com", "reply": 250, "enhanced": "2.0.0"}',
  });
