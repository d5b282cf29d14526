import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TransientError } from '#core/errors.ts';
import { openLog, type LogOptions } from './log.ts';

function capture(options: Partial<LogOptions> = {}): {
  lines: string[];
  log: ReturnType<typeof openLog>;
} {
  const lines: string[] = [];
  const log = openLog({ readable: false, destination: { write: (line) => lines.push(line) }, ...options });
  return { lines, log };
}

test('each event is one JSON line with its name, level and fields', () => {
  const { lines, log } = capture();
  log.child({ listener: 'mx' }).info('client connected', { ip: '192.0.2.1' });
  assert.equal(lines.length, 1);
  const entry = JSON.parse(lines[0]!);
  assert.equal(entry.what, 'client connected');
  assert.equal(entry.listener, 'mx');
  assert.equal(entry.ip, '192.0.2.1');
  assert.match(entry.time, /^\d{4}-\d\d-\d\dT.*Z$/);
});

test('secrets are struck out at every depth, errors print their chain, bytes only their length', () => {
  const { lines, log } = capture();
  const error = new TransientError('no database', { cause: new Error('refused') });
  log.error('failed', {
    password: 'hunter2',
    ldap: { bindPassword: 'hunter2', list: [{ token: 'hunter2' }] },
    error,
    body: new Uint8Array(5),
  });
  assert.doesNotMatch(lines[0]!, /hunter2/);
  const entry = JSON.parse(lines[0]!);
  assert.equal(entry.error, 'TransientError: no database ← Error: refused');
  assert.equal(entry.body, '[5 bytes]');
});

test('the readable form is one line per event, whatever the fields contain', () => {
  const { lines, log } = capture({ readable: true });
  log.warn('odd\nname', { helo: 'a b\r\nERROR forged', n: 3 });
  assert.equal(lines.length, 1);
  assert.match(lines[0]!, /^\d\d:\d\d:\d\d WARN {2}odd\ufffdname {2}helo="a b\\r\\nERROR forged" n=3\n$/);
});

test('events below the level are not written', () => {
  const { lines, log } = capture({ level: 'warn' });
  log.info('quiet');
  log.error('loud');
  assert.equal(lines.length, 1);
});
