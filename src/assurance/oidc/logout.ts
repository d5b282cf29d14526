/**
 * OpenID Connect Back-Channel Logout 1.0: the provider ends sessions that came from it, by a signed token. A token counts
 * once, for five minutes, and only for sessions that came through this provider.
 */
import { createHash } from 'node:crypto';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { appendAudit } from '#assurance/audit/audit.ts';
import { useOnce } from '#assurance/identity/seals.ts';
import { attempt, isTenant } from '#assurance/identity/sign-in.ts';
import { err, ok, type Result } from '#core/result.ts';
import { openProvider, type OpenProvider, parseRef } from './providers.ts';
import { boundedFetch, configure, reasonOf, type Reach } from './relying-party.ts';
import { type OidcParts, recordRefusal } from './sign-in.ts';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const MAX_AGE_S = 300;
/** Nothing that anybody but the provider could make: no `none`, no shared secret. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

type Meant = { readonly sub: string | null; readonly sid: string | null; readonly jti: string };

/** How many sessions ended; undefined for a token that is no good, whatever is wrong with it. */
export async function logOutByProvider(
  { identity, reach }: OidcParts,
  ref: string,
  token: string,
): Promise<number | undefined> {
  const named = parseRef(ref);
  if (named === undefined || !(await isTenant(identity.db, named.tenant))) return undefined;
  const { tenant } = named;
  const db = identity.db.asTenant(tenant);
  const provider = await openProvider(db, identity.keys, tenant, named.name);
  if (provider === undefined) return undefined;
  const meant = await verify(provider, reach, token);
  if (!meant.ok) {
    await recordRefusal(identity, provider, 'system:oidc-logout', meant.error);
    return undefined;
  }
  const { sub, sid, jti } = meant.value;
  return await attempt(db, async (tx) => {
    const hash = createHash('sha256').update(`${provider.issuer}\n${jti}`).digest();
    const seal = { value: undefined, expiresMs: identity.now() + 2 * MAX_AGE_S * 1000, hash };
    if (!(await useOnce(tx, tenant, seal))) return undefined;
    const gone = await tx.query<{ id: string; person: string }>(
      `delete from session where tenant_id = $1 and id in (select session_id from oidc_session
         where tenant_id = $1 and issuer = $2 and ($3::text is null or subject = $3) and ($4::text is null or sid = $4))
       returning id, person_id as person`,
      [tenant, provider.issuer, sub, sid],
    );
    await appendAudit(
      tx,
      gone.map(({ id, person }) => ({
        tenant,
        actor: 'system:oidc-logout',
        what: 'session.ended',
        subject: `person:${person}`,
        details: { session: id, provider: provider.name },
      })),
    );
    return gone.length;
  });
}

/** Back-Channel Logout §2.6, in its order. */
async function verify(provider: OpenProvider, reach: Reach, token: string): Promise<Result<Meant, string>> {
  const config = await configure(provider, reach);
  if (!config.ok) return config;
  const { jwks_uri: uri } = config.value.serverMetadata();
  if (uri === undefined) return err('the provider publishes no keys');
  try {
    const options = { body: undefined, headers: {}, method: 'GET', redirect: 'manual' } as const;
    const keys: unknown = await (await boundedFetch(reach)(uri, options)).json();
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys as JSONWebKeySet), {
      // `as`: jose looks at each key itself
      issuer: provider.issuer,
      audience: provider.clientId,
      algorithms: ALGORITHMS,
      maxTokenAge: MAX_AGE_S,
      clockTolerance: 60,
      requiredClaims: ['iat', 'jti', 'events'],
    });
    const { sub, sid, jti, events, nonce } = payload;
    if (typeof events !== 'object' || events === null || !(EVENT in events))
      return err('it is no logout token');
    if (nonce !== undefined) return err('it has a nonce: an ID token was passed off as a logout token');
    const text = (value: unknown): string | null =>
      typeof value === 'string' && value !== '' ? value : null;
    if (text(sub) === null && text(sid) === null) return err('it names neither subject nor session');
    if (typeof jti !== 'string' || jti.length > 255) return err('its id is too long');
    return ok({ sub: text(sub), sid: text(sid), jti });
  } catch (error) {
    return err(reasonOf(error)); // whatever a stranger sends is an expected outcome
  }
}
