import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';
import type { KeyStore } from '#assurance/keys/keys.ts';
import { fromUtf8 } from '#core/bytes.ts';
import { newId, type BlobId, type MessageId } from '#core/id.ts';
import { createCommitter } from '#mail/queue/commit.ts';
import { settle, type Settlement } from '#mail/queue/settle.ts';
import type { BlobStore } from '#platform/blob.ts';
import type { Database } from '#platform/db.ts';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { sampleEnvelope, sampleToCommit, TENANT } from '#test/support/messages.ts';
import { encodeEdits } from '../act/edits-codec.ts';
import { deleteHeld, releaseHeld } from '../quarantine/held.ts';
import type { Action } from '../verdict.ts';
import { verify, type Breach } from './verify.ts';

after(stopTestDatabases);

const BODY = fromUtf8('From: a@b\r\n\r\nhello\r\n');
const OLD_MS = Date.now() - 7_200_000;

/** Keys that wrap by naming what they are for. */
const keys: KeyStore = {
  newDataKey: (_tenant, context) => ({ key: new Uint8Array(32), wrapped: fromUtf8(context) }),
  unwrapDataKey: (_tenant, context, wrapped) => {
    if (!Buffer.from(wrapped).equals(Buffer.from(context))) throw new Error('wrong key');
    return new Uint8Array(32);
  },
  seal: (_t, _c, plain) => plain,
  open: (_t, _c, sealed) => sealed,
  mac: (_t, _c, bytes) => bytes,
  ensureTenant: () => Promise.resolve(),
};

type World = { readonly db: Database; readonly bodies: Map<BlobId, Uint8Array>; readonly blobs: BlobStore };

function world(db: Database): World {
  const bodies = new Map<BlobId, Uint8Array>();
  const blobs: BlobStore = {
    create: () => assert.fail('verify writes nothing'),
    read: async function* (id) {
      const body = bodies.get(id);
      if (body === undefined) throw new Error('no such body');
      yield body;
    },
    remove: () => assert.fail('verify removes nothing'),
    list: async function* () {
      for (const [id, body] of bodies) yield { id, bytes: body.length, modifiedMs: OLD_MS };
    },
  };
  return { db, bodies, blobs };
}

async function take(w: World, actions: readonly Action[]): Promise<MessageId> {
  const envelope = sampleEnvelope({
    recipients: actions.map((_a, n) => ({
      address: `p${n}@ours.example`,
      domain: 'ours.example',
      notify: undefined,
      orcpt: undefined,
    })),
  });
  const blob = envelope.id as string as BlobId; // a body is named as its message
  w.bodies.set(blob, BODY);
  const sample = sampleToCommit({
    envelope,
    blob,
    keyWrapped: fromUtf8(blob),
    size: BODY.length,
    sha256: createHash('sha256').update(BODY).digest('hex'),
    variants: [
      encodeEdits({ originalSize: BODY.length, prepend: new Uint8Array(0), removed: [], inserted: [] }),
    ],
  });
  const recipients = sample.verdict.recipients.map((r, n) => ({ ...r, action: actions[n] ?? 'accept' }));
  await createCommitter(w.db, newId()).commit({ ...sample, verdict: { ...sample.verdict, recipients } });
  return envelope.id;
}

async function deliver(
  w: World,
  message: MessageId,
  n: number,
  outcome: Settlement['outcome'],
  times = 1,
): Promise<void> {
  for (let i = 0; i < times; i++)
    await settle(w.db, [
      {
        tenant: TENANT,
        message,
        n,
        address: '',
        atMs: Date.now() + i,
        durationMs: 1,
        outcome,
        isExpired: false,
        nextAtMs: undefined,
        delayTold: false,
        stage: 'data',
        remoteHost: undefined,
        remoteIp: undefined,
        replyCode: 250,
        enhanced: undefined,
        replyText: '',
        tlsVersion: undefined,
        tlsCipher: undefined,
        security: 'none',
        securityDetail: '',
      },
    ]);
}

async function breaches(w: World): Promise<string[]> {
  const found: Breach[] = [];
  await verify({ db: w.db, blobs: w.blobs, keys, nowMs: Date.now(), onBreach: (b) => found.push(b) });
  return found.map((b) => b.kind).sort();
}

test('verify() finds nothing wrong with mail in every state', async () => {
  await using db = await testDatabase();
  const w = world(db);
  const id = await take(w, ['accept', 'tag', 'hold', 'hold', 'hold']);
  await deliver(w, id, 0, 'delivered');
  await deliver(w, id, 1, 'failed');
  const who = { tenant: TENANT, actor: 'admin:cli/test' } as const;
  await db.transact((tx) => releaseHeld(tx, who, id, 'p2@ours.example'));
  await db.transact((tx) => deleteHeld(tx, who, id, 'p3@ours.example'));
  const found: Breach[] = [];
  const counts = await verify({
    db,
    blobs: w.blobs,
    keys,
    nowMs: Date.now(),
    onBreach: (b) => found.push(b),
  });
  assert.deepEqual(found, []);
  assert.deepEqual(counts, {
    messages: 1,
    recipients: 5,
    queueRows: 1,
    bodies: 1,
    bodiesRead: 1,
    states: { delivered: 1, failed: 1, queued: 1, deleted: 1, held: 1 },
  });
});

const damages: readonly {
  readonly name: string;
  readonly damage: (w: World, id: MessageId) => Promise<unknown> | void;
  readonly expected: readonly string[];
}[] = [
  {
    name: 'a lost queue row',
    damage: (w) => w.db.query('delete from queue'),
    expected: ['queued-without-queue-row'],
  },
  { name: 'a lost body', damage: (w) => w.bodies.clear(), expected: ['body-missing'] },
  {
    name: 'a changed body',
    damage: (w) => w.bodies.forEach((_b, id) => w.bodies.set(id, fromUtf8('other'))),
    expected: ['body-changed'],
  },
  {
    name: 'a key of another body',
    damage: (w) => w.db.query(`update message set key_wrapped = 'x'`),
    expected: ['body-missing'],
  },
  {
    name: 'recipients that vanished',
    damage: (w) => w.db.query('delete from recipient'),
    expected: ['body-unneeded', 'no-recipient', 'queue-row-without-message', 'recipient-count'],
  },
  {
    name: 'a message that vanished',
    damage: (w) => w.db.query('delete from message'),
    expected: ['body-unneeded', 'queue-row-without-message'],
  },
  {
    name: 'a record that vanished',
    damage: (w) => w.db.query('delete from audit_event'),
    expected: ['no-audit'],
  },
  {
    name: 'a delivery nobody made',
    damage: async (w) => {
      await w.db.query(`update recipient set state = 'delivered'`);
    },
    expected: ['body-unneeded', 'ended-without-record', 'queue-row-without-queued'],
  },
  {
    name: 'a second delivery',
    damage: async (w, id) => await deliver(w, id, 0, 'delivered', 2),
    expected: ['body-unneeded', 'delivered-twice'],
  },
  {
    name: 'broken edits',
    damage: (w) => w.db.query(`update message set edits = array['\\x0102'::bytea]`),
    expected: ['edits'],
  },
  {
    name: 'a missing variant',
    damage: (w) => w.db.query(`update message set edits = '{}'`),
    expected: ['edits'],
  },
  {
    name: 'a body nobody knows',
    damage: (w) => void w.bodies.set(newId<'blob'>(), BODY),
    expected: ['body-unneeded'],
  },
];
for (const { name, damage, expected } of damages)
  test(`verify() finds ${name}`, async () => {
    await using db = await testDatabase();
    const w = world(db);
    const id = await take(w, ['accept']);
    assert.deepEqual(await breaches(w), []);
    await damage(w, id);
    assert.deepEqual(await breaches(w), expected);
  });
