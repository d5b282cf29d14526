/**
 * What an operator does to mail that waits: set it aside, let it go on, try it now. Each is one statement: the state moves
 * only from where it may, and queue rows and audit events come from the rows that moved, so that two who act at the same
 * moment act once. A row that is being delivered right now is left alone; its process sees the new rule at the next try.
 */
import { WORKER } from '#core/actor.ts';
import { appendAudit } from '#assurance/audit/audit.ts';
import type { MessageId, TenantId } from '#core/id.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { Database, Reader, Row, Transaction } from '#platform/db.ts';
import {
  type Act,
  addThing,
  changeThing,
  findThing,
  missing,
  type Refusal,
  removeThing,
} from '../directory/commands.ts';
import { destinationKind } from '../directory/kinds.ts';
import type { DestinationValue } from '../directory/values.ts';
import { giveBack } from './lease.ts';
import type { QueueKey } from './rows.ts';
import { ruleFits, ruleInForce } from './rule-fits.ts';

/** $1 tenant · $2 actor · $3 rule · $4 reason; `picked` names queue rows that may be moved. */
const holdPicked = (picked: string): string => `
with picked as (${picked}),
gone as (
  delete from queue q using picked p where q.tenant_id = p.tenant_id and q.message_id = p.message_id and q.n = p.n
  returning q.tenant_id, q.message_id, q.n, q.attempts
), moved as (
  update recipient r set state = 'held', state_at = clock_timestamp(), held_for = 'destination'
  from gone g where r.tenant_id = g.tenant_id and r.message_id = g.message_id and r.n = g.n and r.state = 'queued'
  returning r.tenant_id, r.message_id, r.n, g.attempts
)
insert into audit_event (tenant_id, what, actor, subject, details)
select tenant_id, 'delivery.held', $2, message_id::text,
  jsonb_build_object('recipient', n, 'attempts', attempts, 'destination', $3::text, 'reason', $4::text) from moved
returning 1`;

const HOLD_DESTINATION = holdPicked(
  `select tenant_id, message_id, n from queue where tenant_id = $1 and lease_owner is null and ${ruleFits('queue.domain', '$3')} for update skip locked`,
);
const HOLD_LEASED = holdPicked(
  `select q.tenant_id, q.message_id, q.n from queue q
   join unnest($5::uuid[], $6::smallint[]) as k (message_id, n) on k.message_id = q.message_id and k.n = q.n
   where q.tenant_id = $1 and q.lease_owner = $7`,
);

export type Because = { readonly rule: string; readonly reason: string | undefined };

/** What a process believes about a destination from its picture of the rules, which may be a moment old. */
export type NotNow =
  /** Paused: not before then. */
  | { readonly kind: 'later'; readonly atMs: number }
  /** The tenant is suspended: its mail is kept and not tried. */
  | { readonly kind: 'suspended'; readonly atMs: number }
  /** The operator took this destination out of the queue. */
  | ({ readonly kind: 'hold' } & Because);

export type LeasedRows = {
  readonly tenant: TenantId;
  readonly domain: string;
  readonly rows: readonly QueueKey[];
  /** Whose lease it is; rows that another has by now are the other's. */
  readonly owner: string;
};

/**
 * Holds or puts off rows that a process has under lease, if the table says so, too; false when it does not, and then
 * nothing was done. Whoever changes a rule keeps the version row locked until all that follows from it has happened, so
 * that with the lock taken, no change is half done: without it a release under way would miss what is held here.
 */
export async function standAside(db: Database, leased: LeasedRows, believed: NotNow): Promise<boolean> {
  const { tenant, domain, rows, owner } = leased;
  return await db.transact(async (tx) => {
    await tx.query('select from directory_version for share');
    if (believed.kind === 'suspended') {
      const inactive = await tx.query(`select from tenant where id = $1 and state <> 'active'`, [tenant]);
      if (inactive.length > 0) await giveBack(tx, rows, believed.atMs, owner);
      return inactive.length > 0;
    }
    const [rule] = await tx.query<{ rule: string; state: string; reason: string | null }>(
      ruleInForce('$1', '$2::text'),
      [tenant, domain],
    );
    if (believed.kind === 'later') {
      if (rule?.state !== 'pause') return false;
      await giveBack(tx, rows, believed.atMs, owner);
      return true;
    }
    if (rule?.state !== 'hold') return false;
    const ids = [rows.map((r) => r.message), rows.map((r) => r.n), owner];
    await tx.query(HOLD_LEASED, [tenant, WORKER, rule.rule, rule.reason, ...ids]);
    return true;
  });
}

export type Steered = { readonly value: DestinationValue; readonly messages: number };

/**
 * Puts a destination into a state (its limits and source addresses stay as they are). Holding takes what waits out of the
 * queue at once; leaving a hold puts back what it took; going on or elsewhere makes waiting rows due, so that it is felt.
 */
export async function steerDestination(
  act: Act,
  name: string,
  change: Pick<DestinationValue, 'state' | 'until' | 'reason' | 'nextHop'>,
): Promise<Result<Steered, Refusal>> {
  const before = await findThing(act.tx, act.tenant, destinationKind, name);
  const { state: _s, until: _u, reason: _r, nextHop: _n, ...kept } = before ?? { name };
  const value: DestinationValue = { ...kept, ...change };
  const says = change.state !== 'normal' || Object.keys(kept).length > 1;
  const done = await writeRule(act, value, before !== undefined, says);
  if (!done.ok) return done;
  const messages = await moveMail(act, value);
  // A rule may be gone and its mail still be held; only where neither is there to end, nothing was done.
  if (before === undefined && !says && messages === 0) return err(missing(destinationKind, name));
  await appendAudit(act.tx, [
    {
      tenant: act.tenant,
      what: 'destination.steered',
      actor: act.actor,
      subject: name,
      details: { ...change, messages },
    },
  ]);
  return ok({ value, messages });
}

/** A rule that says nothing any more is taken away. */
async function writeRule(
  act: Act,
  value: DestinationValue,
  isThere: boolean,
  says: boolean,
): Promise<Result<DestinationValue, Refusal>> {
  if (isThere)
    return await (says
      ? changeThing(act, destinationKind, value)
      : removeThing(act, destinationKind, value.name));
  return says ? await addThing(act, destinationKind, value) : ok(value);
}

async function moveMail(act: Act, { name, state, reason }: DestinationValue): Promise<number> {
  if (state === 'hold')
    return (await act.tx.query(HOLD_DESTINATION, [act.tenant, act.actor, name, reason ?? null])).length;
  const released = await releaseDestination(act, name);
  return state === 'pause' ? released : released + (await makeDue(act, { rule: name }));
}

/** Puts back into the queue what was held because of a destination; its age begins anew, as nobody could deliver it. */
async function releaseDestination(act: Act, rule: string): Promise<number> {
  const moved = await act.tx.query(
    `with moved as (
       update recipient r set state = 'queued', state_at = clock_timestamp(), held_for = null
       where r.tenant_id = $1 and r.state = 'held' and r.held_for = 'destination' and ${ruleFits('r.domain', '$3')}
       returning r.message_id, r.n, r.domain
     ), queued as (
       insert into queue (tenant_id, message_id, n, domain, next_at, queued_at)
       select $1, message_id, n, domain, now(), now() from moved
     )
     insert into audit_event (tenant_id, what, actor, subject, details)
     select $1, 'held.released', $2, message_id::text, jsonb_build_object('recipient', n, 'destination', $3::text) from moved
     returning 1`,
    [act.tenant, act.actor, rule],
  );
  await wakeEngines(act.tx);
  return moved.length;
}

export type Which =
  /** A domain, `*.domain`, or `*`. */
  { readonly rule: string } | { readonly message: MessageId };

/** Makes waiting rows due now; what is being delivered stays as it is. Returns how many recipients. */
export async function makeDue(who: Act, which: Which): Promise<number> {
  const isRule = 'rule' in which;
  const due = await who.tx.query(
    `update queue set next_at = now()
     where tenant_id = $1 and lease_owner is null and next_at > now()
       and ${isRule ? ruleFits('queue.domain', '$2') : 'message_id = $2::uuid'} returning 1`,
    [who.tenant, isRule ? which.rule : which.message],
  );
  await wakeEngines(who.tx);
  return due.length;
}

export type Waiting = {
  /** Under lease: a process tries them at this moment. */
  readonly underWay: number;
  /** Due, and taken as soon as a process has room. */
  readonly due: number;
  /** Of all: those whose destination is paused, so that a retry does not move them. */
  readonly paused: number;
};

/** How it stands with what waits of a message or a destination. */
export async function countWaiting(on: Reader, tenant: TenantId, which: Which): Promise<Waiting> {
  const isRule = 'rule' in which;
  const [counts] = await on.query<Waiting & Row>(
    `select count(*) filter (where lease_owner is not null)::int as "underWay",
       count(*) filter (where lease_owner is null and next_at <= now())::int as due,
       count(*) filter (where rule.state = 'pause')::int as paused
     from queue left join lateral (${ruleInForce('queue.tenant_id', 'queue.domain')}) rule on true
     where tenant_id = $1 and ${isRule ? ruleFits('queue.domain', '$2') : 'message_id = $2::uuid'}`,
    [tenant, isRule ? which.rule : which.message],
  );
  return counts ?? { underWay: 0, due: 0, paused: 0 };
}

/** Makes due as an act of its own, with its event. */
export async function retryNow(who: Act, which: Which): Promise<number> {
  const due = await makeDue(who, which);
  if (due === 0) return 0;
  await appendAudit(who.tx, [
    {
      tenant: who.tenant,
      what: 'queue.retried',
      actor: who.actor,
      subject: 'rule' in which ? which.rule : which.message,
      details: { recipients: due },
    },
  ]);
  return due;
}

/** Heard by every mail process when the transaction commits. */
export async function wakeEngines(tx: Transaction): Promise<void> {
  await tx.query(`select pg_notify('queue', '')`);
}
