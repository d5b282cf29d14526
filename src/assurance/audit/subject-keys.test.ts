import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { toUtf8 } from '#core/bytes.ts';
import { checkLog, TENANT, testLog } from '#test/support/audit.ts';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { appendAudit, type AuditEvent } from './audit.ts';
import { readEntries } from './log.ts';
import { destroySubjectKey, openSubjectKeys, type SealedFields, sealedFieldsOf } from './subject-keys.ts';

after(stopTestDatabases);

const CANARY = 'Wilhelmina Canary';
const about = (person: string, name: string): AuditEvent => ({
  tenant: TENANT,
  what: 'person.changed',
  actor: 'admin:1',
  subject: person,
  details: { field: 'name' },
  personal: { about: person, values: { name } },
});

test('personal fields are noise without their key: erasure leaves every proof valid', async () => {
  await using db = await testDatabase();
  using log = await testLog(db);
  const people = openSubjectKeys(log.keys);
  await db
    .as('app')
    .asTenant(TENANT)
    .transact((tx) =>
      appendAudit(tx, [about('p-1', CANARY), about('p-1', 'again'), about('p-2', 'Hans')], people),
    );
  await log.catchUp();
  const before = await checkLog(db, TENANT);
  assert.ok(!before.some((e) => toUtf8(e.entry).includes(CANARY)), 'nothing of it is in the log');
  const [rows] = await db.query<{ n: number }>('select count(*)::int as n from subject_key');
  assert.equal(rows?.n, 2, 'one key for each person');
  const opened = async (index: number): Promise<unknown> => {
    const [entry] = await readEntries(db, TENANT, index, 1);
    const event = JSON.parse(toUtf8(entry!.entry)) as AuditEvent & { details: unknown };
    const fields = sealedFieldsOf(event.details);
    const place = { tenant: TENANT, what: event.what, actor: event.actor, subject: event.subject };
    const done = await people.open(db, place, fields!);
    return done.ok ? done.value : done.error;
  };
  assert.deepEqual(await opened(0), { name: CANARY });
  assert.ok(
    await db
      .as('app')
      .asTenant(TENANT)
      .transact((tx) => destroySubjectKey(tx, TENANT, 'p-1')),
  );
  assert.ok(
    !(await db
      .as('app')
      .asTenant(TENANT)
      .transact((tx) => destroySubjectKey(tx, TENANT, 'p-1'))),
    'only once',
  );
  assert.deepEqual(
    [await opened(0), await opened(1), await opened(2)],
    ['erased', 'erased', { name: 'Hans' }],
  );
  assert.deepEqual(await checkLog(db, TENANT), before, 'the log is what it was, and its proofs hold');
  await db
    .as('app')
    .asTenant(TENANT)
    .transact((tx) => appendAudit(tx, [about('p-1', 'new life')], people));
  await log.catchUp();
  assert.deepEqual([await opened(0), await opened(3)], ['erased', { name: 'new life' }]);
});

test('sealed fields open only in the event they were made for', async () => {
  await using db = await testDatabase();
  using log = await testLog(db);
  const people = openSubjectKeys(log.keys);
  const event = about('p-1', CANARY);
  const fields = await db
    .as('app')
    .asTenant(TENANT)
    .transact((tx) => people.seal(tx, event, event.personal!));
  const opens = async (place = event, f: SealedFields = fields): Promise<string> => {
    const done = await people.open(db, place, f);
    return done.ok ? 'open' : done.error;
  };
  assert.equal(await opens(), 'open');
  assert.equal(await opens({ ...event, subject: 'p-2' }), 'damaged');
  assert.equal(await opens({ ...event, actor: 'admin:2' }), 'damaged');
  assert.equal(await opens(event, { ...fields, ref: fields.key }), 'damaged');
  assert.equal(await opens(event, { ...fields, key: fields.ref }), 'damaged');
  assert.equal(await opens(event, { ...fields, sealed: 'AAAA' }), 'damaged');
  for (const details of [null, 1, {}, { personal: 1 }, { personal: { key: 1 } }])
    assert.equal(sealedFieldsOf(details), undefined);
});

test('personal fields are never written in the clear for want of keys', async () => {
  await using db = await testDatabase();
  await assert.rejects(
    db
      .as('app')
      .asTenant(TENANT)
      .transact((tx) => appendAudit(tx, [about('p-1', CANARY)])),
    { name: 'InvariantError' },
  );
  assert.deepEqual(await db.query('select 1 from audit_event'), []);
});
