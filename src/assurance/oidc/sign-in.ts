/**
 * Signing in through a provider: authorization code with PKCE, nonce and state. What the browser must bring back is sealed
 * into a cookie of its own: the provider it set out to, state, nonce and verifier. It is good for five minutes and once, and
 * a browser that did not set out cannot arrive (no forged sign-in with somebody else's code).
 *
 * Whatever is wrong, the browser is told one thing; the record says which.
 */
import * as client from 'openid-client';
import { appendAudit } from '#assurance/audit/audit.ts';
import type { From, Identity, PersonId } from '#assurance/identity/identity.ts';
import { makeSeal, openSeal, type Opened, useOnce } from '#assurance/identity/seals.ts';
import {
  afterProof,
  attempt,
  isTenant,
  openSession,
  type SecondStep,
  type SignedIn,
} from '#assurance/identity/sign-in.ts';
import { bare } from '#assurance/identity/tokens.ts';
import type { Actor } from '#core/actor.ts';
import type { TenantId } from '#core/id.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { Transaction } from '#platform/db.ts';
import { setGroups } from './groups.ts';
import { type Claims, hasSecondFactor, linkPerson, personOf } from './people.ts';
import { type OpenProvider, openProvider, parseRef } from './providers.ts';
import { configure, reasonOf, type Reach } from './relying-party.ts';

export type OidcParts = {
  readonly identity: Identity;
  readonly reach: Reach;
};
type Flow = {
  readonly ref: string;
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** Set where somebody who is signed in links the account at the provider. */
  readonly person?: PersonId;
};
const FLOW = 'oidc-flow';

export type Started = { readonly url: string; readonly flow: string };

/** Undefined where there is no such provider, or it does not answer as it should; which of them is on record. */
export async function startOidc(
  parts: OidcParts,
  ref: string,
  origin: string,
  person?: PersonId,
): Promise<Started | undefined> {
  const { identity, reach } = parts;
  const provider = await providerOf(identity, ref);
  if (provider === undefined) return undefined;
  const config = await configure(provider, reach);
  if (!config.ok) {
    await recordRefusal(identity, provider, 'system:sign-in/start', config.error);
    return undefined;
  }
  const flow: Flow = {
    ref,
    redirectUri: redirectUri(origin, ref),
    state: client.randomState(),
    nonce: client.randomNonce(),
    verifier: client.randomPKCECodeVerifier(),
    ...(person === undefined ? {} : { person }),
  };
  const url = client.buildAuthorizationUrl(config.value, {
    redirect_uri: flow.redirectUri,
    scope: provider.settings.scopes.join(' '),
    state: flow.state,
    nonce: flow.nonce,
    code_challenge: await client.calculatePKCECodeChallenge(flow.verifier),
    // RFC 7636 §4.2: never plain.
    code_challenge_method: 'S256',
    ...(provider.settings.secondFactorAcr.length > 0
      ? { acr_values: provider.settings.secondFactorAcr.join(' ') }
      : {}),
  });
  const { tenant } = provider;
  const sealed = makeSeal(identity.keys, tenant, FLOW, flow, identity.now());
  return { url: url.href, flow: `${bare(tenant)}.${sealed}` };
}

/** RFC 9700 §4.4: each provider has a redirect URI of its own, so that no answer can be passed off as another's. */
const redirectUri = (origin: string, ref: string): string => `${origin}/api/v1/sign-in/oidc/${ref}/callback`;

export type Arrived = SignedIn | SecondStep | { readonly kind: 'linked' } | { readonly kind: 'failed' };
const FAILED = { kind: 'failed' } as const;

export type Arriving = {
  readonly ref: string;
  /** The query as the browser brought it, without its question mark. */
  readonly query: string;
  readonly flow: string | undefined;
  readonly from: From;
};

export async function finishOidc({ identity, reach }: OidcParts, arriving: Arriving): Promise<Arrived> {
  const provider = await providerOf(identity, arriving.ref);
  if (provider === undefined) return FAILED;
  const actor: Actor = `system:sign-in/${arriving.from.ip}`;
  const flow = openFlow(identity, provider, arriving.flow);
  const proved =
    flow === undefined
      ? err('the browser did not set out from here')
      : await exchange(provider, reach, flow.value, arriving.query);
  if (flow === undefined || !proved.ok) {
    await recordRefusal(identity, provider, actor, proved.ok ? '' : proved.error);
    return FAILED;
  }
  let refusal = 'this answer was used before';
  const arrived = await attempt(identity.db.asTenant(provider.tenant), async (tx) => {
    if (!(await useOnce(tx, provider.tenant, flow.seal))) return undefined;
    const done = await arrive(identity, tx, provider, flow.value, proved.value, actor, arriving.from);
    if (done.ok) return done.value;
    refusal = done.error;
    return undefined;
  });
  if (arrived !== undefined) return arrived;
  await recordRefusal(identity, provider, actor, refusal);
  return FAILED;
}

async function providerOf(identity: Identity, ref: string): Promise<OpenProvider | undefined> {
  const named = parseRef(ref);
  if (named === undefined || !(await isTenant(identity.db, named.tenant))) return undefined;
  return await openProvider(identity.db.asTenant(named.tenant), identity.keys, named.tenant, named.name);
}

function openFlow(
  { keys, now }: Identity,
  provider: OpenProvider,
  text: string | undefined,
): { readonly value: Flow; readonly seal: Opened } | undefined {
  const [, hex, sealed = ''] = /^([0-9a-f]{32})\.([A-Za-z0-9_-]+)$/.exec(text ?? '') ?? [];
  if (hex !== bare(provider.tenant)) return undefined;
  const seal = openSeal(keys, provider.tenant, FLOW, sealed, now());
  if (seal === undefined) return undefined;
  const value = seal.value as Flow; // `as`: we sealed it so
  return value.ref === provider.ref ? { value, seal } : undefined;
}

/** Everything that OpenID Connect asks to be checked is checked by openid-client: issuer, state, nonce, signature, times. */
async function exchange(
  provider: OpenProvider,
  reach: Reach,
  flow: Flow,
  query: string,
): Promise<Result<Claims, string>> {
  const config = await configure(provider, reach);
  if (!config.ok) return config;
  try {
    const tokens = await client.authorizationCodeGrant(
      config.value,
      new URL(`${flow.redirectUri}?${query}`),
      {
        pkceCodeVerifier: flow.verifier,
        expectedState: flow.state,
        expectedNonce: flow.nonce,
        idTokenExpected: true,
      },
    );
    const claims = tokens.claims();
    if (claims === undefined || claims.sub.length > 255)
      return err('there is no ID token, or its subject is too long');
    return ok(claims);
  } catch (error) {
    return err(reasonOf(error)); // whatever a stranger's answer is like, it is an expected outcome
  }
}

async function arrive(
  identity: Identity,
  tx: Transaction,
  provider: OpenProvider,
  flow: Flow,
  claims: Claims,
  actor: Actor,
  from: From,
): Promise<Result<Arrived, string>> {
  const { tenant } = provider;
  const issuer = provider.issuer;
  if (flow.person !== undefined) {
    const act = { tx, tenant, actor: `employee:${flow.person}` as const };
    const isLinked = await linkPerson(act, provider, issuer, claims.sub, flow.person);
    return isLinked ? ok({ kind: 'linked' }) : err('the subject is linked to somebody already');
  }
  const person = await personOf({ tx, tenant, actor }, provider, issuer, claims);
  if (!person.ok) return person;
  await setGroups({ tx, tenant, actor }, provider, claims, person.value);
  const isStrong = hasSecondFactor(provider.settings, claims);
  const proved = { tenant, person: person.value, from, proofs: [isStrong ? 'oidc' : 'oidc-first'] } as const;
  const outcome = isStrong ? await openSession(identity, tx, proved) : await afterProof(identity, tx, proved);
  if (outcome.kind === 'signed-in') await remember(tx, tenant, outcome, issuer, claims);
  return ok(outcome);
}

/** So that the provider can end it (back-channel logout). */
async function remember(
  tx: Transaction,
  tenant: TenantId,
  session: SignedIn,
  issuer: string,
  claims: Claims,
): Promise<void> {
  const sid = claims['sid'];
  await tx.query(
    'insert into oidc_session (tenant_id, session_id, issuer, subject, sid) values ($1, $2, $3, $4, $5)',
    [tenant, session.id, issuer, claims.sub, typeof sid === 'string' ? sid.slice(0, 255) : null],
  );
}

export async function recordRefusal(
  { db }: Identity,
  { tenant, name }: OpenProvider,
  actor: Actor,
  reason: string,
): Promise<void> {
  const event = { tenant, actor, what: 'sign-in.oidc-failed', subject: name, details: { reason } };
  await db.asTenant(tenant).transact((tx) => appendAudit(tx, [event]));
}
