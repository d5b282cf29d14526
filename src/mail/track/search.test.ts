import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { newId, type MessageId } from '#core/id.ts';
import { createCommitter } from '#mail/queue/commit.ts';
import type { Database } from '#platform/db.ts';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { sampleEnvelope, sampleToCommit, TENANT } from '#test/support/messages.ts';
import { searchMessages, type Search } from './search.ts';

after(stopTestDatabases);

const T0 = Date.UTC(2026, 0, 1);

async function fill(db: Database): Promise<ReadonlyMap<MessageId, number>> {
  const committer = createCommitter(db, newId());
  const numbers = new Map<MessageId, number>();
  for (let i = 0; i < 12; i++) {
    const receivedAtMs = T0 + i * 3_600_000;
    const recipients = [`r${i % 3}@ours.example`, 'all@ours.example'].map((address) => ({
      address,
      domain: 'ours.example',
      notify: undefined,
      orcpt: undefined,
    }));
    const envelope = sampleEnvelope({
      id: newId<'message'>(receivedAtMs),
      receivedAtMs,
      mailFrom: i % 2 === 0 ? 'Even@sender.example' : '',
      recipients,
    });
    const sample = sampleToCommit({
      envelope,
      headerFrom: i === 3 ? 'even@SENDER.example' : `h${i}@sender.example`,
      subject: i % 4 === 0 ? `Rechnung Nr ${i} fällig` : `Hello ${i}`,
      messageIdHeader: `<${i}@sender.example>`,
    });
    const action = i % 5 === 0 ? 'hold' : 'accept';
    const verdict = {
      ...sample.verdict,
      recipients: sample.verdict.recipients.map((r) => ({ ...r, action }) as const),
    };
    await committer.commit({ ...sample, verdict });
    numbers.set(envelope.id, i);
  }
  return numbers;
}

test('searchMessages() finds by every question, alone and together, newest first', async () => {
  await using db = await testDatabase();
  const app = db.as('app').asTenant(TENANT);
  const numbers = await fill(db);
  const third = [...numbers].find(([, i]) => i === 3)?.[0];
  const cases: readonly { readonly search: Omit<Search, 'limit'>; readonly expected: readonly number[] }[] = [
    { search: {}, expected: [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0] },
    { search: { sender: 'EVEN@sender.example' }, expected: [10, 8, 6, 4, 3, 2, 0] },
    { search: { sender: 'h5@sender.example' }, expected: [5] },
    { search: { recipient: 'R1@ours.example' }, expected: [10, 7, 4, 1] },
    { search: { recipient: '@ours.example', subject: 'rechnung' }, expected: [8, 4, 0] },
    { search: { recipient: 'r1@ours.example', sender: 'even@sender.example' }, expected: [10, 4] },
    { search: { subject: 'Fällig rechnung 8' }, expected: [8] },
    { search: { messageId: '7@sender.example' }, expected: [7] },
    { search: { messageId: '<7@sender.example>', recipient: 'r0@ours.example' }, expected: [] },
    { search: { verdict: 'hold' }, expected: [10, 5, 0] },
    { search: { verdict: 'accept', recipient: 'r0@ours.example' }, expected: [9, 6, 3] },
    { search: { fromMs: T0 + 2 * 3_600_000, untilMs: T0 + 5 * 3_600_000 }, expected: [4, 3, 2] },
    { search: { id: third }, expected: [3] },
    { search: { id: third, sender: 'nobody@sender.example' }, expected: [] },
    { search: { sender: "'; drop table message --" }, expected: [] },
  ];
  for (const { search, expected } of cases) {
    const { items, next } = await searchMessages(app, TENANT, { ...search, limit: 100 });
    assert.deepEqual(
      items.map((i) => numbers.get(i.id)),
      expected,
      JSON.stringify(search),
    );
    assert.equal(next, undefined);
    // The same in pages of two.
    const paged: (number | undefined)[] = [];
    let at: MessageId | undefined;
    for (let page = 0; page < 10; page++) {
      const got = await searchMessages(app, TENANT, { ...search, limit: 2, after: at });
      paged.push(...got.items.map((i) => numbers.get(i.id)));
      at = got.next;
      if (at === undefined) break;
    }
    assert.deepEqual(paged, expected, `paged ${JSON.stringify(search)}`);
  }
  const { items } = await searchMessages(app, TENANT, { limit: 1 });
  assert.deepEqual(items[0]?.recipients, [
    { address: 'r2@ours.example', state: 'queued' },
    { address: 'all@ours.example', state: 'queued' },
  ]);
  assert.deepEqual((await searchMessages(app, newId<'tenant'>(), { limit: 5 })).items, []);
});
