/**
 * The life of our DKIM keys, driven: looks into DNS for each record we wait for, asks protocol/dkim/rotation.ts for the next
 * step, and takes it. Each step is one transaction with its audit event; its trigger tells every signing process. A step
 * moves a key only from the state it was decided on, so that two who take it take it once.
 */
import { type Actor, WORKER } from '#core/actor.ts';
import { appendAudit } from '#assurance/audit/audit.ts';
import type { KeyStore } from '#assurance/keys/keys.ts';
import type { TenantId } from '#core/id.ts';
import { assertNever } from '#core/result.ts';
import type { Database, Reader, Transaction } from '#platform/db.ts';
import { isSameKey, parseKeyRecord } from '#protocol/dkim/key-record.ts';
import { type DkimKeyKind, generateDkimKey } from '#protocol/dkim/keys.ts';
import {
  nextRotationStep,
  ROTATION_POLICY,
  type RotatingKey,
  type RotationPolicy,
  type RotationStep,
} from '#protocol/dkim/rotation.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import { type DkimKeyRow, insertKey, KINDS, listDkimKeys, selectorAt } from './dkim-keys.ts';

/** The periodic job's name, for those who want it run now. */
export const ROTATION_JOB = 'dkim-rotation';

export type RotationDeps = {
  readonly db: Database;
  readonly keys: KeyStore;
  readonly resolver: Pick<Resolver, 'txt'>;
  readonly nowMs: number;
  readonly policy?: RotationPolicy;
};
export type RotationReport = { readonly made: number; readonly signing: number; readonly removed: number };

/** Steps of one kind of one domain in one run; more would be a rule that goes in circles. */
const MAX_STEPS = 6;
/** How long a key that signs is taken to be in DNS still; thousands of domains need not ask every ten minutes. */
const RECHECK_MS = 3_600_000;

/** One look at every key of the installation. A domain whose DNS does not answer keeps what it has. */
export async function rotateDkimKeys(deps: RotationDeps, stopping?: AbortSignal): Promise<RotationReport> {
  await retireOrphans(deps.db);
  const taken = { made: 0, signing: 0, removed: 0 };
  const domains = await deps.db.query<{ tenant: TenantId; domain: string }>(
    `select tenant_id as tenant, name as domain from domain where tenant_id <> all ((select tenants_elsewhere())::uuid[])
     union select tenant_id, domain from dkim_key where state <> 'removed' order by 1, 2`,
  );
  for (const { tenant, domain } of domains) {
    if (stopping?.aborted === true) break;
    await lookIntoDns(deps, tenant, domain);
    for (const { kind } of KINDS) await rotateOne(deps, { tenant, domain, kind }, taken);
  }
  return taken;
}

type Line = { readonly tenant: TenantId; readonly domain: string; readonly kind: DkimKeyKind };
type Taken = { made: number; signing: number; removed: number };

async function rotateOne(deps: RotationDeps, line: Line, taken: Taken): Promise<void> {
  for (let i = 0; i < MAX_STEPS; i++) {
    const rows = await listDkimKeys(deps.db, line.tenant, line.domain);
    const step = stepFor(rows, line.kind, deps);
    if (step.step === 'wait') return;
    // The domain is not ours any more: its keys are only put away.
    if (step.step === 'create' && !(await isOwned(deps.db, line))) return;
    if (!(await take(deps, line, step))) return;
    taken[({ create: 'made', sign: 'signing', withdraw: 'removed' } as const)[step.step]]++;
  }
}

function stepFor(rows: readonly DkimKeyRow[], kind: DkimKeyKind, deps: RotationDeps): RotationStep {
  const mine = rows.filter((r) => kindOf(r) === kind && r.state !== 'removed');
  return nextRotationStep(
    mine.map(asRotating),
    kind,
    deps.nowMs,
    policyFor(mine, deps.policy ?? ROTATION_POLICY),
  );
}

function policyFor(keys: readonly DkimKeyRow[], policy: RotationPolicy): RotationPolicy {
  const signing = keys.find((k) => k.state === 'signing');
  // The first key replaces no signature: signing with what some secondary server does not show yet is no worse than not
  // signing, so it begins as soon as its record is seen.
  if (signing === undefined) return { ...policy, publishAheadMs: 0 };
  // A successor that is older than rotation would have made it was made by an operator, who wants it to take over.
  const madeFromMs =
    (signing.signingFromMs ?? signing.createdAtMs) + policy.signForMs - policy.publishAheadMs;
  const isEarly = keys.some((k) => k.state === 'published' && k.createdAtMs < madeFromMs);
  return isEarly ? { ...policy, signForMs: 0 } : policy;
}

function asRotating(row: DkimKeyRow): RotatingKey {
  return {
    selector: row.selector,
    kind: kindOf(row),
    state: row.state === 'removed' ? 'revoked' : row.state,
    seenInDnsAtMs: row.seenAtMs ?? undefined,
    createdAtMs: row.createdAtMs,
    signingSinceMs: row.signingFromMs ?? undefined,
    retiredAtMs: row.retiredAtMs ?? undefined,
  };
}

const kindOf = (row: DkimKeyRow): DkimKeyKind => (row.algorithm === 'rsa-sha256' ? 'rsa2048' : 'ed25519');

async function isOwned(on: Reader, line: Line): Promise<boolean> {
  const rows = await on.query('select 1 from domain where tenant_id = $1 and name = $2', [
    line.tenant,
    line.domain,
  ]);
  return rows.length > 0;
}

/** Takes the step; false when it was not there to be taken any more. */
async function take(
  deps: RotationDeps,
  line: Line,
  step: Exclude<RotationStep, { step: 'wait' }>,
): Promise<boolean> {
  const who: KeyActor = { tenant: line.tenant, actor: WORKER };
  switch (step.step) {
    case 'create':
      return await createKey(deps, line);
    case 'sign':
      return await deps.db.transact((tx) => startSigning(tx, who, line.domain, step.selector, deps.nowMs));
    case 'withdraw':
      return await deps.db.transact((tx) => removeKey(tx, who, line.domain, step.selector, deps.nowMs));
  }
  return assertNever(step);
}

async function createKey(deps: RotationDeps, line: Line): Promise<boolean> {
  const kind = KINDS.find((k) => k.kind === line.kind)!; // `!`: KINDS lists every kind
  await deps.keys.ensureTenant(line.tenant);
  const pair = await generateDkimKey(line.kind);
  const { tenant, domain } = line;
  const selector = selectorAt(deps.nowMs, kind.letter);
  return await deps.db.transact((tx) =>
    insertKey(tx, deps.keys, { tenant, domain, selector, algorithm: kind.algorithm, pair }, deps.nowMs),
  );
}

export type KeyActor = { readonly tenant: TenantId; readonly actor: Actor };

/** Lets a key sign and retires the one of its algorithm that did. `assumed`: on an operator's word, whatever DNS says. */
export async function startSigning(
  tx: Transaction,
  who: KeyActor,
  domain: string,
  selector: string,
  nowMs: number,
  assumed = false,
): Promise<boolean> {
  const [begun] = await tx.query<{ algorithm: string }>(
    `update dkim_key set state = 'signing', signing_from = $4, retired_at = null
     where tenant_id = $1 and domain = $2 and selector = $3 and state in ('published', 'retired') and ($5 or seen_at is not null)
     returning algorithm`,
    [who.tenant, domain, selector, new Date(nowMs), assumed],
  );
  if (begun === undefined) return false;
  await record(tx, who, 'dkim.key-signing', domain, selector, { algorithm: begun.algorithm, assumed });
  const old = await tx.query<{ selector: string }>(
    `update dkim_key set state = 'retired', retired_at = $5
     where tenant_id = $1 and domain = $2 and algorithm = $3 and selector <> $4 and state = 'signing' returning selector`,
    [who.tenant, domain, begun.algorithm, selector, new Date(nowMs)],
  );
  for (const o of old) await record(tx, who, 'dkim.key-retired', domain, o.selector, { successor: selector });
  return true;
}

/** Signs with it no more; its record stays in DNS for the mail that is on its way. */
export async function retireKey(
  tx: Transaction,
  who: KeyActor,
  domain: string,
  selector: string,
  nowMs: number,
): Promise<boolean> {
  const done = await tx.query(
    `update dkim_key set state = 'retired', retired_at = $4
     where tenant_id = $1 and domain = $2 and selector = $3 and state in ('published', 'signing') returning 1`,
    [who.tenant, domain, selector, new Date(nowMs)],
  );
  if (done.length > 0) await record(tx, who, 'dkim.key-retired', domain, selector, {});
  return done.length > 0;
}

/** The private key is destroyed; the row stays, so that the selector is never used again and DNS can be tidied up. */
export async function removeKey(
  tx: Transaction,
  who: KeyActor,
  domain: string,
  selector: string,
  nowMs: number,
): Promise<boolean> {
  const done = await tx.query(
    `update dkim_key set state = 'removed', sealed = '', retired_at = coalesce(retired_at, $4)
     where tenant_id = $1 and domain = $2 and selector = $3 and state <> 'removed' returning 1`,
    [who.tenant, domain, selector, new Date(nowMs)],
  );
  if (done.length > 0) await record(tx, who, 'dkim.key-removed', domain, selector, {});
  return done.length > 0;
}

async function record(
  tx: Transaction,
  who: KeyActor,
  what: string,
  domain: string,
  selector: string,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { tenant, actor } = who;
  await appendAudit(tx, [{ tenant, actor, what, subject: `${selector}._domainkey.${domain}`, details }]);
}

/** Keys of domains that were removed sign no more and go the way of retired keys. */
async function retireOrphans(db: Database): Promise<void> {
  await db.query(
    `with gone as (
       update dkim_key k set state = 'retired', retired_at = now() where state in ('published', 'signing')
         and not exists (select from domain d where d.tenant_id = k.tenant_id and d.name = k.domain)
       returning tenant_id, domain, selector
     )
     insert into audit_event (tenant_id, what, actor, subject, details)
     select tenant_id, 'dkim.key-retired', 'system:worker', selector || '._domainkey.' || domain, '{"because": "the domain is not ours any more"}'
     from gone`,
  );
}

/** Writes down what DNS says of the keys that sign or shall sign. An answer that did not come changes nothing. */
async function lookIntoDns(deps: RotationDeps, tenant: TenantId, domain: string): Promise<void> {
  const rows = await listDkimKeys(deps.db, tenant, domain);
  for (const row of rows.filter((r) => isWorthAsking(r, deps.nowMs))) {
    const says = await recordInDns(deps.resolver, row);
    if (says === undefined) continue;
    await deps.db.query(
      `update dkim_key set dns_says = $4, checked_at = $5, seen_at = case when $4 = 'right' then coalesce(seen_at, $5) end
       where tenant_id = $1 and domain = $2 and selector = $3`,
      [tenant, domain, row.selector, says, new Date(deps.nowMs)],
    );
  }
}

/** What waits is asked for each time; what signs and was right a while ago only to find out that it went away. */
function isWorthAsking(row: DkimKeyRow, nowMs: number): boolean {
  if (row.state === 'published') return true;
  const isFresh = row.dnsSays === 'right' && nowMs - (row.checkedAtMs ?? 0) < RECHECK_MS;
  return row.state === 'signing' && !isFresh;
}

/** `right`, `missing`, or what is wrong; undefined when DNS did not answer. */
async function recordInDns(
  resolver: Pick<Resolver, 'txt'>,
  row: Pick<DkimKeyRow, 'selector' | 'domain' | 'record'>,
): Promise<string | undefined> {
  const answer = await resolver.txt(`${row.selector}._domainkey.${row.domain}`);
  if (answer.kind === 'error') return undefined;
  if (answer.kind !== 'records' || answer.records.length === 0) return 'missing';
  // RFC 6376 §3.6.2.2: the result of several records is undefined, so they count as a mistake.
  if (answer.records.length > 1) return 'several TXT records at one name';
  const theirs = parseKeyRecord(answer.records[0]!); // `!`: there is exactly one
  if (!theirs.ok) return theirs.error.text;
  const ours = parseKeyRecord(row.record);
  return ours.ok && isSameKey(theirs.value, ours.value) ? 'right' : 'another key than ours';
}
