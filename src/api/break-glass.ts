/** Break-glass: taken at once, told to all who watch, reviewed by somebody else before the same person's next one. */
import { z } from 'zod';
import {
  type BreakGlass,
  breakGlass,
  listBreakGlass,
  MAX_BREAK_GLASS_MS,
  reviewBreakGlass,
} from '#assurance/access/break-glass.ts';
import { BAD_CURSOR, pageOf, pageQuery } from './paging.ts';
import { isProblem } from './problem.ts';
import {
  anId,
  beforeId,
  durationS,
  orProblem,
  pageById,
  personOf,
  reasonText,
  ticketText,
  timeOf,
  timeOrNull,
} from './refusals.ts';
import { readRoute, writeRoute, type Route } from './route.ts';

const shape = z.object({
  id: z.string(),
  person: z.string(),
  grant: z.string(),
  role: z.string(),
  reason: z.string(),
  ticket: z.string().nullable(),
  at: z.string(),
  expiresAt: z.string(),
  reviewedAt: z.string().nullable(),
  reviewedBy: z.string().nullable(),
  findings: z.string().nullable(),
});

export function breakGlassRoutes(): readonly Route[] {
  return [
    readRoute({
      path: '/break-glass',
      summary: 'Lists rights taken in emergencies, newest first, with their reviews.',
      permission: 'break-glass.read',
      scope: 'tenant',
      rate: 'read',
      query: pageQuery,
      reply: pageOf(shape),
      handle: async ({ query }, { db, tenant }) => {
        const before = beforeId(query.cursor);
        if (before === null) return BAD_CURSOR;
        const rows = await listBreakGlass(db, tenant, { limit: query.limit + 1, before });
        const { items, ...more } = pageById(rows, query.limit);
        return { items: items.map(show), ...more };
      },
    }),
    writeRoute({
      method: 'post',
      path: '/break-glass',
      status: 201,
      summary: 'Takes a role in an emergency, at once and for hours; everybody who watches is told.',
      permission: 'break-glass.take',
      scope: 'tenant',
      rate: 'write',
      stepUp: true,
      audit: 'break-glass.taken',
      body: z.strictObject({
        role: z.string().min(1).max(63),
        reason: reasonText,
        ticket: ticketText.optional(),
        durationS: durationS(MAX_BREAK_GLASS_MS / 1000),
      }),
      reply: z.object({ id: z.string() }),
      handle: async ({ body }, { tx, tenant, actor, caller }) => {
        const person = personOf(caller);
        if (isProblem(person)) return person;
        const { role, reason, ticket = null } = body;
        const taken = { tenant, person, role, reason, ticket, durationMs: body.durationS * 1000 };
        return orProblem(await breakGlass(tx, { ...taken, by: actor, nowMs: Date.now() }), (id) => ({ id }));
      },
    }),
    writeRoute({
      method: 'post',
      path: '/break-glass/{id}/review',
      status: 204,
      summary: 'Says what the review of an emergency found.',
      permission: 'break-glass.review',
      scope: 'tenant',
      rate: 'write',
      stepUp: true,
      audit: 'break-glass.reviewed',
      params: z.strictObject({ id: anId<'break-glass'>() }),
      body: z.strictObject({ findings: z.string().trim().min(10).max(4000) }),
      reply: z.null(),
      handle: async ({ params, body }, { tx, tenant, actor, caller }) => {
        const reviewer = personOf(caller);
        if (isProblem(reviewer)) return reviewer;
        const review = { tenant, id: params.id, reviewer, findings: body.findings };
        return orProblem(await reviewBreakGlass(tx, { ...review, by: actor, nowMs: Date.now() }), () => null);
      },
    }),
  ];
}

function show(b: BreakGlass): z.input<typeof shape> {
  const { atMs, expiresAtMs, reviewedAtMs, ...rest } = b;
  return {
    ...rest,
    at: timeOf(atMs),
    expiresAt: timeOf(expiresAtMs),
    reviewedAt: timeOrNull(reviewedAtMs),
  };
}
