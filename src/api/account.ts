/** One's own account: factors, password, language. What adds a factor is open to a session that owes one. */
import { z } from 'zod';
import { factorsOf, isEnrolled } from '#assurance/identity/factors.ts';
import type { Identity } from '#assurance/identity/identity.ts';
import { organisationOf } from '#assurance/identity/link-sign-in.ts';
import {
  addPasskey,
  credentialIds,
  listPasskeys,
  MAX_PASSKEYS,
  passkeyCreation,
  removePasskey,
  renamePasskey,
  type PasskeyId,
} from '#assurance/identity/passkeys.ts';
import { passwordFault } from '#assurance/identity/password-rules.ts';
import { removePassword, setPassword } from '#assurance/identity/passwords.ts';
import { changePerson, findPerson, PERSON_LANGUAGES } from '#assurance/identity/people.ts';
import { makeRecoveryCodes } from '#assurance/identity/recovery-codes.ts';
import { endSessions, type Proof, renewSession } from '#assurance/identity/sessions.ts';
import {
  beginTotp,
  confirmTotp,
  listTotp,
  MAX_TOTP,
  removeTotp,
  type TotpId,
} from '#assurance/identity/totp.ts';
import { passwordProblem } from './password-problem.ts';
import { conflict, notFound, problem, type Problem } from './problem.ts';
import { readRoute, writeRoute, type Route, type WriteCall } from './route.ts';
import { selfOf } from './session.ts';
import { attestation, factors, passkeyOptions, password } from './sign-in-shapes.ts';
import { plain } from './sign-in.ts';
import { withTimes } from './times.ts';

const time = z.string();
const name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^\P{Cc}+$/u);
const id = z.strictObject({ id: z.uuid() });
/** A fresh proof is asked of everybody; who has just come in to enrol has given one. */
const change = { scope: 'person', permission: 'account.write', rate: 'write', stepUp: true } as const;
const enrol = { ...change, enrolment: true } as const;

export function accountRoutes(identity: Identity): readonly Route[] {
  return [
    ...factorRoutes(),
    ...passkeyRoutes(identity),
    ...totpRoutes(identity),
    ...passwordRoutes(identity),
    recoveryRoute(),
    languageRoute(),
  ];
}

const factorRoutes = (): Route[] => [
  readRoute({
    path: '/account/factors',
    summary: 'One’s own factors.',
    permission: 'account.read',
    scope: 'person',
    rate: 'read',
    enrolment: true,
    reply: z.object({
      factors,
      passkeys: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          createdAt: time,
          lastUsedAt: time.nullable(),
          isBackedUp: z.boolean(),
        }),
      ),
      totp: z.array(z.object({ id: z.string(), name: z.string(), createdAt: time })),
    }),
    handle: async (_, { caller, db, tenant }) => {
      const { person } = selfOf(caller);
      const passkeys = await listPasskeys(db, tenant, person);
      const totp = await listTotp(db, tenant, person);
      return {
        factors: await factorsOf(db, tenant, person),
        passkeys: passkeys.map(withTimes),
        totp: totp.map(withTimes),
      };
    },
  }),
];

const passkeyRoutes = (identity: Identity): Route[] => [
  readRoute({
    path: '/account/passkeys/options',
    summary: 'What the browser is asked to make a passkey of.',
    permission: 'account.read',
    scope: 'person',
    rate: 'write',
    enrolment: true,
    reply: passkeyOptions,
    handle: async (_, { caller, db, tenant }) => {
      const person = await findPerson(db, tenant, selfOf(caller).person);
      if (person === undefined) return notFound('person');
      const known = await credentialIds(db, tenant, person.id);
      return { ...(await passkeyCreation(identity, tenant, person, known)) };
    },
  }),
  writeRoute({
    ...enrol,
    method: 'post',
    path: '/account/passkeys',
    status: 201,
    summary: 'Adds a passkey.',
    audit: 'account.passkey-added',
    body: z.strictObject({ name, passkey: attestation }),
    reply: z.object({ id: z.string() }),
    handle: async ({ body }, call) => {
      const { person } = selfOf(call.caller);
      const known = await listPasskeys(call.tx, call.tenant, person);
      if (known.length >= MAX_PASSKEYS) return conflict(`There are ${MAX_PASSKEYS} passkeys already.`);
      const added = await addPasskey(identity, call, person, {
        name: body.name,
        response: plain(body.passkey),
      });
      if (added === undefined) return BAD_PASSKEY;
      await finishEnrolment(identity, call, ['passkey']);
      return { id: added };
    },
  }),
  writeRoute({
    ...change,
    method: 'patch',
    path: '/account/passkeys/{id}',
    status: 204,
    summary: 'Renames a passkey.',
    stepUp: false,
    audit: 'account.passkey-renamed',
    params: id,
    body: z.strictObject({ name }),
    reply: z.null(),
    handle: async ({ params, body }, call) => {
      const { person } = selfOf(call.caller);
      return (await renamePasskey(call, person, params.id as PasskeyId, body.name))
        ? null
        : notFound('passkey');
    },
  }),
  writeRoute({
    ...change,
    method: 'delete',
    path: '/account/passkeys/{id}',
    status: 204,
    summary: 'Removes a passkey.',
    audit: 'account.passkey-removed',
    params: id,
    reply: z.null(),
    handle: async ({ params }, call) => {
      const { person } = selfOf(call.caller);
      if (!(await removePasskey(call, person, params.id as PasskeyId))) return notFound('passkey');
      return (await lastFactor(identity, call)) ?? null;
    },
  }),
];

const totpRoutes = (identity: Identity): Route[] => [
  writeRoute({
    ...enrol,
    method: 'post',
    path: '/account/totp',
    status: 201,
    summary: 'Begins with an authenticator app: the secret, as text and as the address of a QR code.',
    audit: 'account.totp-begun',
    secret: true,
    body: z.strictObject({ name }),
    reply: z.object({ id: z.string(), secret: z.string(), uri: z.string() }),
    handle: async ({ body }, call) => {
      const person = await findPerson(call.tx, call.tenant, selfOf(call.caller).person);
      if (person === undefined) return notFound('person');
      const known = await listTotp(call.tx, call.tenant, person.id);
      if (known.length >= MAX_TOTP) return conflict(`There are ${MAX_TOTP} authenticator apps already.`);
      await identity.keys.ensureTenant(call.tenant);
      return await beginTotp(call, identity.keys, person, body.name);
    },
  }),
  writeRoute({
    ...enrol,
    method: 'post',
    path: '/account/totp/{id}/confirm',
    status: 200,
    summary: 'Ends it with a first code of the app.',
    audit: 'account.totp-added',
    params: id,
    body: z.strictObject({ code: z.string().regex(/^\d{6}$/, 'must be six digits') }),
    reply: z.object({ factors }),
    handle: async ({ params, body }, call) => {
      const { person } = selfOf(call.caller);
      const which = { id: params.id as TotpId, code: body.code };
      if (!(await confirmTotp(call, identity.keys, person, which, identity.now()))) return BAD_CODE;
      await finishEnrolment(identity, call, ['totp']);
      return { factors: await factorsOf(call.tx, call.tenant, person) };
    },
  }),
  writeRoute({
    ...change,
    method: 'delete',
    path: '/account/totp/{id}',
    status: 204,
    summary: 'Removes an authenticator app.',
    audit: 'account.totp-removed',
    params: id,
    reply: z.null(),
    handle: async ({ params }, call) => {
      const { person } = selfOf(call.caller);
      if (!(await removeTotp(call, person, params.id as TotpId))) return notFound('authenticator app');
      return (await lastFactor(identity, call)) ?? null;
    },
  }),
];

const passwordRoutes = (identity: Identity): Route[] => [
  writeRoute({
    ...enrol,
    method: 'put',
    path: '/account/password',
    status: 204,
    summary: 'Sets a new password; every other session ends.',
    audit: 'account.password-set',
    secret: true,
    body: z.strictObject({ password }),
    reply: z.null(),
    handle: async ({ body }, call) => {
      const self = selfOf(call.caller);
      const person = await findPerson(call.tx, call.tenant, self.person);
      if (person === undefined) return notFound('person');
      const context = { ...person, organisation: await organisationOf(identity, call.tenant) };
      const fault = await passwordFault(body.password, context, identity.isBreached);
      if (fault !== undefined) return passwordProblem(fault);
      await setPassword(call, self.person, body.password);
      await endSessions(call, self.person, { except: self.session });
      await finishEnrolment(identity, call);
      return null;
    },
  }),
  writeRoute({
    ...change,
    method: 'delete',
    path: '/account/password',
    status: 204,
    summary: 'Goes without a password: only passkeys from here on.',
    audit: 'account.password-removed',
    reply: z.null(),
    handle: async (_, call) => {
      await removePassword(call, selfOf(call.caller).person);
      return (await lastFactor(identity, call)) ?? null;
    },
  }),
];

const recoveryRoute = (): Route =>
  writeRoute({
    ...enrol,
    method: 'post',
    path: '/account/recovery-codes',
    status: 201,
    summary: 'Ten new recovery codes, shown once; older ones are void.',
    audit: 'account.recovery-codes-made',
    secret: true,
    reply: z.object({ codes: z.array(z.string()) }),
    handle: async (_, call) => ({ codes: [...(await makeRecoveryCodes(call, selfOf(call.caller).person))] }),
  });

const languageRoute = (): Route =>
  writeRoute({
    ...enrol,
    stepUp: false,
    method: 'put',
    path: '/account/language',
    status: 204,
    summary: 'The language one reads.',
    audit: 'person.changed',
    body: z.strictObject({ language: z.enum(PERSON_LANGUAGES) }),
    reply: z.null(),
    handle: async ({ body }, call) => {
      const changed = await changePerson(call, selfOf(call.caller).person, body);
      return changed.ok ? null : notFound('person');
    },
  });

/** A session that owed a factor is whole once there is one, under a new token; so is one that has now shown its second. */
async function finishEnrolment(
  identity: Identity,
  call: WriteCall,
  proofs?: readonly Proof[],
): Promise<void> {
  const { isEnrolling, isSingleFactor } = call.caller;
  if (isEnrolling !== true && (proofs === undefined || isSingleFactor !== true)) return;
  const { person, session } = selfOf(call.caller);
  if (!(await isWhole(identity, call))) return;
  const whole = { proofs, isEnrolling: false };
  const renewed = await renewSession(call, { id: session, person }, whole, identity.now());
  if (renewed !== undefined) call.setCookie(renewed);
}

/** Nobody takes away the last way in, nor the second factor that the own roles demand. */
async function lastFactor(identity: Identity, call: WriteCall): Promise<Problem | undefined> {
  return (await isWhole(identity, call))
    ? undefined
    : conflict('What would be left is not enough to sign in with; add another factor first.');
}

async function isWhole(identity: Identity, { tx, tenant, caller }: WriteCall): Promise<boolean> {
  const { person } = selfOf(caller);
  const granted = await identity.permissionsOf(tx, tenant, person, identity.now());
  return isEnrolled(await factorsOf(tx, tenant, person), identity.isPrivileged(granted));
}

const BAD_PASSKEY = problem({
  status: 422,
  type: 'bad-passkey',
  title: 'The passkey was not accepted',
  detail: 'What the browser answered does not fit what it was asked, or came too late; try again.',
});
const BAD_CODE = problem({
  status: 422,
  type: 'bad-code',
  title: 'Wrong code',
  detail: 'The code is not right now, or was used already; wait for the next one.',
});
