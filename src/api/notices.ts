/** A person's own notices: what happened about rights that concerns them. */
import { z } from 'zod';
import { noticeText } from '#assurance/access/notice-text.ts';
import { listNotices, markSeen } from '#assurance/access/notices.ts';
import { BAD_CURSOR, pageOf, pageQuery } from './paging.ts';
import { isProblem, notFound } from './problem.ts';
import { anId, beforeId, pageById, personOf, timeOf, timeOrNull } from './refusals.ts';
import { readRoute, writeRoute, type Route } from './route.ts';

const notice = z.object({
  id: z.string(),
  kind: z.string(),
  text: z.string(),
  details: z.record(z.string(), z.unknown()),
  at: z.string(),
  seenAt: z.string().nullable(),
});

export function noticeRoutes(): readonly Route[] {
  return [
    readRoute({
      path: '/notices',
      summary: 'Lists your notices, newest first.',
      permission: 'notice.read',
      scope: 'person',
      rate: 'read',
      query: pageQuery.extend({
        unseen: z.enum(['true', 'false']).default('false').describe('Only those not seen yet.'),
        lang: z.enum(['de', 'en', 'nl']).default('en').describe('Language of the sentences.'),
      }),
      reply: pageOf(notice),
      handle: async ({ query }, { db, tenant, caller }) => {
        const person = personOf(caller);
        if (isProblem(person)) return person;
        const before = beforeId(query.cursor);
        if (before === null) return BAD_CURSOR;
        const { limit, unseen, lang } = query;
        const rows = await listNotices(db, tenant, person, {
          limit: limit + 1,
          before,
          unseenOnly: unseen === 'true',
        });
        const { items, ...more } = pageById(rows, limit);
        const shown = items.map(({ id, kind, details, atMs, seenAtMs }) => ({
          id,
          kind,
          text: noticeText(kind, lang),
          details: { ...details },
          at: timeOf(atMs),
          seenAt: timeOrNull(seenAtMs),
        }));
        return { items: shown, ...more };
      },
    }),
    writeRoute({
      method: 'post',
      path: '/notices/{id}/seen',
      status: 204,
      summary: 'Marks one of your notices as seen.',
      permission: 'notice.write',
      scope: 'person',
      rate: 'write',
      audit: 'notice.seen',
      params: z.strictObject({ id: anId<'notice'>() }),
      reply: z.null(),
      handle: async ({ params }, { tx, tenant, caller, nothingChanged }) => {
        const person = personOf(caller);
        if (isProblem(person)) return person;
        nothingChanged(); // that somebody looked at their own notice is no event of the record
        return (await markSeen(tx, tenant, person, params.id, Date.now())) ? null : notFound('notice');
      },
    }),
  ];
}
