/** Signing in through an OpenID provider, and the providers themselves. */
import { z } from 'zod';
import { appendAudit } from '#assurance/audit/audit.ts';
import type { Identity, PersonId } from '#assurance/identity/identity.ts';
import { makeSeal, openSeal } from '#assurance/identity/seals.ts';
import { tenantMeant } from '#assurance/identity/sign-in.ts';
import { logOutByProvider } from '#assurance/oidc/logout.ts';
import {
  addProvider,
  listProviders,
  parseRef,
  providerInput,
  providerName,
  providerSettings,
  refOf,
  removeProvider,
} from '#assurance/oidc/providers.ts';
import type { Reach } from '#assurance/oidc/relying-party.ts';
import { finishOidc, startOidc } from '#assurance/oidc/sign-in.ts';
import { conflict, notFound, problem } from './problem.ts';
import { redirect } from './redirect.ts';
import { publicRoute, readRoute, type Route, writeRoute } from './route.ts';

export type OidcOptions = {
  readonly identity: Identity;
  readonly reach: Reach;
  readonly publicUrl: string | undefined;
};

const ref = z.string().max(128);
const params = z.strictObject({ ref });
const LINK = 'oidc-link';

export function oidcRoutes(options: OidcOptions): readonly Route[] {
  return [...signInRoutes(options), ...providerRoutes(options.identity), linkRoute(options.identity)];
}

function signInRoutes({ identity, reach, publicUrl }: OidcOptions): Route[] {
  // The guard has held Host against what is ours.
  const originOf = (host: string): string =>
    publicUrl === undefined ? `http://${host}` : new URL(publicUrl).origin;
  const parts = { identity, reach };
  return [
    publicRoute({
      method: 'get',
      path: '/sign-in/oidc',
      summary: 'The providers that people of an organisation may sign in through.',
      rate: 'sign-in',
      query: z.strictObject({ organisation: z.string().min(1).max(255).optional() }),
      reply: z.object({ items: z.array(z.object({ ref: z.string(), label: z.string() })) }),
      handle: async ({ query }) => {
        const tenant = await tenantMeant(identity.db, query.organisation);
        if (tenant === undefined) return { items: [] };
        const providers = await listProviders(identity.db.asTenant(tenant), tenant);
        return { items: providers.map((p) => ({ ref: refOf(tenant, p.name), label: p.settings.label })) };
      },
    }),
    publicRoute({
      method: 'get',
      path: '/sign-in/oidc/{ref}/start',
      summary: 'Sends the browser to the provider.',
      rate: 'sign-in',
      params,
      query: z.strictObject({ link: z.string().max(2048).optional() }),
      reply: z.null(),
      handle: async ({ params: p, query }, call) => {
        const person = query.link === undefined ? undefined : linking(identity, p.ref, query.link);
        if (person === null) return UNAVAILABLE;
        const started = await startOidc(parts, p.ref, originOf(call.host), person);
        if (started === undefined) return UNAVAILABLE;
        call.setFlow(started.flow);
        return redirect(started.url);
      },
    }),
    publicRoute({
      method: 'get',
      path: '/sign-in/oidc/{ref}/callback',
      summary: 'Where the provider sends the browser back to.',
      rate: 'sign-in',
      comesFrom: 'browser',
      params,
      query: z.looseObject({}),
      reply: z.null(),
      handle: async ({ params: p }, call) => {
        call.setFlow('clear');
        const arriving = { ref: p.ref, query: call.search, flow: call.flow, from: call };
        const arrived = await finishOidc(parts, arriving);
        if (arrived.kind === 'failed') return FAILED;
        if (arrived.kind === 'linked') return redirect('/account');
        // In the fragment, which no server and no log sees.
        if (arrived.kind === 'second-factor') return redirect(`/sign-in#ticket=${arrived.ticket}`);
        const { token, maxAgeS, device } = arrived;
        call.setCookie({ token, maxAgeS, device });
        return redirect('/');
      },
    }),
    publicRoute({
      method: 'post',
      path: '/sign-in/oidc/{ref}/logout',
      summary: 'Where a provider says that somebody has signed out there (back-channel logout).',
      rate: 'sign-in',
      comesFrom: 'server',
      params,
      body: z.object({ logout_token: z.string().max(16_384) }),
      reply: z.object({ ended: z.int() }),
      handle: async ({ params: p, body }) => {
        const ended = await logOutByProvider(parts, p.ref, body.logout_token);
        return ended === undefined ? BAD_TOKEN : { ended };
      },
    }),
  ];
}

/** Null for a ticket that is no good. */
function linking(identity: Identity, text: string, ticket: string): PersonId | null {
  const named = parseRef(text);
  if (named === undefined) return null;
  try {
    const opened = openSeal(identity.keys, named.tenant, LINK, ticket, identity.now());
    const value = opened?.value as { ref: string; person: PersonId } | undefined; // `as`: we sealed it so
    return value?.ref === text ? value.person : null;
  } catch {
    return null; // a tenant that somebody thought up has no key: an expected outcome
  }
}

const linkRoute = (identity: Identity): Route =>
  writeRoute({
    method: 'post',
    path: '/account/oidc-links',
    status: 201,
    summary: 'Begins to link the own account with one at a provider; the ticket goes to its start.',
    permission: 'account.write',
    scope: 'person',
    rate: 'write',
    stepUp: true,
    audit: 'person.oidc-link-begun',
    body: z.strictObject({ provider: providerName }),
    reply: z.object({ start: z.string() }),
    handle: async ({ body }, { tx, tenant, actor, caller }) => {
      const { person } = caller;
      const there = (await listProviders(tx, tenant)).some((p) => p.name === body.provider);
      if (!there || person === undefined) return notFound('provider');
      const text = refOf(tenant, body.provider);
      const ticket = makeSeal(identity.keys, tenant, LINK, { ref: text, person }, identity.now());
      await appendAudit(tx, [
        {
          tenant,
          actor,
          what: 'person.oidc-link-begun',
          subject: `person:${person}`,
          details: { provider: body.provider },
        },
      ]);
      return { start: `/api/v1/sign-in/oidc/${text}/start?link=${ticket}` };
    },
  });

const provider = z.object({
  name: z.string(),
  issuer: z.string(),
  clientId: z.string(),
  settings: providerSettings,
  ref: z.string(),
});

const providerRoutes = (identity: Identity): Route[] => [
  readRoute({
    path: '/oidc-providers',
    summary: 'Lists the OpenID providers of the organisation; none of their secrets.',
    permission: 'sign-in.read',
    scope: 'tenant',
    rate: 'read',
    reply: z.object({ items: z.array(provider) }),
    handle: async (_input, { db, tenant }) => ({
      items: (await listProviders(db, tenant)).map((p) => ({ ...p, ref: refOf(tenant, p.name) })),
    }),
  }),
  writeRoute({
    method: 'post',
    path: '/oidc-providers',
    status: 201,
    summary: 'Adds an OpenID provider.',
    permission: 'sign-in.write',
    scope: 'tenant',
    rate: 'write',
    stepUp: true,
    audit: 'oidc-provider.added',
    body: providerInput,
    reply: provider,
    handle: async ({ body }, call) => {
      const done = await addProvider(call, identity.keys, body);
      return done.ok ? { ...done.value, ref: refOf(call.tenant, body.name) } : conflict(done.error);
    },
  }),
  writeRoute({
    method: 'delete',
    path: '/oidc-providers/{name}',
    status: 204,
    summary: 'Removes an OpenID provider; nobody signs in through it any more.',
    permission: 'sign-in.write',
    scope: 'tenant',
    rate: 'write',
    stepUp: true,
    audit: 'oidc-provider.removed',
    params: z.strictObject({ name: providerName }),
    reply: z.null(),
    handle: async ({ params: p }, call) =>
      (await removeProvider(call, p.name)) ? null : notFound('provider'),
  }),
];

const UNAVAILABLE = problem({
  status: 404,
  type: 'provider-unavailable',
  title: 'Not available',
  detail: 'There is no such provider, or it does not answer as it should.',
});
const FAILED = problem({
  status: 401,
  type: 'sign-in-failed',
  title: 'Not signed in',
  detail: 'The sign-in through the provider did not succeed; begin again.',
});
const BAD_TOKEN = problem({
  status: 400,
  type: 'bad-logout-token',
  title: 'Bad logout token',
  detail: 'The token is not one that ends sessions.',
});
