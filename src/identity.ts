/** Identity, wired: who people are (assurance/identity) and what they may do (assurance/access) meet here. */
import { permissionsOf } from '#assurance/access/permissions.ts';
import type { Identity } from '#assurance/identity/identity.ts';
import { relyingPartyOf } from '#assurance/identity/relying-party.ts';
import { setUpLink } from '#assurance/identity/set-up.ts';
import { linkUrl } from '#api/links.ts';
import type { KeyStore } from '#assurance/keys/keys.ts';
import { systemClock } from '#core/time.ts';
import type { Database } from '#platform/db.ts';
import type { Config } from './config.ts';

export function openIdentity(config: Config, db: Database, keys: KeyStore): Identity {
  return {
    db,
    keys,
    permissionsOf,
    // Employees and guests have no standing permission at all, every other role has.
    isPrivileged: ({ tenant, platform }) => tenant.size > 0 || platform.size > 0,
    relyingParty: relyingPartyOf(config.http.publicUrl),
    now: systemClock,
  };
}

/** Where people reach the console. Passkeys want a name, so on this machine it is `localhost`, not its address. */
export function consoleUrl(config: Config, port: number): string {
  return config.http.publicUrl ?? `http://localhost:${port}`;
}

/** The lines that offer to set up, as long as nobody has an account. */
export async function setUpLines(db: Database, url: string): Promise<readonly string[]> {
  const link = await setUpLink(db, 'system:start', Date.now());
  return link === undefined
    ? []
    : [
        '',
        'Nobody has an account yet. Open this link within a day, once, to become administrator:',
        `  ${linkUrl(url, link, 'setup').url}`,
        '',
      ];
}
