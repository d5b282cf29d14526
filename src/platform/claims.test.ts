import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { claimFolder, probePort } from './claims.ts';

test('claimFolder() refuses a folder that a living process has, and takes over from a dead one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-claim-'));
  const release = claimFolder(folder);
  release();
  writeFileSync(join(folder, 'gatehouse.pid'), `${process.ppid} \n`);
  assert.throws(
    () => claimFolder(folder),
    new RegExp(`in use by a gateway that runs already \\(process ${process.ppid}\\)`),
  );
  writeFileSync(join(folder, 'gatehouse.pid'), `${process.ppid} 1\n`); // the number was given to another process since
  claimFolder(folder)();
  writeFileSync(join(folder, 'gatehouse.pid'), '4194305 1\n');
  claimFolder(folder)();
  rmSync(folder, { recursive: true });
});

test('probePort() names the setting and the reason, also where the port is shared', async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen({ host: '127.0.0.1', port: 0, reusePort: true }, done));
  const { port } = server.address() as { port: number };
  await assert.rejects(
    probePort('listeners mx', '127.0.0.1', port),
    /listeners mx: 127\.0\.0\.1:\d+ is in use/,
  );
  await new Promise((done) => server.close(done));
  await probePort('listeners mx', '127.0.0.1', port);
  await assert.rejects(probePort('http', '192.0.2.1', 0), /http: 192\.0\.2\.1 is no address of this machine/);
});
