import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstIdAt, idTime, newId, parseId } from './id.ts';

test('newId() is a version 7 UUID that carries its time and sorts by it', () => {
  const at = Date.UTC(2026, 10, 21, 12);
  const id = newId<'message'>(at);
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(idTime(id), at);
  assert.ok(newId(at + 1) > id);
  assert.ok(firstIdAt(at + 1) > id);
  assert.ok(firstIdAt(at - 1) < id);
  assert.equal(new Set(Array.from({ length: 5000 }, () => newId(at))).size, 5000);
});

test('parseId() takes only whole UUIDs', () => {
  const id = newId<'message'>();
  assert.equal(parseId(id.toUpperCase()), id);
  assert.equal(parseId(`${id}0`), undefined);
  assert.equal(parseId('x'), undefined);
});
