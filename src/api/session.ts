/** One's own sessions: who am I, where am I signed in, prove it anew, sign out. */
import { z } from 'zod';
import { factorsOf } from '#assurance/identity/factors.ts';
import type { Identity, PersonId, SessionId } from '#assurance/identity/identity.ts';
import { organisationOf } from '#assurance/identity/link-sign-in.ts';
import { credentialIds, passkeyRequest } from '#assurance/identity/passkeys.ts';
import { findPerson, PERSON_LANGUAGES } from '#assurance/identity/people.ts';
import { endSessions, limitsOf, listSessions, renewSession } from '#assurance/identity/sessions.ts';
import { proveAnew } from '#assurance/identity/step-up.ts';
import type { Caller } from './caller.ts';
import { notFound } from './problem.ts';
import { readRoute, writeRoute, type Route } from './route.ts';
import {
  assertion,
  code,
  factors,
  passkeyOptions,
  password,
  SIGN_IN_FAILED,
  waitProblem,
} from './sign-in-shapes.ts';
import { plain } from './sign-in.ts';
import { withTimes } from './times.ts';

/** What a route of scope `person` is only ever asked with. */
export type Self = { readonly person: PersonId; readonly session: SessionId };
export function selfOf({ person, session }: Caller): Self {
  if (person === undefined || session === undefined) throw new TypeError('a key came to a route of a person');
  return { person, session };
}

const own = { scope: 'person', enrolment: true } as const;
const time = z.string();
const listed = z.object({
  id: z.string(),
  createdAt: time,
  seenAt: time,
  ip: z.string(),
  userAgent: z.string(),
  proofs: z.array(z.string()),
  isCurrent: z.boolean(),
});

export function sessionRoutes(identity: Identity): readonly Route[] {
  return [whoAmI(identity), ...proofRoutes(identity), ...listRoutes()];
}

const whoAmI = (identity: Identity): Route =>
  readRoute({
    ...own,
    path: '/session',
    summary: 'Who is signed in, what this person may do, and which factors there are.',
    permission: 'account.read',
    rate: 'read',
    reply: z.object({
      person: z.object({
        id: z.string(),
        name: z.string(),
        email: z.string(),
        language: z.enum(PERSON_LANGUAGES),
      }),
      tenant: z.object({ id: z.string(), name: z.string() }),
      permissions: z.array(z.string()),
      platform: z.array(z.string()),
      factors,
      state: z.enum(['signed-in', 'enrolling']),
      provedAt: z.string(),
      idleS: z.int(),
      endsAt: time,
    }),
    handle: async (_, { caller, db, tenant }) => {
      const self = selfOf(caller);
      const person = await findPerson(db, tenant, self.person);
      const limits = await limitsOf(db, tenant, self.session);
      if (person === undefined || limits === undefined) return notFound('session');
      const { id, name, email, language } = person;
      return {
        person: { id, name, email, language },
        tenant: { id: tenant, name: await organisationOf(identity, tenant) },
        permissions: [...caller.permissions].toSorted(),
        platform: [...caller.platform].toSorted(),
        factors: await factorsOf(db, tenant, self.person),
        state: caller.isEnrolling === true ? ('enrolling' as const) : ('signed-in' as const),
        provedAt: new Date(caller.provedAtMs ?? 0).toISOString(),
        ...withTimes(limits),
      };
    },
  });

const proofRoutes = (identity: Identity): Route[] => [
  readRoute({
    path: '/session/proof',
    summary: 'How one can prove anew that it is oneself, with what a passkey is asked to sign.',
    permission: 'account.read',
    scope: 'person',
    rate: 'sign-in',
    reply: z.object({ factors, passkey: passkeyOptions.optional() }),
    handle: async (_, { caller, db, tenant }) => {
      const { person } = selfOf(caller);
      const ids = await credentialIds(db, tenant, person);
      const passkey =
        ids.length === 0 ? undefined : await passkeyRequest(identity, tenant, 'step-up', person, ids);
      return {
        factors: await factorsOf(db, tenant, person),
        ...(passkey === undefined ? {} : { passkey: { ...passkey } }),
      };
    },
  }),
  writeRoute({
    method: 'post',
    path: '/session/proof',
    status: 204,
    summary: 'Proves anew: a passkey, or password and code; sensitive acts are open for ten minutes.',
    permission: 'account.write',
    scope: 'person',
    rate: 'sign-in',
    audit: 'session.proved',
    secret: true,
    body: z.union([
      z.strictObject({ passkey: assertion }),
      z.strictObject({ password, code: code.optional().describe('Where there is a second factor.') }),
    ]),
    reply: z.null(),
    handle: async ({ body }, call) => {
      const self = selfOf(call.caller);
      const proof = 'passkey' in body ? { passkey: plain(body.passkey) } : body;
      const proved = await proveAnew(identity, call, { ...self, proof, device: call.device, from: call });
      if (proved.kind === 'wait') return waitProblem(proved.seconds);
      if (proved.kind === 'failed') return SIGN_IN_FAILED;
      const renewed = await renewSession(
        call,
        { id: self.session, person: self.person },
        { proofs: proved.proofs, isEnrolling: false },
        identity.now(),
      );
      if (renewed === undefined) return notFound('session');
      call.setCookie(renewed);
      return null;
    },
  }),
];

const listRoutes = (): Route[] => [
  readRoute({
    ...own,
    path: '/sessions',
    summary: 'Where one is signed in.',
    permission: 'account.read',
    rate: 'read',
    reply: z.object({ items: z.array(listed) }),
    handle: async (_, { caller, db, tenant }) => {
      const { person, session } = selfOf(caller);
      const all = await listSessions(db, tenant, person);
      return {
        items: all.map((s) => ({ ...withTimes(s), proofs: [...s.proofs], isCurrent: s.id === session })),
      };
    },
  }),
  writeRoute({
    ...own,
    method: 'delete',
    path: '/sessions/{id}',
    status: 204,
    summary: 'Ends one of one’s own sessions.',
    permission: 'account.write',
    rate: 'write',
    audit: 'session.ended',
    params: z.strictObject({ id: z.uuid() }),
    reply: z.null(),
    handle: async ({ params }, call) => {
      const { person, session } = selfOf(call.caller);
      const only = params.id.toLowerCase() as SessionId; // `as`: the schema has just checked it
      if ((await endSessions(call, person, { only })) === 0) return notFound('session');
      if (only === session) call.setCookie('clear');
      return null;
    },
  }),
  writeRoute({
    ...own,
    method: 'post',
    path: '/sessions/end-others',
    status: 200,
    summary: 'Ends all of one’s sessions but this one.',
    permission: 'account.write',
    rate: 'write',
    audit: 'session.ended',
    reply: z.object({ ended: z.int() }),
    handle: async (_, call) => {
      const { person, session } = selfOf(call.caller);
      const ended = await endSessions(call, person, { except: session });
      if (ended === 0) call.nothingChanged();
      return { ended };
    },
  }),
  writeRoute({
    ...own,
    method: 'post',
    path: '/sign-out',
    status: 204,
    summary: 'Ends this session.',
    permission: 'account.write',
    rate: 'write',
    audit: 'session.ended',
    reply: z.null(),
    handle: async (_, call) => {
      const { person, session } = selfOf(call.caller);
      await endSessions(call, person, { only: session });
      call.nothingChanged();
      call.setCookie('clear');
      return null;
    },
  }),
];
