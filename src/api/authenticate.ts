/** Turns what a request brings, a session's cookie or a service's key, into its caller; asks anew at each request. */
import { appendAudit } from '#assurance/audit/audit.ts';
import { findKey } from '#assurance/identity/api-keys.ts';
import type { Identity } from '#assurance/identity/identity.ts';
import { actorOf, findSession, isTwoFactors } from '#assurance/identity/sessions.ts';
import { isTenant } from '#assurance/identity/sign-in.ts';
import { networkOf } from '#assurance/identity/throttle.ts';
import { tenantOfKey, tenantOfToken } from '#assurance/identity/tokens.ts';
import type { Authenticate, Caller, Credentials } from './caller.ts';
import { permissionsIn } from './permission.ts';

export function authenticator(identity: Identity): Authenticate {
  const record = refusalRecorder(identity);
  return async (credentials) => {
    const { bearer, cookie } = credentials;
    if (bearer === undefined && cookie === undefined) return undefined;
    const caller =
      bearer === undefined ? await ofSession(identity, cookie ?? '') : await ofKey(identity, bearer);
    if (caller === undefined) await record(credentials);
    return caller;
  };
}

async function ofSession(identity: Identity, token: string): Promise<Caller | undefined> {
  const nowMs = identity.now();
  const session = await findSession(identity.db, token, nowMs);
  if (session === undefined) return undefined;
  const { tenant, person } = session;
  const granted = await identity.permissionsOf(identity.db.asTenant(tenant), tenant, person, nowMs);
  const isSingleFactor = !isTwoFactors(session.proofs);
  return {
    actor: actorOf(identity, person, granted),
    tenant,
    person,
    session: session.id,
    permissions: permissionsIn(granted.tenant),
    platform: permissionsIn(granted.platform),
    provedAtMs: session.provedAt.getTime(),
    // Rights may have come after the sign-in, which for an employee was a password alone.
    isEnrolling: session.isEnrolling || (isSingleFactor && identity.isPrivileged(granted)),
    isSingleFactor,
  };
}

async function ofKey(identity: Identity, token: string): Promise<Caller | undefined> {
  const key = await findKey(identity.db, token, identity.now());
  if (key === undefined) return undefined;
  return {
    actor: `service:${key.id}`,
    tenant: key.tenant,
    person: undefined,
    session: undefined,
    permissions: permissionsIn(key.permissions),
    platform: permissionsIn(key.platformPermissions),
    provedAtMs: undefined,
  };
}

const RECORD_EVERY_MS = 60_000;
const MAX_NETWORKS = 1_000;

/** A token that is no good is an event of the tenant it names; one a minute for each network, or a flood would fill the log. */
function refusalRecorder(identity: Identity): (credentials: Credentials) => Promise<void> {
  const lastMs = new Map<string, number>();
  return async ({ bearer, cookie, ip }) => {
    const tenant = bearer === undefined ? tenantOfToken(cookie ?? '') : tenantOfKey(bearer);
    if (tenant === undefined) return;
    const network = `${tenant} ${networkOf(ip)}`;
    const nowMs = identity.now();
    if (nowMs - (lastMs.get(network) ?? 0) < RECORD_EVERY_MS) return;
    if (lastMs.size >= MAX_NETWORKS) lastMs.clear();
    lastMs.set(network, nowMs);
    if (!(await isTenant(identity.db, tenant))) return;
    const kind = bearer === undefined ? 'session' : 'api-key';
    const event = {
      tenant,
      actor: `system:sign-in/${ip}`,
      what: 'access.token-refused',
      subject: kind,
      details: {},
    } as const;
    await identity.db.asTenant(tenant).transact((tx) => appendAudit(tx, [event]));
  };
}
