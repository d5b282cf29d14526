/** The disk of the bodies is full: 4yz, no crash, nothing half-taken; with room again it goes on. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { must, run } from '#test/support/child.ts';
import { startGateway, type Gateway } from '#test/support/gateway.ts';
import { startFaultyHop } from '#test/support/faulty-hop.ts';
import { have } from '#test/support/need.ts';
import { type Reply, sendMail, smtpClient } from '#test/support/smtp-client.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { until } from '#test/support/until.ts';
import { letter } from '#test/support/world.ts';
import { TRY_DOMAIN } from '../../src/try-zone.ts';

const FROM = `a@good.${TRY_DOMAIN}`;
const PIECE = `${'x'.repeat(76)}\r\n`;

async function send(gateway: Gateway, subject: string, bytes: number): Promise<Reply | undefined> {
  try {
    using client = await smtpClient(gateway.ports.mx, { timeoutMs: 60_000 });
    const data = letter({ subject, from: FROM, body: PIECE.repeat(Math.ceil(bytes / PIECE.length)) });
    return await sendMail(client, { from: FROM, to: ['bob@here.example'], data });
  } catch {
    return undefined; // the connection broke: the sender keeps its mail
  }
}

type Disk = { readonly path: string; readonly [Symbol.dispose]: () => void };

/**
 * A file system of its own, on a file or (where no loop device may be had) in memory; the data folder, database and bodies
 * alike, lives there. Undefined where neither may be mounted.
 */
function smallDisk(folder: string, megabytes: number): Disk | undefined {
  const image = `${folder}/disk.img`;
  const path = `${folder}/disk`;
  mkdirSync(path);
  must(['truncate', '-s', `${megabytes}M`, image]);
  must(['mkfs.ext4', '-q', '-F', '-m', '0', image]);
  const isMounted =
    run(['mount', '-o', 'loop', image, path]).code === 0 ||
    run(['mount', '-t', 'tmpfs', '-o', `size=${megabytes}M`, 'tmpfs', path]).code === 0;
  if (!isMounted) return undefined;
  chmodSync(path, 0o755);
  return { path, [Symbol.dispose]: () => void run(['umount', '-l', path]) };
}

test('a full disk refuses for now, loses nothing and takes mail again when there is room', async (t) => {
  if (!have(t, 'root', 'mkfs.ext4', 'mount', 'truncate')) return;
  using temp = tempDir('full');
  using disk = smallDisk(temp.path, 400);
  if (disk === undefined) {
    console.error(`SKIPPED "${t.name}": nothing may be mounted here`);
    t.skip('nothing may be mounted here');
    return;
  }
  await using hop = await startFaultyHop();
  await using gateway = await startGateway({
    listeners: ['mx'],
    dataIn: `${disk.path}/data`,
    config: { delivery: { retryWaitsS: [1] } },
  });
  await gateway.does(
    'domain',
    'add',
    'here.example',
    '--next-hop',
    `127.0.0.1:${hop.port}`,
    '--tls',
    'none',
    '--recipients',
    'any',
  );
  await until('the first message', async () => (await send(gateway, 'before', 100))?.code === 250);
  hop.misbehave({ stage: 'connect', how: 'drop' });
  // All but a little is taken, so that the bodies hit the wall while the database still has its last pages.
  const free = Number(must(['df', '--output=avail', '-B1', disk.path]).stdout.trim().split('\n')[1]);
  writeFileSync(`${disk.path}/ballast`, '');
  must(['fallocate', '-l', String(Math.max(0, free - 24 * 1024 * 1024)), `${disk.path}/ballast`]);

  const promised: string[] = [];
  const refusals: (Reply | undefined)[] = [];
  for (let i = 0; i < 30 && refusals.length < 5; i++) {
    const reply = await send(gateway, `full ${i}`, 3_000_000);
    if (reply?.code === 250) promised.push(`full ${i}`);
    else refusals.push(reply);
  }
  assert.ok(promised.length > 0, 'some fitted');
  assert.equal(refusals.length, 5, 'the disk was full in the end');
  for (const r of refusals)
    assert.ok(r === undefined || (r.code >= 400 && r.code < 500), `never a permanent refusal: ${r?.text}`);

  rmSync(`${disk.path}/ballast`);
  hop.misbehave(undefined);
  const isBack = await until(
    'service with room again',
    async () => (await send(gateway, 'after', 1_000))?.code === 250,
    30_000,
    1_000,
  ).catch(() => false);
  if (!isBack) {
    // PostgreSQL itself stops when it cannot write its log; a restart is then what an operator would do, too.
    await gateway.kill9();
    await gateway.start();
    await until(
      'service after a restart',
      async () => (await send(gateway, 'after', 1_000))?.code === 250,
      30_000,
      1_000,
    );
  }
  const has = (subject: string): boolean => hop.taken().some((m) => m.includes(`Subject: ${subject}\r\n`));
  await until('everything promised', () => promised.every(has) && has('after'), 60_000, 200);
  await gateway.verify();
});
