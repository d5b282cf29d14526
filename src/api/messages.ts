/** Finding messages and telling the story of one. */
import { z } from 'zod';
import { type Id, parseId } from '#core/id.ts';
import { ACTIONS } from '#mail/decide/policy.ts';
import { explain } from '#mail/track/explain.ts';
import { searchMessages, type FoundMessage } from '#mail/track/search.ts';
import { storyText } from '#mail/track/story-text.ts';
import { findingText } from '#mail/texts/finding-text.ts';
import { reasonText } from '#mail/texts/reason-text.ts';
import { LANGUAGES } from '#mail/texts/text.ts';
import type { Reason } from '#mail/verdict.ts';
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

const words = z.string().nullable();
const because = z.array(z.object({ rule: z.string(), text: z.string() }));
const attempt = z.object({
  atMs: z.number(),
  durationMs: z.number(),
  outcome: z.enum(['delivered', 'deferred', 'failed']),
  stage: z.string(),
  remoteHost: words,
  remoteIp: words,
  replyCode: z.number().nullable(),
  enhanced: words,
  replyText: z.string(),
  tlsVersion: words,
  tlsCipher: words,
  security: z.string(),
  securityDetail: z.string(),
});
const story = z.object({
  /** The same as sentences. */
  text: z.string(),
  message: z.looseObject({
    id: z.string(),
    receivedAtMs: z.number(),
    direction: z.enum(['in', 'out']),
    listener: z.string(),
    peerIp: z.string(),
    peerName: words,
    helo: z.string(),
    protocol: z.string(),
    tlsVersion: words,
    tlsCipher: words,
    authMethod: words,
    authWho: words,
    mailFrom: z.string(),
    headerFrom: words,
    subject: words,
    messageIdHeader: words,
    size: z.number(),
    verdict: z.string(),
    class: z.string(),
    policyVersion: z.string(),
  }),
  /** What every check found, and why it was decided so, in the language that was asked for. */
  checks: z.array(
    z.object({
      check: z.string(),
      outcome: z.string(),
      class: z.string(),
      weight: z.number(),
      durationUs: z.number(),
      text: z.string(),
      cites: z.array(z.string()),
    }),
  ),
  because,
  recipients: z.array(
    z.looseObject({
      n: z.number(),
      address: z.string(),
      action: z.string(),
      state: z.string(),
      stateAtMs: z.number(),
      nextAtMs: z.number().nullable(),
      because,
      attempts: z.array(attempt),
    }),
  ),
  record: z.array(
    z.looseObject({
      atMs: z.number(),
      what: z.string(),
      actor: z.string(),
      details: z.record(z.string(), z.unknown()),
    }),
  ),
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
        const why = (reasons: readonly Reason[]): z.input<typeof because> =>
          reasons.map((r) => ({ rule: r.rule, text: reasonText(r, message.findings, query.lang) }));
        return {
          text: storyText(told, query.lang),
          message: { ...message },
          checks: message.findings.map((f) => ({
            ...f,
            text: findingText(f, query.lang),
            cites: [...(f.cites ?? [])],
          })),
          because: why(message.reasons),
          recipients: recipients.map((r) => ({ ...r, because: why(r.reasons), attempts: [...r.attempts] })),
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
