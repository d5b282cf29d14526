import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { until } from '#test/support/until.ts';
import { JOB_CHANNEL, jobSoon, type PeriodicJob, retryAfterMs, startJobs } from './jobs.ts';
import { listen } from './listen.ts';
import { silentLog } from './log.ts';

after(stopTestDatabases);

const job = (name: string, everyMs: number, run: PeriodicJob['run']): PeriodicJob => ({ name, everyMs, run });

test('a job of two supervisors runs once in its time, and never beside itself', async () => {
  await using db = await testDatabase();
  let [runs, inside, most] = [0, 0, 0];
  const slow = job('slow', 300, async () => {
    most = Math.max(most, ++inside);
    await sleep(100);
    inside--;
    runs++;
    return undefined;
  });
  const startedMs = performance.now();
  {
    await using _one = startJobs(db, silentLog, [slow]);
    await using _two = startJobs(db, silentLog, [slow]);
    await until('three runs', () => runs >= 3);
  }
  assert.equal(most, 1);
  assert.ok(performance.now() - startedMs > 600, 'two pauses lie between three runs');
  const seen = runs;
  await sleep(400);
  assert.equal(runs, seen, 'nothing runs after the end');
});

test('a failing job is written down, comes again later, and harms no other', async () => {
  await using db = await testDatabase();
  let good = 0;
  await using _jobs = startJobs(db, silentLog, [
    job('bad', 10, () => Promise.reject(new Error('no luck'))),
    job('good', 20, () => Promise.resolve({ n: ++good })),
  ]);
  await until('runs of the good one', () => good > 2);
  const row = await until('the failure', async () => {
    const [r] = await db.query<{ failures: number; last_error: string; wait: number }>(
      `select failures, last_error, round(extract(epoch from next_at - ended_at))::int as wait from periodic_job
       where name = 'bad' and ended_at is not null`,
    );
    return r;
  });
  assert.deepEqual(row, { failures: 1, last_error: 'Error: no luck', wait: 30 });
});

test('retryAfterMs() doubles up to an hour', () =>
  assert.deepEqual(
    [1, 2, 3, 8, 9, 1000].map(retryAfterMs),
    [30_000, 60_000, 120_000, 3_600_000, 3_600_000, 3_600_000],
  ));

test('a job that is not due waits, and runs when it is wanted', async () => {
  await using db = await testDatabase();
  await db.query(`insert into periodic_job (name, next_at) values ('later', now() + interval '1 day')`);
  let runs = 0;
  await using jobs = startJobs(db, silentLog, [job('later', 86_400_000, async () => void runs++)]);
  await sleep(200);
  assert.equal(runs, 0);
  jobs.wake('later');
  await until('the wanted run', () => runs === 1);
  jobs.wake('nobody'); // a name that is none changes nothing
});

test('jobSoon() has whoever runs jobs run one now, and says what became of it', async () => {
  await using db = await testDatabase();
  assert.equal(await jobSoon(db, 'asked', 300), undefined, 'nobody runs jobs');
  let luck = true;
  await using jobs = startJobs(db, silentLog, [
    job('asked', 86_400_000, () => (luck ? Promise.resolve(undefined) : Promise.reject(new Error('no')))),
  ]);
  await using _listening = await listen(db, silentLog, { [JOB_CHANNEL]: jobs.wake });
  await until(
    'the first run',
    async () => (await db.query('select 1 from periodic_job where ended_at is not null')).length > 0,
  );
  assert.equal(await jobSoon(db, 'asked', 5_000), true);
  luck = false;
  assert.equal(await jobSoon(db, 'asked', 5_000), false);
});

test('listen() hears, and tells everything once after its connection broke', async () => {
  await using db = await testDatabase();
  const heard: string[] = [];
  await using _listening = await listen(db, silentLog, {
    queue: () => void heard.push('queue'),
    dkim: () => void heard.push('dkim'),
  });
  heard.length = 0;
  await db.query(`select pg_notify('dkim', '')`);
  await until('the word', () => heard.includes('dkim'));
  assert.deepEqual(heard, ['dkim']);
  await db.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen %' and pid <> pg_backend_pid()`,
  );
  await until('the new connection', () => heard.length === 3);
  await db.query(`select pg_notify('queue', '')`);
  await until('the word on it', () => heard.length === 4);
});
