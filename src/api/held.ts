/** What is held: listed, shown, released once, deleted. */
import { z } from 'zod';
import { type Id, parseId } from '#core/id.ts';
import {
  deleteHeld,
  listHeld,
  releaseHeld,
  showHeld,
  type HeldItem,
  type HeldPlace,
} from '#mail/quarantine/held.ts';
import { findingText } from '#mail/texts/finding-text.ts';
import { reasonText } from '#mail/texts/reason-text.ts';
import { LANGUAGES } from '#mail/texts/text.ts';
import { afterKey, BAD_CURSOR, page, pageOf, pageQuery } from './paging.ts';
import { conflict, notFound, type Problem } from './problem.ts';
import { readRoute, writeRoute, type Route, type WriteCall } from './route.ts';

const id = z.uuid().transform((text) => text.toLowerCase() as Id<'message'>); // the schema has just checked it
const reason = z.object({ rule: z.string(), finding: z.string(), text: z.string() });
const item = z.object({
  message: z.string(),
  n: z.number(),
  recipient: z.string(),
  heldAt: z.string(),
  mailFrom: z.string(),
  headerFrom: z.string().nullable(),
  subject: z.string().nullable(),
  size: z.number(),
  class: z.string(),
  reasons: z.array(reason),
});
const detail = z.object({
  items: z.array(item),
  findings: z.array(z.object({ check: z.string(), outcome: z.string(), text: z.string() })),
});
const which = z.strictObject({
  recipient: z
    .string()
    .min(3)
    .max(320)
    .optional()
    .describe('Only this recipient; all that are held when left out.'),
});
const moved = z.object({ items: z.array(z.object({ n: z.number(), recipient: z.string() })) });
const params = z.strictObject({ id });
const common = { scope: 'tenant', rate: 'write', params, reply: moved } as const;

export function heldRoutes(): readonly Route[] {
  return [
    readRoute({
      path: '/held',
      summary: 'Lists what is held, newest first.',
      permission: 'held.read',
      scope: 'tenant',
      rate: 'read',
      query: pageQuery.extend({
        recipient: z.string().min(3).max(320).optional().describe('Only for this recipient.'),
      }),
      reply: pageOf(item),
      handle: async ({ query }, { db, tenant }) => {
        const { limit, recipient } = query;
        const after = placeOf(query.cursor);
        if (query.cursor !== undefined && after === undefined) return BAD_CURSOR;
        const { items, next } = await listHeld(db, tenant, { limit, recipient, after });
        // The extra row that `page` looks for stands for `next`.
        const rows = next === undefined ? items : [...items, ...items.slice(-1)];
        const { items: shown, ...rest } = page(rows, limit, (i) => `${i.message}/${i.n}`);
        return { items: shown.map(show), ...rest };
      },
    }),
    readRoute({
      path: '/held/{id}',
      summary: 'Shows a held message: for whom, why, and what every check found.',
      permission: 'held.read',
      scope: 'tenant',
      rate: 'read',
      params,
      query: z.strictObject({ lang: z.enum(LANGUAGES).default('en').describe('Language of the sentences.') }),
      reply: detail,
      handle: async ({ params, query }, { db, tenant }) => {
        const held = await showHeld(db, tenant, params.id);
        const [first] = held;
        if (first === undefined) return notFound('held message');
        const findings = first.findings.map(({ check, outcome, ...f }) => ({
          check,
          outcome,
          text: findingText({ check, ...f }, query.lang),
        }));
        const told = held.map((h) => ({
          ...h,
          reasons: h.reasons.map((r) => ({ ...r, text: reasonText(r, first.findings, query.lang) })),
        }));
        return { items: told.map(show), findings };
      },
    }),
    writeRoute({
      ...common,
      method: 'post',
      path: '/held/{id}/release',
      status: 200,
      summary: 'Releases a held message into delivery, once.',
      permission: 'held.release',
      audit: 'held.released',
      fourEyes: () => 'held.release',
      body: which,
      handle: ({ params, body }, call) => end(call, releaseHeld, params.id, body.recipient),
    }),
    writeRoute({
      ...common,
      method: 'delete',
      path: '/held/{id}',
      status: 200,
      summary: 'Deletes a held message without delivering it.',
      permission: 'held.delete',
      audit: 'held.deleted',
      query: which,
      handle: ({ params, query }, call) => end(call, deleteHeld, params.id, query.recipient),
    }),
  ];
}

async function end(
  { tx, tenant, actor }: WriteCall,
  how: typeof releaseHeld,
  message: Id<'message'>,
  recipient: string | undefined,
): Promise<z.input<typeof moved> | Problem> {
  const items = await how(tx, { tenant, actor }, message, recipient);
  // Not told apart from "never existed": the id may be another tenant's.
  return items.length === 0 ? conflict('Nothing of this message is held (any more).') : { items };
}

function show(held: HeldItem): z.input<typeof item> {
  const { heldAtMs, ...rest } = held;
  return { ...rest, heldAt: new Date(heldAtMs).toISOString(), reasons: [...held.reasons] };
}

function placeOf(cursor: string | undefined): HeldPlace | undefined {
  const [message = '', n = ''] = afterKey(cursor).split('/');
  const parsed = parseId<'message'>(message);
  return parsed === undefined || !/^\d{1,5}$/.test(n) ? undefined : { message: parsed, n: Number(n) };
}
