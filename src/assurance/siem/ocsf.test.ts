import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromUtf8 } from '#core/bytes.ts';
import { classOf, ocsfEvent } from './ocsf.ts';
import { entryRecord } from './record.ts';

test('classOf() finds class and activity by the event’s words', () => {
  for (const [what, classUid, activityId] of [
    ['sign-in.failed', 3002, 1],
    ['sign-in.oidc-failed', 3002, 1],
    ['session.started', 3002, 1],
    ['session.ended', 3002, 2],
    ['session.expired', 3002, 2],
    ['person.added', 3001, 1],
    ['person.suspended', 3001, 5],
    ['person.left', 3001, 6],
    ['account.password-set', 3001, 3],
    ['account.passkey-added', 3001, 10],
    ['account.totp-removed', 3001, 11],
    ['account.factors-dropped', 3001, 11],
    ['api-key.created', 3001, 1],
    ['grant.given', 3005, 1],
    ['grant.revoked', 3005, 2],
    ['group.member-added', 3006, 3],
    ['domain.added', 3004, 1],
    ['break-glass.taken', 3003, 1],
    ['message.accepted', 4009, 2],
    ['held.released', 4009, 1],
    ['access.refused', 6003, 99],
    ['queue.retried', 6003, 3],
    ['never.heard-of', 6003, 99],
  ] as const)
    assert.deepEqual(classOf(what), { classUid, activityId }, what);
});

test('ocsfEvent() keeps the place in the log, the actor and the leaf', () => {
  const leaf = JSON.stringify({
    tenant: 't',
    event: 5,
    at: '2026-11-21T20:00:00.5Z',
    what: 'access.refused',
    actor: 'employee:p1',
    subject: 'GET /x',
    details: { permission: 'a.read' },
  });
  const event = ocsfEvent(entryRecord('gate.example/audit', 7, fromUtf8(leaf)), 'gate.example', '1');
  const { metadata, ...rest } = event;
  assert.deepEqual(metadata, {
    version: '1.3.0',
    product: { name: 'Gatehouse', vendor_name: 'Gatehouse', version: '1' },
    log_name: 'gate.example/audit',
    log_provider: 'gate.example',
    uid: 'gate.example/audit#7',
    sequence: 7,
    event_code: 'access.refused',
    tenant_uid: 't',
  });
  assert.deepEqual(rest, {
    category_uid: 6,
    class_uid: 6003,
    activity_id: 99,
    type_uid: 600399,
    severity_id: 4,
    time: Date.parse('2026-11-21T20:00:00.5Z'),
    status_id: 2,
    actor: { user: { uid: 'p1', type_id: 1, type: 'employee' } },
    api: { operation: 'access.refused' },
    src_endpoint: { name: 'gatehouse', ip: undefined },
    resources: [{ uid: 'GET /x' }],
    unmapped: { index: 7, subject: 'GET /x', details: { permission: 'a.read' } },
    raw_data: leaf,
  });
});

test('entryRecord() refuses bytes that are no event instead of passing over them', () => {
  assert.throws(() => entryRecord('o', 1, fromUtf8('{"v":1}')), { name: 'InvariantError' });
});
