/**
 * What a process knows of tenants: the keys of those it may serve, and where each one's data may be. Renewed when the
 * database says `tenant`, and every minute for the day a notification is missed.
 */
import { errorChain, PermanentError } from '#core/errors.ts';
import type { TenantId } from '#core/id.ts';
import type { Database } from '#platform/db.ts';
import type { Logger } from '#platform/log.ts';
import type { OpenKeys } from '../keys/file-keys.ts';

export type KnownTenants = {
  /** Where the tenant's data may be, undefined for anywhere. */
  readonly locationOf: (tenant: TenantId) => string | undefined;
  readonly refresh: () => Promise<void>;
};

const RENEW_MS = 60_000;

/** `db` is open as `system`. Throws when the first reading fails. */
export async function openKnownTenants(db: Database, keys: OpenKeys): Promise<KnownTenants> {
  let locations: ReadonlyMap<TenantId, string> = new Map();
  const refresh = async (): Promise<void> => {
    const rows = await db.query<{ id: TenantId; state: string; location: string | null; elsewhere: boolean }>(
      `select id, state, location, id = any (tenants_elsewhere()) as elsewhere from tenant`,
    );
    locations = new Map(rows.flatMap((r) => (r.location === null ? [] : [[r.id, r.location]])));
    for (const { id, state, elsewhere } of rows)
      if (state === 'deleted' || elsewhere) keys.forgetTenant(id);
      else await ensure(keys, id);
  };
  await refresh();
  return {
    locationOf: (tenant) => locations.get(tenant),
    refresh,
  };
}

/** A key that was destroyed is known to nobody any more; whoever still asks for it hears so then. */
async function ensure(keys: OpenKeys, tenant: TenantId): Promise<void> {
  try {
    await keys.ensureTenant(tenant);
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    keys.forgetTenant(tenant);
  }
}

/** Keeps them current without anybody waiting for it. */
export function keepRefreshed(known: KnownTenants, log: Logger): Disposable & { readonly now: () => void } {
  const now = (): void =>
    void known
      .refresh()
      .catch((error: unknown) => log.warn('tenants could not be read again', { error: errorChain(error) }));
  const timer = setInterval(now, RENEW_MS);
  timer.unref();
  return { now, [Symbol.dispose]: () => clearInterval(timer) };
}
