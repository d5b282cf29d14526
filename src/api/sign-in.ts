/** The way in, before anybody is known: password and second factor, passkey, one-time link. Public routes. */
import { z } from 'zod';
import { lookAtLink, openLink } from '#assurance/identity/link-sign-in.ts';
import type { Identity } from '#assurance/identity/identity.ts';
import {
  passkeySignInRequest,
  signInWithPasskey,
  signInWithPassword,
  signInWithSecondFactor,
  tenantMeant,
} from '#assurance/identity/sign-in.ts';
import { passwordProblem } from './password-problem.ts';
import { notFound } from './problem.ts';
import { publicRoute, type Route } from './route.ts';
import {
  answer,
  assertion,
  code,
  oneTimeToken,
  passkeyOptions,
  password,
  signInReply,
} from './sign-in-shapes.ts';

const organisation = z
  .string()
  .min(1)
  .max(255)
  .optional()
  .describe('Name of the organisation; may be left out where there is only one.');

export function signInRoutes(identity: Identity): readonly Route[] {
  return [...passwordRoutes(identity), ...passkeyRoutes(identity), ...linkRoutes(identity)];
}

const passwordRoutes = (identity: Identity): Route[] => [
  publicRoute({
    method: 'post',
    path: '/sign-in/password',
    summary: 'Signs in with a password; where there is a second factor it is asked for next.',
    rate: 'sign-in',
    body: z.strictObject({ organisation, email: z.string().min(1).max(320), password }),
    reply: signInReply,
    handle: async ({ body }, call) => {
      const tenant = await tenantMeant(identity.db, body.organisation);
      const given = { tenant, email: body.email, password: body.password, device: call.device, from: call };
      return answer(await signInWithPassword(identity, given), call.setCookie);
    },
  }),
  publicRoute({
    method: 'post',
    path: '/sign-in/second-factor',
    summary: 'The second step after a password or a link: a code, a recovery code or a passkey.',
    rate: 'sign-in',
    body: z.union([
      z.strictObject({ ticket: z.string().max(2048), code }),
      z.strictObject({ ticket: z.string().max(2048), passkey: assertion }),
    ]),
    reply: signInReply,
    handle: async ({ body }, call) => {
      const { ticket } = body;
      const proof = 'code' in body ? { code: body.code } : { passkey: plain(body.passkey) };
      const given = { ticket, proof, device: call.device, from: call };
      return answer(await signInWithSecondFactor(identity, given), call.setCookie);
    },
  }),
];

const passkeyRoutes = (identity: Identity): Route[] => [
  publicRoute({
    method: 'post',
    path: '/sign-in/passkey/options',
    summary: 'What a passkey is asked to sign for a sign-in without a name.',
    rate: 'sign-in',
    reply: passkeyOptions,
    handle: async () => ({ ...(await passkeySignInRequest(identity)) }),
  }),
  publicRoute({
    method: 'post',
    path: '/sign-in/passkey',
    summary: 'Signs in with a passkey, which is both factors.',
    rate: 'sign-in',
    body: z.strictObject({ passkey: assertion }),
    reply: signInReply,
    handle: async ({ body }, call) =>
      answer(
        await signInWithPasskey(identity, { response: plain(body.passkey), from: call }),
        call.setCookie,
      ),
  }),
];

const linkRoutes = (identity: Identity): Route[] => [
  publicRoute({
    method: 'post',
    path: '/sign-in/link/look',
    summary: 'What a one-time link is for, without using it.',
    rate: 'sign-in',
    body: z.strictObject({ token: oneTimeToken }),
    reply: z.object({
      purpose: z.enum(['invite', 'password', 'factors']),
      email: z.string(),
      name: z.string(),
      language: z.string(),
      organisation: z.string(),
      hasPassword: z.boolean(),
    }),
    handle: async ({ body }) => (await lookAtLink(identity, body.token)) ?? notFound('link'),
  }),
  publicRoute({
    method: 'post',
    path: '/sign-in/link',
    summary: 'Uses a one-time link: joins, sets a new password, or replaces lost factors.',
    rate: 'sign-in',
    body: z.strictObject({
      token: oneTimeToken,
      password: password.optional().describe('The new one; for lost factors the present one.'),
    }),
    reply: signInReply,
    handle: async ({ body }, call) => {
      const outcome = await openLink(identity, { ...body, device: call.device, from: call });
      if (outcome.kind === 'bad-password') return passwordProblem(outcome.fault);
      if (outcome.kind === 'missing') return notFound('link');
      return answer(outcome, call.setCookie);
    },
  }),
];

/** Without the fields that are present and undefined, which the passkey library does not expect. */
export function plain(value: object): never {
  // `never`: the schema has held it against the browser's own types, which say the same in other words.
  return JSON.parse(JSON.stringify(value)) as never;
}
