/** Callers for tests of the API that are not about signing in. */
import type { Authenticate, Caller } from '#api/caller.ts';
import { DEFAULT_TENANT } from '#core/id.ts';

/** Who may do everything with the default tenant and the installation. */
export const mightyCaller: Caller = {
  actor: 'admin:test',
  tenant: DEFAULT_TENANT,
  person: undefined,
  session: undefined,
  permissions: new Set(['*'] as const),
  platform: new Set(['*'] as const),
  provedAtMs: undefined,
};
export const authenticateAs =
  (caller: Partial<Caller>): Authenticate =>
  async () => ({ ...mightyCaller, ...caller });
export const authenticateAll: Authenticate = authenticateAs({});
