/**
 * Tenants, as those see them who run the installation: made, renamed, suspended, limited, pinned to a place, given out,
 * deleted; their state and numbers, and never what is in them.
 *
 * Every act works on the platform's tenant and through functions of the database that check just that (migrations/0009);
 * its event goes into the platform's log and into the tenant's own, in the transaction of the act.
 */
import type { Actor } from '#core/actor.ts';
import { newId, PLATFORM_TENANT, type TenantId } from '#core/id.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { Reader, Row, Transaction } from '#platform/db.ts';
import { appendAudit } from '../audit/audit.ts';
import { inTenant } from './in-tenant.ts';

/** `tx` works on the platform's tenant. */
export type OperatorAct = { readonly tx: Transaction; readonly actor: Actor };

export type TenantState = 'active' | 'suspended' | 'deleting' | 'deleted';
export type Quotas = {
  readonly messagesPerDay?: number | undefined;
  readonly storedBytes?: number | undefined;
  readonly people?: number | undefined;
  readonly domains?: number | undefined;
};
export type TenantHealth = {
  readonly id: TenantId;
  readonly name: string;
  readonly state: TenantState;
  readonly stateAt: Date;
  readonly deleteAfter: Date | null;
  readonly createdAt: Date;
  readonly location: string | null;
  readonly quotas: Quotas;
  readonly usage: {
    /** When the numbers of mail were counted; null when they never were. */
    readonly countedAt: Date | null;
    readonly messagesToday: number;
    readonly queued: number;
    readonly held: number;
    readonly storedBytes: number;
    readonly domains: number;
    readonly people: number;
    readonly lastSignInAt: Date | null;
    /** Limits on mail that are used up. */
    readonly over: readonly string[];
  };
};

export type TenantRefusal = { readonly kind: 'missing' | 'taken' | 'state'; readonly text: string };
export type TenantDone<T = TenantHealth> = Promise<Result<T, TenantRefusal>>;

/** What a tenant may be called: a word that is good in a command and in an address. */
export const TENANT_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
export const LOCATION_NAME = /^[a-z0-9][a-z0-9-]{0,30}$/;
/** A name that nobody can take: deleted tenants are called so. */
const RESERVED = /^(platform$|deleted-)/;

const MISSING: TenantRefusal = { kind: 'missing', text: 'There is no such tenant.' };

/** Every tenant but the platform, by name; `on` works on the platform's tenant. */
export async function listTenants(on: Reader): Promise<readonly TenantHealth[]> {
  return (await on.query('select * from tenant_health()', [], 'tenant.list')).map(healthOf);
}

export async function findTenant(on: Reader, id: TenantId): Promise<TenantHealth | undefined> {
  const [row] = await on.query('select * from tenant_health($1)', [id]);
  return row === undefined ? undefined : healthOf(row);
}

export async function createTenant(
  act: OperatorAct,
  wanted: { readonly name: string; readonly location?: string | undefined },
): TenantDone {
  const id = newId<'tenant'>();
  const taken = { kind: 'taken', text: `The name "${wanted.name}" is taken.` } as const;
  if (RESERVED.test(wanted.name)) return err(taken);
  if (!(await said(act.tx, 'tenant_create($1, $2, $3)', [id, wanted.name, wanted.location ?? null])))
    return err(taken);
  return await recorded(act, id, 'tenant.created', { name: wanted.name, location: wanted.location ?? null });
}

export async function renameTenant(act: OperatorAct, id: TenantId, name: string): TenantDone {
  const before = await findTenant(act.tx, id);
  if (before === undefined) return err(MISSING);
  if (RESERVED.test(name) || !(await said(act.tx, 'tenant_rename($1, $2)', [id, name])))
    return err({ kind: 'taken', text: `The name "${name}" is taken.` });
  return await recorded(act, id, 'tenant.renamed', { before: before.name, name });
}

/** Mail to its people is put off, mail of its people is refused, they are told so at sign-in; everything is kept. */
export async function suspendTenant(act: OperatorAct, id: TenantId, reason: string): TenantDone {
  return await changeState(act, id, 'tenant_suspend($1)', [], 'tenant.suspended', { reason });
}

/** Ends a suspension, and the waiting for a deletion. */
export async function resumeTenant(act: OperatorAct, id: TenantId): TenantDone {
  return await changeState(act, id, 'tenant_resume($1)', [], 'tenant.resumed', {});
}

/** The first of two steps: from now on suspended, and after `graceS` destroyed by the job of deletions. */
export async function markForDeletion(act: OperatorAct, id: TenantId, graceS: number): TenantDone {
  const after = new Date(Date.now() + graceS * 1000).toISOString();
  return await changeState(act, id, 'tenant_mark_deleting($1, $2)', [after], 'tenant.deletion-asked', {
    graceS,
    after,
  });
}

export async function setQuotas(act: OperatorAct, id: TenantId, quotas: Quotas): TenantDone {
  const before = await findTenant(act.tx, id);
  if (before === undefined) return err(MISSING);
  const { messagesPerDay, storedBytes, people, domains } = quotas;
  const values = [messagesPerDay ?? null, storedBytes ?? null, people ?? null, domains ?? null];
  return await changeState(act, id, 'tenant_set_quota($1, $2, $3, $4, $5)', values, 'tenant.quota-changed', {
    before: before.quotas,
    quotas,
  });
}

/** From now on the tenant's data is written at that place only; what is elsewhere already is moved by the job of moves. */
export async function setLocation(act: OperatorAct, id: TenantId, location: string | undefined): TenantDone {
  const before = await findTenant(act.tx, id);
  if (before === undefined) return err(MISSING);
  return await changeState(
    act,
    id,
    'tenant_set_location($1, $2)',
    [location ?? null],
    'tenant.location-changed',
    {
      before: before.location,
      location: location ?? null,
    },
  );
}

/** Runs one of the functions that answer whether something was changed, and records it in both logs. */
async function changeState(
  act: OperatorAct,
  id: TenantId,
  call: string,
  more: readonly unknown[],
  what: string,
  details: Readonly<Record<string, unknown>>,
): TenantDone {
  const before = await findTenant(act.tx, id);
  if (before === undefined) return err(MISSING);
  if (!(await said(act.tx, call, [id, ...more])))
    return err({ kind: 'state', text: `The tenant is ${before.state}: that is not possible now.` });
  return await recorded(act, id, what, details);
}

async function said(tx: Transaction, call: string, values: readonly unknown[]): Promise<boolean> {
  const [row] = await tx.query<{ done: boolean }>(`select ${call} as done`, values);
  return row?.done === true;
}

export async function recordOfBoth(
  { tx, actor }: OperatorAct,
  id: TenantId,
  what: string,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  await appendAudit(tx, [{ tenant: PLATFORM_TENANT, what, actor, subject: id, details }]);
  await inTenant(tx, id, () => appendAudit(tx, [{ tenant: id, what, actor, subject: id, details }]));
}

async function recorded(
  act: OperatorAct,
  id: TenantId,
  what: string,
  details: Readonly<Record<string, unknown>>,
): TenantDone {
  await recordOfBoth(act, id, what, details);
  const now = await findTenant(act.tx, id);
  return now === undefined ? err(MISSING) : ok(now);
}

function healthOf(row: Row): TenantHealth {
  // `as`: the columns of tenant_health (migrations/0009).
  const r = row as Record<string, never>;
  const quota = (column: string): number | undefined => r[column] ?? undefined;
  return {
    id: r['id']!,
    name: r['name']!,
    state: r['state']!,
    stateAt: r['state_at']!,
    deleteAfter: r['delete_after']!,
    createdAt: r['created_at']!,
    location: r['location']!,
    quotas: {
      messagesPerDay: quota('quota_messages_per_day'),
      storedBytes: quota('quota_stored_bytes'),
      people: quota('quota_people'),
      domains: quota('quota_domains'),
    },
    usage: {
      countedAt: r['counted_at']!,
      messagesToday: r['messages_today']!,
      queued: r['queued']!,
      held: r['held']!,
      storedBytes: r['stored_bytes']!,
      domains: r['domains']!,
      people: r['people']!,
      lastSignInAt: r['last_sign_in_at']!,
      over: r['over']!,
    },
  };
}

/** The state of a tenant for those who work in it; `on` works on that tenant. */
export async function tenantState(on: Reader, tenant: TenantId): Promise<TenantState | undefined> {
  const [row] = await on.query<{ state: TenantState }>(
    'select state from tenant where id = $1',
    [tenant],
    'tenant.state',
  );
  return row?.state;
}
