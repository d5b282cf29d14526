/**
 * One run for one source: read all, plan, look whether the plan can be meant, carry it out. Nothing is changed when the
 * directory does not answer or too much would vanish. Each person is a transaction of its own: a run that is cut leaves whole
 * people behind and the next one goes on.
 */
import { appendAudit } from '#assurance/audit/audit.ts';
import type { PersonId } from '#assurance/identity/identity.ts';
import { addPerson, changePerson, reactivatePerson } from '#assurance/identity/people.ts';
import type { KeyStore } from '#assurance/keys/keys.ts';
import { deactivatePerson } from '#assurance/scim/deactivate.ts';
import type { Actor } from '#core/actor.ts';
import type { TenantId } from '#core/id.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { Database, Transaction } from '#platform/db.ts';
import { syncGroups } from './groups.ts';
import { type Known, type Plan, planPeople, tooMuchVanishes } from './plan.ts';
import { readDirectory } from './read-directory.ts';
import { openSource, type OpenSource } from './sources.ts';

export type SyncOptions = {
  /** As the role that sees the tenant it names. */
  readonly db: Database;
  readonly keys: KeyStore;
  readonly tenant: TenantId;
  readonly actor: Actor;
  /** Only say what would happen. */
  readonly isDryRun?: boolean;
  /** Carry it out however much vanishes: somebody has looked. */
  readonly isForced?: boolean;
  readonly stopping?: AbortSignal | undefined;
};
export type Counts = Readonly<
  Record<'added' | 'changed' | 'reactivated' | 'suspended' | 'groups' | 'conflicts' | 'unusable', number>
>;

export async function syncPeople(options: SyncOptions, name: string): Promise<Result<Counts, string>> {
  const db = options.db.asTenant(options.tenant);
  const source = await openSource(db, options.keys, options.tenant, name);
  if (source === undefined) return err(`There is no source named "${name}".`);
  const done = await run(db, options, source);
  if (options.isDryRun !== true) await note(db, options, source, done);
  return done;
}

async function run(db: Database, options: SyncOptions, source: OpenSource): Promise<Result<Counts, string>> {
  const { settings } = source;
  const read = await readDirectory(settings, source.password);
  if (!read.ok) return read;
  const { people, groups, unusable } = read.value;
  const known = await knownPeople(db, options.tenant, source.name);
  const plan = planPeople(known, people);
  const stop = tooMuchVanishes(known, people, plan.suspend.length, settings.maxVanishPercent);
  if (stop !== undefined && options.isForced !== true) return err(`Nothing was changed: ${stop}.`);
  if (options.isDryRun === true)
    return ok({ ...countsOf(plan), groups: groups?.length ?? 0, conflicts: 0, unusable });
  const conflicts = await carryOut(db, options, source.name, plan);
  if (options.stopping?.aborted === true) return err('stopped');
  const changedGroups = groups === undefined ? 0 : await syncGroups(db, options, source.name, groups, people);
  const counts = countsOf(plan);
  return ok({ ...counts, added: counts.added - conflicts.added, changed: counts.changed - conflicts.changed,
    groups: changedGroups, conflicts: conflicts.added + conflicts.changed, unusable }); // prettier-ignore
}

const countsOf = (plan: Plan) => ({
  added: plan.add.length,
  changed: plan.change.length,
  reactivated: plan.reactivate.length,
  suspended: plan.suspend.length,
});

/** A person's id there, with the source before it: two directories may use the same ids. */
const externalOf = (source: string, id: string): string => `${source}/${id}`;

async function knownPeople(db: Database, tenant: TenantId, source: string): Promise<Known[]> {
  const prefix = externalOf(source, '');
  return await db.query<Known>(
    `select id, substr(external_id, $3) as "externalId", email, name, language, state from person
     where tenant_id = $1 and source = 'ldap' and starts_with(external_id, $2) and state <> 'left'`,
    [tenant, prefix, prefix.length + 1],
  );
}

/** How many could not be added or changed since their address is somebody else's: that person keeps it. */
async function carryOut(
  db: Database,
  { tenant, actor, stopping }: SyncOptions,
  source: string,
  plan: Plan,
): Promise<{ readonly added: number; readonly changed: number }> {
  const conflicts = { added: 0, changed: 0 };
  const each = async <T>(
    items: readonly T[],
    work: (tx: Transaction, item: T) => Promise<void>,
  ): Promise<void> => {
    for (const item of items) {
      if (stopping?.aborted === true) return;
      await db.transact((tx) => work(tx, item));
    }
  };
  // Who goes comes first: an address that moves from one person to another is free by then, and access ends soonest.
  await each(plan.suspend, (tx, k) => deactivatePerson({ tx, tenant, actor }, k.id as PersonId, 'suspend'));
  await each(plan.change, async (tx, { known: k, to }) => {
    const { email, name, language } = to;
    const done = await changePerson({ tx, tenant, actor }, k.id as PersonId, { email, name, language });
    if (!done.ok) conflicts.changed++;
  });
  await each(
    plan.reactivate,
    async (tx, k) => void (await reactivatePerson({ tx, tenant, actor }, k.id as PersonId)),
  );
  await each(plan.add, async (tx, { externalId, email, name, language }) => {
    const given = {
      email,
      name,
      language,
      state: 'active',
      source: 'ldap',
      externalId: externalOf(source, externalId),
    } as const;
    if (!(await addPerson({ tx, tenant, actor }, given)).ok) conflicts.added++;
  });
  return conflicts;
}

async function note(
  db: Database,
  { tenant, actor }: SyncOptions,
  { name, settings }: OpenSource,
  done: Result<Counts, string>,
): Promise<void> {
  await db.transact(async (tx) => {
    await tx.query(
      `update people_source set trouble = $3, done = coalesce($4, done), synced_at = case when $3::text is null then now() else synced_at end,
         next_at = now() + $5 * interval '1 second' where tenant_id = $1 and name = $2`,
      [
        tenant,
        name,
        done.ok ? null : done.error,
        done.ok ? JSON.stringify(done.value) : null,
        settings.everyS,
      ],
    );
    const what = done.ok ? 'people-source.synced' : 'people-source.stopped';
    const details = done.ok ? done.value : { reason: done.error };
    await appendAudit(tx, [{ tenant, actor, what, subject: name, details }]);
  });
}

export const PEOPLE_SYNC_JOB = 'people-sync';

/** The periodic job: every source that is due, one after another. `system` sees all tenants' sources. */
export async function syncDueSources(
  system: Database,
  options: Omit<SyncOptions, 'tenant' | 'actor'>,
): Promise<Readonly<Record<string, number>> | undefined> {
  const due = await system.query<{ tenant: TenantId; name: string }>(
    'select tenant_id as tenant, name from people_source where next_at <= now() order by next_at limit 100',
  );
  let failed = 0;
  for (const { tenant, name } of due) {
    if (options.stopping?.aborted === true) break;
    const done = await syncPeople({ ...options, tenant, actor: 'system:people-sync' }, name);
    if (!done.ok) failed++;
  }
  return due.length === 0 ? undefined : { sources: due.length, failed };
}
