import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { after, test } from 'node:test';
import { openFileKeys } from '#assurance/keys/file-keys.ts';
import { fromUtf8 } from '#core/bytes.ts';
import { newId, type BlobId } from '#core/id.ts';
import { encodeEdits } from '#mail/act/edits-codec.ts';
import { createCommitter } from '#mail/queue/commit.ts';
import { openBlobDirectory } from '#platform/blob-directory.ts';
import { type Database, openDatabase } from '#platform/db.ts';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { sampleEnvelope, sampleToCommit, TENANT } from '#test/support/messages.ts';
import { tempDir, type TempDir } from '#test/support/temp-dir.ts';
import type { CliContext, Stores } from './context.ts';
import { run as explain } from './explain.ts';
import { run as held } from './held.ts';
import { run as search } from './search.ts';
import { run as verify } from './verify.ts';

after(stopTestDatabases);

const BODY = fromUtf8('From: a@b\r\nSubject: Hello\r\n\r\nhello\r\n');

type Ran = { readonly code: number; readonly out: string; readonly err: string };
type World = {
  readonly folder: TempDir;
  readonly stores: Stores;
  readonly call: (command: typeof held, ...args: string[]) => Promise<Ran>;
};

/** A real database, real keys, real bodies; commands get connections of their own, as they dispose them. */
async function withWorld(body: (world: World) => Promise<void>): Promise<void> {
  using folder = tempDir('cli');
  await using db = await testDatabase();
  const keys = await openFileKeys(folder.in('keys'), db);
  await keys.ensureTenant(TENANT);
  const blobs = await openBlobDirectory(folder.in('blobs'));
  const open = () =>
    openDatabase({ url: db.url, maxConnections: 2, statementTimeoutMs: 30_000, applicationName: 'test' });
  const storesOf = (own: Database): Stores => ({
    db: own,
    system: own,
    keys,
    blobs,
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
  });
  const call: World['call'] = async (command, ...args) => {
    let out = '';
    let err = '';
    const context: CliContext = {
      stdout: (text) => (out += text),
      stderr: (text) => (err += text),
      openDatabase: () => Promise.resolve(open()),
      openStores: () => Promise.resolve(storesOf(open())),
      globals: {},
    };
    return { code: await command(args, context), out, err };
  };
  await body({ folder, stores: storesOf(db), call });
}

async function hold({ stores }: World): Promise<string> {
  const envelope = sampleEnvelope();
  const blob = envelope.id as string as BlobId; // a body is named as its message
  const { key, wrapped } = stores.keys.newDataKey(TENANT, blob);
  const writer = stores.blobs.create(blob, key);
  await writer.write(BODY);
  await writer.commit();
  const sample = sampleToCommit({
    envelope,
    blob,
    keyWrapped: wrapped,
    size: BODY.length,
    sha256: createHash('sha256').update(BODY).digest('hex'),
    variants: [
      encodeEdits({ originalSize: BODY.length, prepend: new Uint8Array(0), removed: [], inserted: [] }),
    ],
  });
  const recipients = sample.verdict.recipients.map((r) => ({ ...r, action: 'hold' as const }));
  await createCommitter(stores.db, newId()).commit({ ...sample, verdict: { ...sample.verdict, recipients } });
  return envelope.id;
}

test('held, search, explain and verify work on an installation', async () => {
  await withWorld(async (world) => {
    const { call, folder, stores } = world;
    const id = await hold(world);
    const listed = await call(held, 'list');
    assert.equal(listed.code, 0);
    assert.ok(listed.out.includes(`${id}/0`), listed.out);
    assert.equal((await call(held, 'show', id, '--lang', 'de')).code, 0);
    const file = folder.in('saved.eml');
    assert.equal((await call(held, 'show', id, '--save', file)).code, 0);
    assert.deepEqual(new Uint8Array(readFileSync(file)), BODY);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const again = await call(held, 'show', id, '--save', file);
    assert.deepEqual([again.code, /EEXIST/.test(again.err)], [2, true]);
    const reads = await stores.db.query(`select 1 from audit_event where what = 'held.content-read'`);
    assert.equal(reads.length, 2);

    assert.match((await call(search, '--recipient', 'bob@ours.example')).out, new RegExp(id));
    assert.equal((await call(search, '--subject', 'nothing like it')).code, 1);
    assert.match((await call(explain, id)).out, /Held by policy test/);
    assert.match(
      (await call(verify)).out,
      /1 messages for 1 recipients \(1 held\), 0 queue rows, 1 bodies .*: all is as promised/,
    );

    const released = await call(held, 'release', `${id}/0`, '--recipient', 'BOB@ours.example');
    assert.deepEqual([released.code, released.out], [0, 'released for bob@ours.example\n']);
    assert.equal((await call(held, 'release', id)).code, 1);
    assert.equal((await call(held, 'delete', id)).code, 1);
    assert.equal((await call(verify)).code, 0);

    await stores.blobs.remove(id as BlobId); // as above
    const broken = await call(verify, '--json');
    assert.equal(broken.code, 1);
    assert.match(broken.out, /"kind":"body-missing"/);
  });
});

test('what was put off with 451 is told apart from what was refused', async () => {
  await withWorld(async ({ call, stores }) => {
    assert.equal((await call(held, 'list')).out, 'Nothing is held.\n');
    assert.equal((await call(search)).out, 'No message fits.\n');
    const sample = sampleToCommit();
    const verdicts = (action: 'defer' | 'reject') => sample.verdict.recipients.map((r) => ({ ...r, action }));
    const committer = createCommitter(stores.db, newId());
    for (const [answer, state, story] of [
      ['defer', 'deferred', /put off in the dialogue/],
      ['reject', 'refused', /refused in the dialogue/],
    ] as const) {
      const envelope = sampleEnvelope();
      const verdict = { ...sample.verdict, answer, recipients: verdicts(answer) };
      await committer.commit({
        ...sample,
        envelope,
        verdict,
      });
      assert.match((await call(search, '--id', envelope.id)).out, new RegExp(`bob@ours\\.example ${state}`));
      assert.match((await call(explain, envelope.id)).out, story);
    }
  });
});

const wrong: readonly (readonly [typeof held, readonly string[], RegExp])[] = [
  [held, [], /VERB/],
  [held, ['release'], /ID is missing/],
  [held, ['release', 'x'], /"x" is no message id/],
  [held, ['list', '--limit', '0'], /--limit must be/],
  [held, ['show', newId<'message'>(), '--lang', 'fr'], /--lang must be/],
  [explain, ['x'], /"x" is no message id/],
  [
    search,
    ['--from', 'yesterday', '--verdict', 'maybe', '--sender', '@x'],
    /--sender[^]*--from[^]*--verdict/,
  ],
  [verify, ['now'], /one argument too many/],
];
for (const [command, args, complaint] of wrong)
  test(`bad usage: ${JSON.stringify(args)}`, async () => {
    let err = '';
    const fail = (): never => assert.fail('opened something');
    const context: CliContext = {
      stdout: () => {},
      stderr: (t) => (err += t),
      openDatabase: fail,
      openStores: fail,
      globals: {},
    };
    assert.equal(await command(args, context), 2);
    assert.match(err, complaint);
  });
