/**
 * What can be done to the directory. Each command works in the transaction it is given, appends its audit event there, and
 * answers with a value: done, or a refusal in one sentence. Running processes learn of it through the tables' triggers.
 */
import type { Actor } from '#core/actor.ts';
import { appendAudit } from '#assurance/audit/audit.ts';
import { InvariantError } from '#core/errors.ts';
import type { TenantId } from '#core/id.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { Reader, Row, Transaction } from '#platform/db.ts';
import { domainKind, type Kind, type Named } from './kinds.ts';
import type { DomainValue } from './values.ts';

export type Act = { readonly tx: Transaction; readonly tenant: TenantId; readonly actor: Actor };
export type Refusal = {
  readonly kind: 'exists' | 'missing' | 'taken' | 'in-use' | 'unfit';
  readonly text: string;
};

export async function addThing<T extends Named>(
  act: Act,
  kind: Kind<T>,
  value: T,
): Promise<Result<T, Refusal>> {
  if (await isThere(act, kind, value.name))
    return err({ kind: 'exists', text: `There is already a ${kind.words} named "${value.name}".` });
  const unfit = await kind.fits?.(act.tx, act.tenant, value);
  if (unfit !== undefined) return err({ kind: 'unfit', text: unfit });
  const row = { tenant_id: act.tenant, name: value.name, ...kind.toRow(value) };
  const columns = Object.keys(row);
  const places = columns.map((_, i) => `$${i + 1}`).join(', ');
  const refusal = await guarded(act, kind, value, () =>
    act.tx.query(`insert into ${kind.table} (${columns.join(', ')}) values (${places})`, Object.values(row)),
  );
  if (refusal !== undefined) return err(refusal);
  await record(act, kind, 'added', value.name, { value: withoutSecrets(kind, value) });
  return ok(value);
}

/** Replaces the thing of that name as a whole; the event says what it was before. */
export async function changeThing<T extends Named>(
  act: Act,
  kind: Kind<T>,
  value: T,
): Promise<Result<T, Refusal>> {
  const before = await findThing(act.tx, act.tenant, kind, value.name);
  if (before === undefined) return err(missing(kind, value.name));
  const unfit = await kind.fits?.(act.tx, act.tenant, value);
  if (unfit !== undefined) return err({ kind: 'unfit', text: unfit });
  const row = kind.toRow(value);
  const columns = Object.keys(row);
  const sets = columns.map((c, i) => `${c} = $${i + 3}`).join(', ');
  const refusal = await guarded(act, kind, value, () =>
    act.tx.query(`update ${kind.table} set ${sets} where tenant_id = $1 and name = $2`, [
      act.tenant,
      value.name,
      ...Object.values(row),
    ]),
  );
  if (refusal !== undefined) return err(refusal);
  await record(act, kind, 'changed', value.name, {
    before: withoutSecrets(kind, before),
    value: withoutSecrets(kind, value),
  });
  return ok(value);
}

export async function removeThing<T extends Named>(
  act: Act,
  kind: Kind<T>,
  name: string,
): Promise<Result<T, Refusal>> {
  const before = await findThing(act.tx, act.tenant, kind, name);
  if (before === undefined) return err(missing(kind, name));
  const refusal = await guarded(act, kind, before, () =>
    act.tx.query(`delete from ${kind.table} where tenant_id = $1 and name = $2`, [act.tenant, name]),
  );
  if (refusal !== undefined) return err(refusal);
  await record(act, kind, 'removed', name, { before: withoutSecrets(kind, before) });
  return ok(before);
}

export async function findThing<T extends Named>(
  db: Reader,
  tenant: TenantId,
  kind: Kind<T>,
  name: string,
): Promise<T | undefined> {
  const [row] = await db.query(`select * from ${kind.table} where tenant_id = $1 and name = $2`, [
    tenant,
    name,
  ]);
  return row === undefined ? undefined : valueOf(kind, row);
}

/** In order of name, after `after`; all of them without `limit`. */
export async function listThings<T extends Named>(
  db: Reader,
  tenant: TenantId,
  kind: Kind<T>,
  after = '',
  limit: number | null = null,
): Promise<T[]> {
  const rows = await db.query(
    `select * from ${kind.table} where tenant_id = $1 and name > $2 collate "C" order by name collate "C" limit $3`,
    [tenant, after, limit],
  );
  return rows.map((row) => valueOf(kind, row));
}

/** The next hop of a domain of ours; what `gatehouse route set` does. */
export async function setRoute(
  act: Act,
  name: string,
  nextHop: DomainValue['nextHop'],
): Promise<Result<DomainValue, Refusal>> {
  const before = await findThing(act.tx, act.tenant, domainKind, name);
  if (before === undefined) return err(missing(domainKind, name));
  return await changeThing(act, domainKind, { ...before, nextHop });
}

export function valueOf<T extends Named>(kind: Kind<T>, row: Row): T {
  const parsed = kind.schema.safeParse(kind.fromRow(row));
  if (!parsed.success)
    throw new InvariantError(
      `the ${kind.words} "${String(row['name'])}" in the database does not fit its schema`,
      {
        cause: parsed.error,
      },
    );
  return parsed.data;
}

export function missing<T extends Named>(kind: Kind<T>, name: string): Refusal {
  return { kind: 'missing', text: `There is no ${kind.words} named "${name}".` };
}

async function isThere<T extends Named>(act: Act, kind: Kind<T>, name: string): Promise<boolean> {
  const rows = await act.tx.query(`select 1 from ${kind.table} where tenant_id = $1 and name = $2`, [
    act.tenant,
    name,
  ]);
  return rows.length > 0;
}

/** Runs a statement under a savepoint and turns what the schema forbids into a sentence. */
async function guarded<T extends Named>(
  act: Act,
  kind: Kind<T>,
  value: T,
  run: () => Promise<unknown>,
): Promise<Refusal | undefined> {
  await act.tx.query('savepoint command');
  try {
    await run();
    await act.tx.query('release savepoint command');
    return undefined;
  } catch (error) {
    const refusal = refusalOf(error, kind, value);
    if (refusal === undefined) throw error;
    await act.tx.query('rollback to savepoint command');
    return refusal;
  }
}

function refusalOf<T extends Named>(error: unknown, kind: Kind<T>, value: T): Refusal | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  // Another tenant may own it: said without saying which.
  if (code === '23505')
    return {
      kind: 'taken',
      text: `The ${kind.words} "${value.name}" cannot be added: it is in use already.`,
    };
  if (code !== '23503') return undefined;
  const ldap = Reflect.get(value, 'ldap');
  return typeof ldap === 'string'
    ? { kind: 'missing', text: `There is no LDAP source named "${ldap}".` }
    : { kind: 'in-use', text: `The ${kind.words} "${value.name}" is still in use.` };
}

async function record<T extends Named>(
  act: Act,
  kind: Kind<T>,
  verb: string,
  subject: string,
  details: Row,
): Promise<void> {
  await appendAudit(act.tx, [
    { tenant: act.tenant, what: `${kind.noun}.${verb}`, actor: act.actor, subject, details },
  ]);
}

/** A copy for audit events, plans and lists: that a secret is there can be seen, what it is cannot. */
export function withoutSecrets<T extends Named>(kind: Kind<T>, value: T): Row {
  const strike = (v: unknown): unknown => {
    if (typeof v !== 'object' || v === null || Array.isArray(v)) return v;
    return Object.fromEntries(
      Object.entries(v).map(([k, inner]) => [k, kind.secrets.includes(k) ? '[secret]' : strike(inner)]),
    );
  };
  return strike(value) as Row; // `as`: strike makes an object of an object
}
