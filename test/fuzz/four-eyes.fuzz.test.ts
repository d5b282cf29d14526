/**
 * Models beside the real thing, on PostgreSQL: whatever anybody does in whatever order, no effect comes without a second
 * person, no right works after its end, and what a campaign did not keep is gone.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { runCampaigns } from '#assurance/access/campaign-job.ts';
import { decideGrant, openCampaign } from '#assurance/access/campaigns.ts';
import { giveRole, type GrantId, revokeGrant } from '#assurance/access/grants.ts';
import { permissionsOf } from '#assurance/access/permissions.ts';
import { RIGHTS } from '#assurance/access/roles.ts';
import { approve, execute, refuse, withdraw } from '#assurance/approvals/approve.ts';
import { type Demand, findDemand, makeDemand } from '#assurance/approvals/demand.ts';
import { DEFAULT_TENANT, type Id } from '#core/id.ts';
import { ok, type Result } from '#core/result.ts';
import type { Database, Transaction } from '#platform/db.ts';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { addGroupOf, addPerson, addPersonWith } from '#test/support/people.ts';
import { runs } from './runs.ts';

after(stopTestDatabases);

const NOW = Date.UTC(2026, 10, 21);
const MINUTE = 60_000;
const tenant = DEFAULT_TENANT;
const by = 'admin:test' as const;
type PersonId = Id<'person'>;

class Undone extends Error {}
/** As the API does it: a refusal undoes everything. */
async function act<T, E>(
  db: Database,
  fn: (tx: Transaction) => Promise<Result<T, E>>,
): Promise<T | undefined> {
  try {
    return await db.transact(async (tx) => {
      const done = await fn(tx);
      if (!done.ok) throw new Undone();
      return done.value;
    });
  } catch (error) {
    if (error instanceof Undone) return undefined;
    throw error;
  }
}

const RULES = [
  'role:tenant-admin',
  '2 of role:tenant-admin',
  'group:security and role:tenant-admin',
  '2 of group:security or 3 of (group:security, role:tenant-admin)',
];
const step = fc.record({
  what: fc.constantFrom('approve', 'approve', 'execute', 'refuse', 'withdraw', 'wait', 'wrong-hash'),
  who: fc.nat(3),
  minutes: fc.nat(6),
});
type Step = { readonly what: string; readonly who: number; readonly minutes: number };

test('no sequence of acts by fewer than two people reaches a four-eyes effect', async () => {
  await using owner = await testDatabase();
  const db = owner.as('app').asTenant(tenant);
  const people: PersonId[] = [];
  for (const role of ['tenant-admin', 'tenant-admin', 'tenant-admin', 'helpdesk'])
    people.push(await addPersonWith(owner, tenant, role, NOW));
  await addGroupOf(owner, tenant, 'security', [people[0]!, people[1]!, people[3]!]);
  let effects = 0;
  const demand = async (approval: string): Promise<Demand> => {
    const made = await act(db, (tx) =>
      makeDemand(tx, {
        tenant,
        act: 'domain.remove',
        subject: 'example.org',
        details: {},
        approval,
        requester: people[0]!,
        reason: '',
        ticket: null,
        expiresAtMs: NOW + 20 * MINUTE,
        nowMs: NOW,
        by,
      }),
    );
    assert.ok(made);
    // Closed at the end of the run, so that the limit of open demands is not met.
    return made;
  };
  const play = async (approval: string, steps: readonly Step[]): Promise<void> => {
    const d = await demand(approval);
    let nowMs = NOW;
    let executed = 0;
    const yes = new Set<number>();
    let closed = false;
    for (const { what, who, minutes } of steps) {
      const word = { tenant, id: d.id, person: people[who]!, by, nowMs };
      if (what === 'wait') nowMs += minutes * MINUTE;
      else if (what === 'approve' || what === 'wrong-hash') {
        const hash = what === 'approve' ? d.hash : new Uint8Array(32);
        const said = await act(db, (tx) => approve(tx, { ...word, hash, proof: { method: 'step-up' } }));
        if (said === undefined) continue;
        assert.ok(what === 'approve' && who !== 0 && !yes.has(who) && !closed && nowMs < d.expiresAtMs);
        yes.add(who);
      } else if (what === 'refuse')
        closed = (await act(db, (tx) => refuse(tx, word))) !== undefined || closed;
      else if (what === 'withdraw') {
        const done = await act(db, (tx) => withdraw(tx, word));
        assert.ok(done === undefined || who === 0);
        closed ||= done !== undefined;
      } else {
        const done = await act(db, (tx) => execute(tx, word, async () => ok('effect')));
        if (done === undefined) continue;
        executed++;
        effects++;
        // The requester is one person; each that approved is another.
        assert.ok(yes.size >= 1 && !yes.has(0), 'nobody but the requester took part');
        if (approval !== 'role:tenant-admin') assert.ok(yes.size >= 2, approval);
        assert.ok(!closed && nowMs < d.expiresAtMs, 'over');
        closed = true;
      }
      assert.ok(executed <= 1, 'once');
    }
    const state = (await findDemand(db, tenant, d.id))?.state;
    assert.equal(state === 'executed', executed === 1);
    await owner.query(`update demand set state = 'withdrawn' where state = 'open'`);
  };
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...RULES), fc.array(step, { minLength: 1, maxLength: 12 }), play),
    runs(80),
  );
  // Not by luck: that there is a way to the effect is shown once for each rule.
  for (const rule of RULES)
    await play(
      rule,
      [1, 2, 3]
        .map((who) => ({ what: 'approve', who, minutes: 0 }))
        .concat({ what: 'execute', who: 0, minutes: 0 }),
    );
  assert.ok(effects >= RULES.length);
});

test('no expired or revoked grant works at any time', async () => {
  await using owner = await testDatabase();
  const db = owner.as('app').asTenant(tenant);
  const op = fc.record({
    what: fc.constantFrom('give', 'give', 'revoke', 'wait'),
    role: fc.constantFrom('helpdesk' as const, 'mail-admin' as const, 'auditor' as const),
    minutes: fc.integer({ min: 1, max: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(op, { maxLength: 12 }), async (ops) => {
      const person = await addPerson(owner, tenant);
      const model: { id: GrantId; role: 'helpdesk' | 'mail-admin' | 'auditor'; endsMs: number }[] = [];
      let nowMs = NOW;
      for (const { what, role, minutes } of ops) {
        if (what === 'wait') nowMs += minutes * MINUTE;
        else if (what === 'give') {
          const expiresAtMs = nowMs + minutes * MINUTE;
          const id = await act(db, (tx) => giveRole(tx, { tenant, person, role, expiresAtMs, by, nowMs }));
          assert.ok(id);
          model.push({ id, role, endsMs: expiresAtMs });
        } else {
          const [gone] = model.splice(0, 1);
          if (gone !== undefined) await db.transact((tx) => revokeGrant(tx, tenant, gone.id, by, nowMs));
        }
        const want = new Set(model.filter((g) => g.endsMs > nowMs).flatMap((g) => RIGHTS[g.role].tenant));
        const has = await permissionsOf(db, tenant, person, nowMs);
        assert.deepEqual([...has.tenant].toSorted(), [...want].toSorted());
        assert.equal(has.platform.size, 0);
      }
    }),
    runs(40),
  );
});

test('what a campaign did not keep is gone when it ends, and nobody keeps their own', async () => {
  await using owner = await testDatabase();
  const db = owner.as('app').asTenant(tenant);
  const decisions = fc.array(fc.constantFrom('keep', 'remove', 'silence', 'own'), {
    minLength: 1,
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(decisions, async (words) => {
      await owner.query(
        `update role_grant set revoked_at = now(), revoked_by = 'x:x' where revoked_at is null`,
      );
      const decider = await addPerson(owner, tenant);
      const held: { person: PersonId; id: GrantId; word: string }[] = [];
      for (const word of words) {
        const person = await addPerson(owner, tenant);
        const id = await act(db, (tx) =>
          giveRole(tx, { tenant, person, role: 'helpdesk', expiresAtMs: NOW + 60 * MINUTE, by, nowMs: NOW }),
        );
        assert.ok(id);
        held.push({ person, id, word });
      }
      const campaign = await act(db, (tx) =>
        openCampaign(tx, {
          tenant,
          name: 'spring',
          owner: decider,
          roles: undefined,
          endsAtMs: NOW + 10 * MINUTE,
          everyDays: undefined,
          by,
          nowMs: NOW,
        }),
      );
      assert.ok(campaign);
      for (const { person, id: grant, word } of held) {
        if (word === 'silence') continue;
        const who = word === 'own' ? person : decider;
        const decision = word === 'remove' ? 'remove' : 'keep';
        const said: null | undefined = await act(db, (tx) =>
          decideGrant(tx, { tenant, campaign, grant, person: who, decision, by, nowMs: NOW }),
        );
        assert.equal(said === undefined, word === 'own');
      }
      assert.equal((await runCampaigns(owner.as('system'), NOW + 10 * MINUTE - 1)).ended, 0);
      const done = await runCampaigns(owner.as('system'), NOW + 10 * MINUTE);
      assert.equal(done.ended, 1);
      for (const { person, word } of held) {
        const has = await permissionsOf(db, tenant, person, NOW + 10 * MINUTE);
        assert.equal(has.tenant.size > 0, word === 'keep', word);
      }
      const late = { tenant, campaign, grant: held[0]!.id, person: decider, by, nowMs: NOW + 10 * MINUTE };
      assert.equal(
        await act(db, (tx) => decideGrant(tx, { ...late, decision: 'keep' })),
        undefined,
        'too late',
      );
    }),
    runs(15),
  );
});
