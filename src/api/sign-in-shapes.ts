/** Shapes that signing in, proving anew and one's own factors share. Everything a browser sends is bounded. */
import { z } from 'zod';
import type { SignInOutcome } from '#assurance/identity/sign-in.ts';
import type { CookieChange } from './caller.ts';
import { problem, type Problem } from './problem.ts';

const b64 = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[A-Za-z0-9_-]*$/);

/** What a browser answers when a passkey has signed (Web Authentication Level 3, AuthenticationResponseJSON). */
export const assertion = z.object({
  id: b64(1400).min(1),
  rawId: b64(1400).min(1),
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: b64(8192),
    authenticatorData: b64(8192),
    signature: b64(8192),
    userHandle: b64(128).optional(),
  }),
  authenticatorAttachment: z.enum(['platform', 'cross-platform']).optional(),
  clientExtensionResults: z.looseObject({}).default({}),
});

/** What a browser answers when a passkey was made (RegistrationResponseJSON). */
export const attestation = z.object({
  id: b64(1400).min(1),
  rawId: b64(1400).min(1),
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: b64(8192),
    attestationObject: b64(65536),
    transports: z.array(z.string().max(32)).max(8).optional(),
  }),
  authenticatorAttachment: z.enum(['platform', 'cross-platform']).optional(),
  clientExtensionResults: z.looseObject({}).default({}),
});

/** Handed to the browser's own passkey functions as it is. */
export const passkeyOptions = z.looseObject({ challenge: z.string() });

export const code = z
  .string()
  .min(6)
  .max(40)
  .describe('Six digits of an authenticator app, or a recovery code.');
export const password = z.string().min(1).max(1024);
export const email = z
  .string()
  .min(3)
  .max(320)
  .regex(/^[^\s@\p{Cc}]{1,64}@[^\s@\p{Cc}]{1,255}$/u, 'must be an e-mail address');
export const personName = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^\P{Cc}+$/u, 'must not hold control characters');
export const oneTimeToken = z.string().max(128);

export const factors = z.object({
  password: z.boolean(),
  passkeys: z.int(),
  totp: z.int(),
  recoveryCodes: z.int(),
});

/** Where a sign-in stands: in, in but owing a factor, or at the second step. */
export const signInReply = z.discriminatedUnion('state', [
  z.object({ state: z.literal('signed-in') }),
  z.object({ state: z.literal('enrolling') }),
  z.object({
    state: z.literal('second-factor'),
    ticket: z.string(),
    factors,
    passkey: passkeyOptions.optional(),
  }),
]);

export const SIGN_IN_FAILED: Problem = problem({
  status: 401,
  type: 'sign-in-failed',
  title: 'Sign-in failed',
  detail: 'Something of what was given is wrong, or the account may not sign in.',
});

export function waitProblem(seconds: number): Problem {
  return problem({
    status: 429,
    type: 'sign-in-delayed',
    title: 'Too many failed tries',
    detail: `Wait ${seconds} seconds, or use a passkey.`,
    retryAfterS: seconds,
  });
}

/** The reply of an outcome; the session itself goes into the cookie and nowhere else. */
export function answer(
  outcome: SignInOutcome,
  setCookie: (change: CookieChange) => void,
): z.input<typeof signInReply> | Problem {
  switch (outcome.kind) {
    case 'failed':
      return SIGN_IN_FAILED;
    case 'wait':
      return waitProblem(outcome.seconds);
    case 'second-factor': {
      const { ticket, factors: known, passkey } = outcome;
      return {
        state: 'second-factor',
        ticket,
        factors: known,
        ...(passkey === undefined ? {} : { passkey: { ...passkey } }),
      };
    }
    case 'signed-in': {
      const { token, maxAgeS, device } = outcome;
      setCookie({ token, maxAgeS, device });
      return { state: outcome.isEnrolling ? 'enrolling' : 'signed-in' };
    }
  }
}
