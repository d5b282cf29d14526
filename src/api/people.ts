/**
 * The people of a tenant, for those who look after them. Nobody changes a person who may do more than oneself: else a
 * helpdesk could become administrator by way of somebody's reset.
 */
import { z } from 'zod';
import type { Identity, PersonId, SessionId } from '#assurance/identity/identity.ts';
import { isBothHalves } from '#assurance/identity/link-sign-in.ts';
import { makeLink } from '#assurance/identity/links.ts';
import {
  addPerson,
  changePerson,
  findPerson,
  leavePerson,
  listPeople,
  PERSON_LANGUAGES,
  reactivatePerson,
  recordPerson,
  suspendPerson,
  emailKey,
  type Person,
  type PersonRefusal,
} from '#assurance/identity/people.ts';
import { endSessions, listSessions } from '#assurance/identity/sessions.ts';
import type { Result } from '#core/result.ts';
import { linkUrl } from './links.ts';
import { afterKey, page, pageOf, pageQuery } from './paging.ts';
import { covers } from './permission.ts';
import { conflict, notFound, problem, type Problem } from './problem.ts';
import { readRoute, writeRoute, type Route, type WriteCall } from './route.ts';
import { refuseKey } from './refusals.ts';
import { email, personName } from './sign-in-shapes.ts';
import { withTimes } from './times.ts';

const shown = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  language: z.enum(PERSON_LANGUAGES),
  state: z.enum(['invited', 'active', 'suspended', 'left']),
  source: z.enum(['local', 'scim', 'ldap', 'oidc']),
  createdAt: z.string(),
  lastSignInAt: z.string().nullable(),
});
const link = z.object({ url: z.string(), expiresAt: z.string() });
const params = z.strictObject({ id: z.uuid().transform((text) => text.toLowerCase() as PersonId) }); // just checked
const language = z.enum(PERSON_LANGUAGES);
const read = { permission: 'person.read', scope: 'tenant', rate: 'read' } as const;
const write = { permission: 'person.write', scope: 'tenant', rate: 'write' } as const;
const sensitive = { ...write, stepUp: true } as const;

export function peopleRoutes(identity: Identity, publicUrl: () => string): readonly Route[] {
  return [
    ...readRoutes(),
    inviteRoute(identity, publicUrl),
    changeRoute(identity),
    ...stateRoutes(identity),
    resetRoute(identity, publicUrl),
    ...sessionsOfRoutes(identity),
  ];
}

const readRoutes = (): Route[] => [
  readRoute({
    ...read,
    path: '/people',
    summary: 'Lists people by address, without those who left.',
    query: pageQuery.extend({
      search: z.string().min(1).max(100).optional().describe('Part of name or address.'),
    }),
    reply: pageOf(shown),
    handle: async ({ query }, { db, tenant }) => {
      const asked = { search: query.search, after: afterKey(query.cursor), limit: query.limit + 1 };
      const { items, ...rest } = page(await listPeople(db, tenant, asked), query.limit, (p) =>
        emailKey(p.email),
      );
      return { items: items.map(withTimes), ...rest };
    },
  }),
  readRoute({
    ...read,
    path: '/people/{id}',
    summary: 'Reads one person.',
    params,
    reply: shown,
    handle: async ({ params: { id } }, { db, tenant }) => {
      const person = await findPerson(db, tenant, id);
      return person === undefined ? notFound('person') : withTimes(person);
    },
  }),
];

const inviteRoute = (identity: Identity, publicUrl: () => string): Route =>
  writeRoute({
    ...write,
    method: 'post',
    path: '/people',
    status: 201,
    summary: 'Invites a person: the reply holds a link that works once, to be handed to that person.',
    audit: 'person.added',
    secret: true,
    body: z.strictObject({ email, name: personName, language: language.default('en') }),
    reply: z.object({ person: shown, link }),
    handle: async ({ body }, call) => {
      const added = await addPerson(call, body);
      if (!added.ok) return problemOf(added.error);
      const made = await makeLink(call, 'invite', added.value.id, identity.now());
      return { person: withTimes(added.value), link: linkUrl(publicUrl(), made) };
    },
  });

const changeRoute = (identity: Identity): Route =>
  writeRoute({
    ...write,
    method: 'patch',
    path: '/people/{id}',
    status: 200,
    summary: 'Changes name, address or language.',
    audit: 'person.changed',
    params,
    body: z.strictObject({
      email: email.optional(),
      name: personName.optional(),
      language: language.optional(),
    }),
    reply: shown,
    handle: async ({ params: { id }, body }, call) =>
      (await above(identity, call, id)) ?? shownOr(await changePerson(call, id, body)),
  });

const stateRoutes = (identity: Identity): Route[] =>
  (
    [
      [
        'suspend',
        'Suspends a person: every session ends with this request.',
        suspendPerson,
        'person.suspended',
      ],
      ['reactivate', 'Lets a suspended person in again.', reactivatePerson, 'person.reactivated'],
      [
        'leave',
        'Ends an account for good: factors, sessions and links are gone, the record stays.',
        leavePerson,
        'person.left',
      ],
    ] as const
  ).map(([word, summary, act, audit]) =>
    writeRoute({
      ...sensitive,
      method: 'post',
      path: `/people/{id}/${word}`,
      status: 200,
      summary,
      audit,
      params,
      reply: shown,
      handle: async ({ params: { id } }, call) => {
        if (id === call.caller.person) return conflict('Nobody does this to the own account.');
        return (await above(identity, call, id)) ?? shownOr(await act(call, id));
      },
    }),
  );

const resetRoute = (identity: Identity, publicUrl: () => string): Route =>
  writeRoute({
    ...sensitive,
    method: 'post',
    path: '/people/{id}/reset-link',
    status: 201,
    summary: 'Starts a reset: a link with which the person chooses a password, or replaces lost factors.',
    audit: 'person.reset-started',
    secret: true,
    params,
    body: z.strictObject({ what: z.enum(['invite', 'password', 'factors']) }),
    reply: z.object({ link }),
    handle: async ({ params: { id }, body }, call) => {
      if (id === call.caller.person) return conflict('Nobody resets the own account.');
      const key = refuseKey(call.caller);
      if (key !== undefined) return key;
      const refusal = await above(identity, call, id);
      if (refusal !== undefined) return refusal;
      const person = await findPerson(call.tx, call.tenant, id);
      if (person === undefined || person.state === 'left') return notFound('person');
      if (person.state === 'suspended') return conflict('The person is suspended; reactivate first.');
      if ((body.what === 'invite') !== (person.state === 'invited'))
        return conflict(`The person is ${person.state}; another kind of link is right.`);
      if (body.what === 'factors' && (await isBothHalves(identity, call.tx, call.tenant, id, call.actor)))
        return ANOTHER_HAND;
      const made = await makeLink(call, body.what, id, identity.now());
      await recordPerson(call, 'person.reset-started', id, { what: body.what });
      return { link: linkUrl(publicUrl(), made) };
    },
  });

const sessionsOfRoutes = (identity: Identity): Route[] => [
  readRoute({
    path: '/people/{id}/sessions',
    summary: 'Where a person is signed in.',
    permission: 'session.read',
    scope: 'tenant',
    rate: 'read',
    params,
    reply: z.object({
      items: z.array(
        z.object({
          id: z.string(),
          createdAt: z.string(),
          seenAt: z.string(),
          ip: z.string(),
          userAgent: z.string(),
        }),
      ),
    }),
    handle: async ({ params: { id } }, { db, tenant }) => {
      if ((await findPerson(db, tenant, id)) === undefined) return notFound('person');
      return { items: (await listSessions(db, tenant, id)).map(withTimes) };
    },
  }),
  writeRoute({
    method: 'post',
    path: '/people/{id}/sessions/end',
    status: 200,
    summary: 'Ends a session of a person, or all of them.',
    permission: 'session.write',
    scope: 'tenant',
    rate: 'write',
    audit: 'session.ended',
    params,
    body: z.strictObject({
      session: z
        .uuid()
        .transform((text) => text.toLowerCase() as SessionId)
        .optional(),
    }),
    reply: z.object({ ended: z.int() }),
    handle: async ({ params: { id }, body }, call) => {
      const refusal = await above(identity, call, id);
      if (refusal !== undefined) return refusal;
      if ((await findPerson(call.tx, call.tenant, id)) === undefined) return notFound('person');
      const which = body.session === undefined ? { except: undefined } : { only: body.session };
      const ended = await endSessions(call, id, which);
      if (ended === 0) call.nothingChanged();
      return { ended };
    },
  }),
];

/** Refused where the person may do something that the caller may not. An id that does not exist may do nothing. */
async function above(
  identity: Identity,
  { tx, tenant, caller }: WriteCall,
  id: PersonId,
): Promise<Problem | undefined> {
  const theirs = await identity.permissionsOf(tx, tenant, id, identity.now());
  const isCovered = covers(caller.permissions, theirs.tenant) && covers(caller.platform, theirs.platform);
  return isCovered ? undefined : ABOVE;
}

const ANOTHER_HAND = conflict(
  'Password and factors of somebody who has rights are not reset by the same hand: start with a link for the password, and let another administrator make the one for the factors.',
);
const ABOVE = problem({
  status: 403,
  type: 'above-you',
  title: 'Not allowed',
  detail: 'This person may do more than you; somebody who may do as much has to do it.',
});

function shownOr(result: Result<Person, PersonRefusal>): z.input<typeof shown> | Problem {
  return result.ok ? withTimes(result.value) : problemOf(result.error);
}

function problemOf({ kind, text }: PersonRefusal): Problem {
  return kind === 'missing' ? notFound('person') : conflict(text);
}
