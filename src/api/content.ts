/**
 * Reading what messages say: asked for with cause, scope and place; consented to by the tenant's own people; open for an hour
 * at most; each reading recorded and told before a byte leaves.
 */
import { z } from 'zod';
import {
  askContent,
  type ContentAccess,
  type ContentScope,
  endContentAccess,
  listContentAccess,
  MAX_CONTENT_MS,
  takeContent,
} from '#assurance/approvals/content-access.ts';
import { type ContentStores, openHeldContent } from '#mail/quarantine/content.ts';
import { BAD_CURSOR, pageOf, pageQuery } from './paging.ts';
import { isProblem, notFound, problem, type Problem } from './problem.ts';
import {
  anId,
  beforeId,
  durationS,
  orProblem,
  pageById,
  personOf,
  problemOfRefusal,
  reasonText,
  ticketText,
  timeOf,
  timeOrNull,
} from './refusals.ts';
import { readRoute, writeRoute, type Route } from './route.ts';

const address = z.string().min(3).max(320);
const search = z.strictObject({
  sender: address.optional(),
  recipient: address.optional(),
  since: z.iso.datetime(),
  until: z.iso.datetime(),
});
const access = z.object({
  id: z.string(),
  request: z.string(),
  person: z.string(),
  message: z.string().nullable(),
  search: z.unknown(),
  place: z.string(),
  startsAt: z.string(),
  expiresAt: z.string(),
  endedAt: z.string().nullable(),
});
const ask = z
  .strictObject({
    message: anId<'message'>().optional(),
    search: search.optional(),
    durationS: durationS(MAX_CONTENT_MS / 1000),
    reason: reasonText,
    ticket: ticketText.optional(),
  })
  .refine((b) => (b.message === undefined) !== (b.search === undefined), 'Name one message or a search.')
  .refine(
    (b) => b.search === undefined || b.search.sender !== undefined || b.search.recipient !== undefined,
    {
      error: 'A search names a sender or a recipient.',
      path: ['search'],
    },
  );
/** A body larger than this is for the command line. */
const MAX_BYTES = 32 * 1024 * 1024;

export function contentRoutes(stores: Pick<ContentStores, 'keys' | 'blobs'>): readonly Route[] {
  return [
    writeRoute({
      method: 'post',
      path: '/content-requests',
      status: 201,
      summary: 'Asks for access to what a message, or the messages of a search, say; from where you are now.',
      permission: 'request.write',
      scope: 'person',
      rate: 'write',
      audit: 'request.made',
      body: ask,
      reply: z.object({ id: z.string() }),
      handle: async ({ body }, { tx, tenant, actor, caller, ip }) => {
        const requester = personOf(caller);
        if (isProblem(requester)) return requester;
        const { reason, ticket = null } = body;
        const asked = { tenant, requester, scope: scopeOf(body), place: ip, reason, ticket };
        const durationMs = body.durationS * 1000;
        const made = await askContent(tx, { ...asked, durationMs, by: actor, nowMs: Date.now() });
        return orProblem(made, ({ id }) => ({ id }));
      },
    }),
    readRoute({
      path: '/content-access',
      summary: 'Lists who could or can read content, newest first.',
      permission: 'content.read',
      scope: 'tenant',
      rate: 'read',
      query: pageQuery,
      reply: pageOf(access),
      handle: async ({ query }, { db, tenant }) => {
        const before = beforeId(query.cursor);
        if (before === null) return BAD_CURSOR;
        const rows = await listContentAccess(db, tenant, { limit: query.limit + 1, before });
        const { items, ...more } = pageById(rows, query.limit);
        return { items: items.map(show), ...more };
      },
    }),
    writeRoute({
      method: 'delete',
      path: '/content-access/{id}',
      status: 204,
      summary: 'Ends an access to content at once.',
      permission: 'content.write',
      scope: 'tenant',
      rate: 'write',
      audit: 'content.access-ended',
      params: z.strictObject({ id: anId<'content-access'>() }),
      reply: z.null(),
      handle: async ({ params }, { tx, tenant, actor }) =>
        orProblem(await endContentAccess(tx, tenant, params.id, actor, Date.now()), () => null),
    }),
    writeRoute({
      method: 'post',
      path: '/held/{id}/content',
      status: 200,
      summary: 'Reads a held message as it arrived, where access to it is open to you here and now.',
      permission: 'held.content',
      scope: 'tenant',
      rate: 'costly',
      audit: 'content.opened',
      params: z.strictObject({ id: anId<'message'>() }),
      reply: z.object({ access: z.string(), base64: z.string() }),
      handle: async ({ params }, { tx, tenant, actor, caller, ip }) => {
        const person = personOf(caller);
        if (isProblem(person)) return person;
        const reading = { tenant, person, message: params.id, place: ip, by: actor, nowMs: Date.now() };
        const taken = await takeContent(tx, reading);
        if (!taken.ok) return problemOfRefusal(taken.error);
        // In this transaction: the record of the reading commits before the reply is sent.
        const db = { query: tx.query, transact: <T>(fn: (t: typeof tx) => Promise<T>) => fn(tx) };
        const content = await openHeldContent({ ...stores, db }, { tenant, actor }, params.id);
        if (content === undefined) return notFound('held message');
        const bytes = await collect(content);
        return isProblem(bytes) ? bytes : { access: taken.value, base64: bytes.toString('base64') };
      },
    }),
  ];
}

function scopeOf({ message, search }: z.output<typeof ask>): ContentScope {
  if (message !== undefined) return { message };
  const { sender, recipient, since = '', until = '' } = search ?? {}; // the schema has seen that one of the two is there
  return {
    search: {
      ...(sender === undefined ? {} : { sender }),
      ...(recipient === undefined ? {} : { recipient }),
      sinceMs: Date.parse(since),
      untilMs: Date.parse(until),
    },
  };
}

async function collect(content: AsyncIterable<Uint8Array>): Promise<Buffer | Problem> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of content) {
    size += chunk.length;
    if (size > MAX_BYTES) return TOO_LARGE;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function show(a: ContentAccess): z.input<typeof access> {
  const { startsAtMs, expiresAtMs, endedAtMs, ...rest } = a;
  return {
    ...rest,
    startsAt: timeOf(startsAtMs),
    expiresAt: timeOf(expiresAtMs),
    endedAt: timeOrNull(endedAtMs),
  };
}

const TOO_LARGE = problem({
  status: 413,
  type: 'too-large',
  title: 'Too large',
  detail: 'The message is too large to be read here.',
});
