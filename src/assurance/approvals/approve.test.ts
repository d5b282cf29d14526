import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { DEFAULT_TENANT, type Id, type TenantId } from '#core/id.ts';
import { ok, type Result } from '#core/result.ts';
import type { Database, Transaction } from '#platform/db.ts';
import { stopTestDatabases, testDatabase, type TestDatabase } from '#test/support/database.ts';
import { addGroupOf, addPersonWith } from '#test/support/people.ts';
import { permissionsOf } from '../access/permissions.ts';
import type { Refusal } from '../access/refusal.ts';
import { RIGHTS } from '../access/roles.ts';
import { askAccess, carryOut } from './access-request.ts';
import { approve, execute, listAnswers, refuse, withdraw } from './approve.ts';
import { type Demand, findDemand, makeDemand } from './demand.ts';
import { setRule } from './rules.ts';

after(stopTestDatabases);

const NOW = Date.UTC(2026, 10, 21);
const HOUR = 3_600_000;
const tenant = DEFAULT_TENANT;
const by = 'admin:test' as const;
type PersonId = Id<'person'>;
type World = {
  readonly owner: TestDatabase;
  readonly db: Database;
  readonly asker: PersonId;
  readonly ann: PersonId;
  readonly bob: PersonId;
  readonly stranger: PersonId;
};

async function world(body: (w: World) => Promise<void>): Promise<void> {
  await using owner = await testDatabase();
  const admin = () => addPersonWith(owner, tenant, 'tenant-admin', NOW);
  const [asker, ann, bob] = [await admin(), await admin(), await admin()];
  const stranger = await addPersonWith(owner, tenant, 'helpdesk', NOW);
  await addGroupOf(owner, tenant, 'security', [asker, ann]);
  await body({ owner, db: owner.as('app').asTenant(tenant), asker, ann, bob, stranger });
}

/** As the API does it: a refusal undoes everything. */
class Undone extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.text);
    this.refusal = refusal;
  }
}
async function act<T>(
  db: Database,
  fn: (tx: Transaction) => Promise<Result<T, Refusal>>,
): Promise<Result<T, Refusal>> {
  try {
    return await db.transact(async (tx) => {
      const done = await fn(tx);
      if (!done.ok) throw new Undone(done.error);
      return done;
    });
  } catch (error) {
    if (error instanceof Undone) return { ok: false, error: error.refusal };
    throw error;
  }
}

async function demandOf(w: World, approval: string): Promise<Demand> {
  const made = await act(w.db, (tx) =>
    makeDemand(tx, {
      tenant,
      act: 'domain.remove',
      subject: 'example.org',
      details: { path: '/domains/example.org', n: [1, 2] },
      approval,
      requester: w.asker,
      reason: 'it moved',
      ticket: 'T-1',
      expiresAtMs: NOW + HOUR / 2,
      nowMs: NOW,
      by,
    }),
  );
  assert.ok(made.ok);
  return made.value;
}

const step = { method: 'step-up' } as const;
const word = (d: Demand, person: PersonId, nowMs = NOW) => ({ tenant, id: d.id, person, by, nowMs });
const say = (w: World, d: Demand, person: PersonId, rest: { hash?: Uint8Array; nowMs?: number } = {}) =>
  act(w.db, (tx) => approve(tx, { ...word(d, person, rest.nowMs), hash: rest.hash ?? d.hash, proof: step }));
const run = (w: World, d: Demand, nowMs = NOW, effect = async () => ok('done')) =>
  act(w.db, (tx) => execute(tx, { tenant, id: d.id, by, nowMs }, effect));
const kindOf = (r: Result<unknown, Refusal>) => (r.ok ? 'ok' : r.error.kind);

test('approve() takes the word of those who are named, once each, and never of who asked', async () => {
  await world(async (w) => {
    const d = await demandOf(w, '2 of role:tenant-admin');
    assert.equal(kindOf(await say(w, d, w.asker)), 'forbidden');
    assert.equal(kindOf(await say(w, d, w.stranger)), 'forbidden');
    assert.equal(
      kindOf(await say(w, d, w.ann, { hash: new Uint8Array(32) })),
      'conflict',
      'shown another one',
    );
    const first = await say(w, d, w.ann);
    assert.ok(first.ok && !first.value.isEnough);
    assert.equal(kindOf(await say(w, d, w.ann)), 'conflict', 'twice');
    assert.equal(kindOf(await run(w, d)), 'conflict', 'one is not two');
    const second = await say(w, d, w.bob);
    assert.ok(second.ok && second.value.isEnough);
    assert.equal(kindOf(await run(w, d)), 'ok');
    assert.equal(kindOf(await run(w, d)), 'conflict', 'once');
    assert.deepEqual(
      (await listAnswers(w.db, tenant, d.id)).map((a) => [a.person, a.word, a.method]).toSorted(),
      [
        [w.ann, 'approve', 'step-up'],
        [w.bob, 'approve', 'step-up'],
      ].toSorted(),
    );
  });
});

test('an expired, withdrawn or refused demand is over', async () => {
  await world(async (w) => {
    const late = await demandOf(w, 'role:tenant-admin');
    assert.equal(kindOf(await say(w, late, w.ann, { nowMs: NOW + HOUR / 2 })), 'conflict');
    assert.equal(kindOf(await say(w, late, w.ann, { nowMs: NOW + HOUR / 2 - 1 })), 'ok');
    assert.equal(kindOf(await run(w, late, NOW + HOUR / 2)), 'conflict');
    const back = await demandOf(w, 'role:tenant-admin');
    assert.equal(kindOf(await act(w.db, (tx) => withdraw(tx, word(back, w.ann)))), 'missing', 'not hers');
    assert.equal(kindOf(await act(w.db, (tx) => withdraw(tx, word(back, w.asker)))), 'ok');
    assert.equal(kindOf(await say(w, back, w.ann)), 'conflict');
    const no = await demandOf(w, 'role:tenant-admin');
    assert.equal(kindOf(await act(w.db, (tx) => refuse(tx, word(no, w.stranger)))), 'forbidden');
    assert.equal(kindOf(await act(w.db, (tx) => refuse(tx, word(no, w.ann)))), 'ok');
    assert.equal(kindOf(await say(w, no, w.bob)), 'conflict');
    assert.equal(kindOf(await run(w, no)), 'conflict');
  });
});

test('who has lost the role meanwhile no longer counts when it is executed', async () => {
  await world(async (w) => {
    const d = await demandOf(w, 'role:tenant-admin');
    assert.equal(kindOf(await say(w, d, w.ann)), 'ok');
    await w.owner.query(
      `update role_grant set revoked_at = $2, revoked_by = 'admin:x' where person_id = $1`,
      [w.ann, new Date(NOW)],
    );
    assert.equal(kindOf(await run(w, d)), 'conflict');
    assert.equal(kindOf(await say(w, d, w.bob)), 'ok');
    assert.equal(kindOf(await run(w, d)), 'ok');
  });
});

test('a role taken by break-glass approves nothing', async () => {
  await world(async (w) => {
    const d = await demandOf(w, 'role:tenant-admin');
    await w.owner.query(`update role_grant set source = 'break-glass' where person_id = $1`, [w.ann]);
    assert.equal(kindOf(await say(w, d, w.ann)), 'forbidden');
  });
});

test('content that was changed behind our back is noticed, and the application cannot change it', async () => {
  await world(async (w) => {
    const d = await demandOf(w, 'role:tenant-admin');
    for (const sql of [
      `update demand set details = '{}' where id = $1`,
      `update demand set approval = 'role:helpdesk' where id = $1`,
      `delete from demand where id = $1`,
    ])
      await assert.rejects(w.db.query(sql, [d.id]), /permission denied/, sql);
    await say(w, d, w.ann);
    await assert.rejects(w.db.query(`update approval set word = 'approve'`), /permission denied/);
    await w.owner.query(`update demand set details = '{"path":"/domains/other.org"}' where id = $1`, [d.id]);
    await assert.rejects(run(w, d), /not what it was/);
  });
});

test("another tenant's demand does not exist", async () => {
  await world(async (w) => {
    const d = await demandOf(w, 'role:tenant-admin');
    const other = '00000000-0000-7000-8000-000000000002' as TenantId;
    await w.owner.query(`insert into tenant (id, name) values ($1, 'other')`, [other]);
    const elsewhere = w.db.asTenant(other);
    for (const claimed of [other, tenant]) {
      const said = { ...word(d, w.ann), tenant: claimed, hash: d.hash, proof: step };
      assert.equal(kindOf(await act(elsewhere, (tx) => approve(tx, said))), 'missing');
      assert.equal(await findDemand(elsewhere, claimed, d.id), undefined);
    }
  });
});

test('two approvals at once: exactly one is the last, and the right is given once', async () => {
  await world(async (w) => {
    assert.ok(
      (
        await act(w.db, (tx) =>
          setRule(tx, { tenant, actor: by }, 'access.request', '2 of role:tenant-admin', NOW),
        )
      ).ok,
    );
    for (let round = 0; round < 5; round++) {
      const asked = await act(w.db, (tx) =>
        askAccess(tx, {
          tenant,
          requester: w.stranger,
          what: { role: 'mail-admin' },
          durationMs: HOUR,
          reason: 'the queue is stuck',
          ticket: null,
          by,
          nowMs: NOW,
        }),
      );
      assert.ok(asked.ok);
      const d = asked.value;
      const both = (person: PersonId) =>
        act<unknown>(w.db, async (tx) => {
          const said = await approve(tx, { ...word(d, person), hash: d.hash, proof: step });
          return said.ok && said.value.isEnough ? await carryOut(tx, word(d, person)) : said;
        });
      assert.deepEqual((await Promise.all([both(w.ann), both(w.bob)])).map(kindOf), ['ok', 'ok']);
      const [n] = await w.owner.query<{ n: number }>(
        `select count(*)::int as n from role_grant where person_id = $1 and source = 'requested'`,
        [w.stranger],
      );
      assert.equal(n?.n, round + 1);
    }
    const { tenant: has } = await permissionsOf(w.db, tenant, w.stranger, NOW + HOUR - 1);
    for (const p of RIGHTS['mail-admin'].tenant) assert.ok(has.has(p), p);
    assert.equal((await permissionsOf(w.db, tenant, w.stranger, NOW + HOUR)).tenant.size, 0);
  });
});

test('approve against withdraw, and two executions at once: one of them wins, never both', async () => {
  await world(async (w) => {
    for (let round = 0; round < 8; round++) {
      const d = await demandOf(w, 'role:tenant-admin');
      let effects = 0;
      const effect = async () => {
        effects++;
        return ok('done');
      };
      const [, taken] = await Promise.all([
        say(w, d, w.ann).then(() => run(w, d, NOW, effect)),
        act(w.db, (tx) => withdraw(tx, word(d, w.asker))),
      ]);
      const state = (await findDemand(w.db, tenant, d.id))?.state;
      assert.equal(state, taken.ok ? 'withdrawn' : 'executed');
      assert.equal(effects, taken.ok ? 0 : 1);
      const e = await demandOf(w, 'role:tenant-admin');
      effects = 0;
      await say(w, e, w.bob);
      const ends = await Promise.all([
        run(w, e, NOW, effect),
        run(w, e, NOW, effect),
        run(w, e, NOW, effect),
      ]);
      assert.equal(ends.filter((r) => r.ok).length, 1);
      assert.equal(effects, 1);
    }
  });
});

test('setRule() refuses what nobody could meet, and what must always be asked cannot be turned off', async () => {
  await world(async (w) => {
    const set = (rule: 'domain.remove' | 'content.access', approval: string) =>
      act(w.db, (tx) => setRule(tx, { tenant, actor: by }, rule, approval, NOW)).then(kindOf);
    assert.equal(await set('domain.remove', '2 of group:security and role:tenant-admin'), 'ok');
    assert.equal(await set('domain.remove', '3 of group:security'), 'conflict');
    assert.equal(await set('domain.remove', 'group:absent'), 'conflict');
    assert.equal(await set('domain.remove', 'nonsense'), 'conflict');
    assert.equal(await set('domain.remove', 'none'), 'ok');
    assert.equal(await set('content.access', 'none'), 'forbidden');
  });
});
