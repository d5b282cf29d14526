/** Finding messages and telling the story of one. */
import { z } from 'zod';
import { type Id, parseId } from '#core/id.ts';
import { ACTIONS } from '#mail/decide/policy.ts';
import { explain } from '#mail/track/explain.ts';
import { searchMessages, type FoundMessage } from '#mail/track/search.ts';
import { storyText } from '#mail/track/story-text.ts';
import { LANGUAGES } from '#mail/texts/text.ts';
import { afterKey, BAD_CURSOR, page, pageOf, pageQuery } from './paging.ts';
import { notFound } from './problem.ts';
import { readRoute, type Route } from './route.ts';

const id = z.uuid().transform((text) => text.toLowerCase() as Id<'message'>); // the schema has just checked it
const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const text = z.string().min(1).max(998);

const query = pageQuery.extend({
  id: id.optional().describe('The id that our 250 answered.'),
  sender: text.optional().describe('A whole address, of the envelope or of From.'),
  recipient: text.optional().describe('A whole address, or @domain.'),
  subject: text.optional().describe('Words that all occur in the subject.'),
  messageId: text.optional().describe('The Message-ID field.'),
  from: time.optional().describe('Received at this time or later (RFC 3339).'),
  until: time.optional().describe('Received before this time (RFC 3339).'),
  verdict: z
    .enum(['accept', 'tag', 'hold', 'defer', 'reject'])
    .optional()
    .describe(`One of ${ACTIONS.join(', ')}.`),
});

const found = z.object({
  id: z.string(),
  receivedAt: z.string(),
  direction: z.enum(['in', 'out']),
  mailFrom: z.string(),
  headerFrom: z.string().nullable(),
  subject: z.string().nullable(),
  size: z.number(),
  verdict: z.string(),
  class: z.string(),
  recipients: z.array(z.object({ address: z.string(), state: z.string() })),
  recipientCount: z.number(),
});

const story = z.object({
  /** The same as sentences. */
  text: z.string(),
  message: z.looseObject({ id: z.string() }),
  recipients: z.array(z.looseObject({ n: z.number(), state: z.string() })),
  record: z.array(z.looseObject({ what: z.string(), actor: z.string() })),
});

export function messageRoutes(): readonly Route[] {
  return [
    readRoute({
      path: '/messages',
      summary: 'Finds messages, newest first.',
      permission: 'message.read',
      scope: 'tenant',
      rate: 'read',
      query,
      reply: pageOf(found),
      handle: async ({ query: q }, { db, tenant }) => {
        const { from: fromMs, until: untilMs, cursor, ...rest } = q;
        const after = parseId<'message'>(afterKey(cursor));
        if (cursor !== undefined && after === undefined) return BAD_CURSOR;
        const { items, next } = await searchMessages(db, tenant, { ...rest, fromMs, untilMs, after });
        // The extra row that `page` looks for stands for `next`.
        const rows = next === undefined ? items : [...items, ...items.slice(-1)];
        const { items: shown, ...cursorOf } = page(rows, q.limit, (i) => i.id);
        return { items: shown.map(show), ...cursorOf };
      },
    }),
    readRoute({
      path: '/messages/{id}',
      summary: 'Tells the whole story of one message: connection, checks, decision, deliveries, record.',
      permission: 'message.read',
      scope: 'tenant',
      rate: 'read',
      params: z.strictObject({ id }),
      query: z.strictObject({ lang: z.enum(LANGUAGES).default('en').describe('Language of the sentences.') }),
      reply: story,
      handle: async ({ params, query }, { db, tenant }) => {
        const told = await explain(db, tenant, params.id);
        if (told === undefined) return notFound('message');
        const { message, recipients, record } = told;
        return {
          text: storyText(told, query.lang),
          message: { ...message },
          recipients: recipients.map((r) => ({ ...r })),
          record: record.map((e) => ({ ...e })),
        };
      },
    }),
  ];
}

function show(message: FoundMessage): z.input<typeof found> {
  const { receivedAtMs, ...rest } = message;
  return { ...rest, receivedAt: new Date(receivedAtMs).toISOString(), recipients: [...message.recipients] };
}
