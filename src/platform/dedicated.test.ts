/** Connections of one's own, when the server behind them stands still without a word. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { stall } from '#test/support/stall.ts';
import { until } from '#test/support/until.ts';
import { openDatabase } from './db.ts';
import { listen } from './listen.ts';
import { silentLog } from './log.ts';

after(stopTestDatabases);

test('a connection whose server says nothing any more is cut, its owner told, and listening begins anew', async () => {
  await using direct = await testDatabase();
  await using db = openDatabase({
    url: direct.url,
    maxConnections: 2,
    statementTimeoutMs: 300,
    applicationName: 'dedicated',
    watchMs: 200,
  });
  const client = await db.dedicated();
  let isEnded = false;
  client.once('end', () => (isEnded = true));
  // Questions asked at once are answered in turn, also between those of the watch.
  for (let round = 0; round < 20; round++) {
    const answers = await Promise.all(
      [1, 2, 3].map((i) => client.query('select $1::int as i, pg_sleep(0.01)', [i])),
    );
    assert.deepEqual(
      answers.map((a) => a.rows[0]?.i),
      [1, 2, 3],
    );
  }
  const heard: string[] = [];
  await using _listening = await listen(db, silentLog, { news: (payload) => heard.push(payload) });
  const tell = async (text: string): Promise<void> =>
    void (await direct.query(`select pg_notify('news', $1)`, [text]));
  await tell('one');
  await until('word', () => heard.includes('one'));
  assert.equal(isEnded, false);
  const go = await stall(direct);
  try {
    await until('the silence to be noticed', () => isEnded, 5_000, 20);
    await assert.rejects(client.query('select 1'));
    await client.end();
  } finally {
    go();
  }
  await until('word again', async () => {
    await tell('two');
    return heard.includes('two');
  });
});
