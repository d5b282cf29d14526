/** The very first request to an installation: its link becomes its first administrator. */
import { z } from 'zod';
import type { Identity } from '#assurance/identity/identity.ts';
import { PERSON_LANGUAGES } from '#assurance/identity/people.ts';
import { setUp } from '#assurance/identity/set-up.ts';
import { notFound } from './problem.ts';
import { publicRoute, type Route } from './route.ts';
import { answer, email, oneTimeToken, personName, signInReply } from './sign-in-shapes.ts';

export function setUpRoutes(identity: Identity): readonly Route[] {
  return [
    publicRoute({
      method: 'post',
      path: '/setup',
      summary: 'Makes the first administrator, who must add a factor next.',
      rate: 'sign-in',
      body: z.strictObject({
        token: oneTimeToken.describe('From the link that the first start printed.'),
        name: personName,
        email,
        language: z.enum(PERSON_LANGUAGES).default('en'),
        organisation: z
          .string()
          .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and dashes')
          .refine((text) => text !== 'platform', 'is taken')
          .optional()
          .describe('What the first tenant is called; `default` when left out.'),
      }),
      reply: signInReply,
      handle: async ({ body }, call) => {
        const outcome = await setUp(identity, { ...body, from: call });
        return outcome === undefined ? notFound('link') : answer(outcome, call.setCookie);
      },
    }),
  ];
}
