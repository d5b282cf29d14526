import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { have } from '#test/support/need.ts';
import { qrCode } from './qr.ts';

const LONG = 'otpauth://totp/Gatehouse:ann%40bank.example?issuer=Gatehouse&secret=JBSWY3DPEHPK3PXP'.repeat(4);
const SCALE = 6;
const QUIET = 4;

/** As a portable bitmap, enlarged and with a quiet zone. */
function bitmap(rows: readonly (readonly boolean[])[]): string {
  const size = (rows.length + 2 * QUIET) * SCALE;
  const lines = Array.from({ length: size }, (_, y) =>
    Array.from({ length: size }, (_, x) =>
      rows[Math.floor(y / SCALE) - QUIET]?.[Math.floor(x / SCALE) - QUIET] === true ? '1' : '0',
    ).join(' '),
  );
  return `P1\n${size} ${size}\n${lines.join('\n')}\n`;
}

test('a reader that is not ours reads every size of code; what is too long is refused', (t) => {
  assert.equal(qrCode('x'.repeat(288)), undefined);
  if (!have(t, 'zbarimg')) return;
  const folder = mkdtempSync(join(tmpdir(), 'qr-'));
  const file = join(folder, 'code.pbm');
  try {
    for (const length of [1, 14, 15, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287]) {
      const text = LONG.slice(0, length);
      const rows = qrCode(text);
      assert.ok(rows !== undefined);
      writeFileSync(file, bitmap(rows));
      const read = spawnSync('zbarimg', ['-q', '--raw', file], { encoding: 'utf8' });
      assert.equal(read.stdout.trimEnd(), text, `${length} bytes`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
