import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1 } from '#core/bytes.ts';
import { readMessage } from './offline.ts';
import { otherReadings } from './other-readings.ts';

const HEAD = 'From: a@x.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n';
const MB = 1024 * 1024;

/** The longest time that nothing else could run while `work` did. */
async function longestTurn(work: Promise<unknown>): Promise<number> {
  let worstMs = 0;
  let lastMs = performance.now();
  let isDone = false;
  const watch = (): void => {
    const nowMs = performance.now();
    worstMs = Math.max(worstMs, nowMs - lastMs);
    lastMs = nowMs;
    if (!isDone) setImmediate(watch);
  };
  setImmediate(watch);
  await work;
  isDone = true;
  return worstMs;
}

test('a large ambiguous message is read again in small turns, and not without end', async () => {
  for (const line of ['--x\r\n', '--bx\r\n', '\r--b', '--x\r\nContent-Type: text/html\r\n']) {
    const message = readMessage(fromLatin1(HEAD + line.repeat((15 * MB) / line.length)));
    const startedMs = performance.now();
    let isCut: boolean | undefined;
    const worstMs = await longestTurn(otherReadings(message).then((o) => (isCut = o.isCut)));
    const tookMs = performance.now() - startedMs;
    assert.equal(isCut, true, 'more readings than may be tried');
    assert.ok(worstMs < 250, `${JSON.stringify(line)}: one turn of ${worstMs} ms`);
    assert.ok(tookMs < 6_000, `${JSON.stringify(line)}: ${tookMs} ms`);
  }
});

test('a message above the budget is not read again, and that is said', async () => {
  const line = '--x\r\n';
  const message = readMessage(fromLatin1(HEAD + line.repeat((17 * MB) / line.length)));
  const startedMs = performance.now();
  assert.deepEqual(await otherReadings(message), { parts: [], isCut: true });
  assert.ok(performance.now() - startedMs < 100);
});

test('what only other programs show is found, also by a reader that pauses', async () => {
  const hidden =
    '--b\r\n\r\ntext\r\n--b--\r\n--b\r\nContent-Disposition: attachment; filename=a.exe\r\n\r\nMZ\r\n';
  const message = readMessage(fromLatin1(HEAD + 'padding\r\n'.repeat(100_000) + hidden));
  const { parts, isCut } = await otherReadings(message);
  assert.equal(isCut, false);
  assert.deepEqual([...new Set(parts.flatMap((p) => p.part.names))], ['a.exe']);
});
