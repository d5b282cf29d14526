import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { describeFields } from './describe.ts';

const root = join(import.meta.dirname, '../../..');

test('describeFields() finds type, default and help under any wrapping', () => {
  const schema = z.strictObject({
    http: z
      .strictObject({ port: z.int().min(0).max(9).default(3).describe('The port.') })
      .prefault({})
      .describe('HTTP.'),
    all: z
      .array(z.strictObject({ name: z.string() }))
      .default([])
      .describe('Many.'),
  });
  assert.deepEqual(
    describeFields(schema).map((f) => [f.path, f.type, f.preset, f.required, f.help]),
    [
      ['http', 'group', undefined, false, 'HTTP.'],
      ['http.port', 'number 0–9', '3', false, 'The port.'],
      ['all', 'list of groups', '[]', false, 'Many.'],
      ['all[].name', 'text', undefined, true, ''],
    ],
  );
});

test('config.example.yaml and docs/operations/configuration.md are current', () => {
  const done = spawnSync(process.execPath, ['tools/make-config-docs.ts', '--check'], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.equal(done.status, 0, done.stderr);
});
