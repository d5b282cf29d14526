/** The audit log: searched, followed live, proven entry by entry, and how far witnesses have seen it. */
import { z } from 'zod';
import { appendAudit } from '#assurance/audit/audit.ts';
import { proveEntry, readEntries, readHead, tilesOfLog } from '#assurance/audit/log.ts';
import { findEntries } from '#assurance/audit/search.ts';
import type { SubjectKeys } from '#assurance/audit/subject-keys.ts';
import {
  acceptCosignatures,
  addWitness,
  listWitnesses,
  logPolicy,
  removeWitness,
  WITNESS_NAME,
  witnessed,
} from '#assurance/audit/witnesses.ts';
import { toUtf8 } from '#core/bytes.ts';
import { formatAddCheckpoint } from '#protocol/tlog/add-checkpoint.ts';
import { formatPolicy } from '#protocol/tlog/policy.ts';
import { sha256 } from '#protocol/tlog/node-crypto.ts';
import { proveConsistency } from '#protocol/tlog/prove.ts';
import { type AuditItem, auditItem, itemOf, openPersonal } from './audit-item.ts';
import { createWaiting } from './audit-waiting.ts';
import { afterKey, BAD_CURSOR, page, pageOf } from './paging.ts';
import { conflict, invalid, notFound } from './problem.ts';
import { readRoute, writeRoute, type Route } from './route.ts';

const COUNT = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const time = z.iso.datetime({ offset: true }).optional();
const filter = z.strictObject({
  actor: z.string().min(1).max(512).optional().describe('Who acted, as `admin:01909…`.'),
  subject: z.string().min(1).max(4096).optional().describe('What it was done to.'),
  what: z
    .string()
    .regex(/^[a-z*][a-z0-9.*-]{0,127}$/)
    .optional()
    .describe('The event, or its beginning: `delivery.*`.'),
  from: time.describe('Not before this time.'),
  to: time.describe('Before this time.'),
});
const listQuery = filter.extend({
  limit: z.coerce.number().int().min(1).max(200).default(100).describe('Entries per page.'),
  cursor: z.string().max(64).optional().describe('`next` of the page before.'),
});
const tailQuery = filter.extend({
  after: COUNT.describe('The first entry that is wanted; `next` of the reply before.'),
  waitS: z.coerce.number().int().min(0).max(20).default(0).describe('How long to wait for it.'),
});
const witnessName = z.string().regex(WITNESS_NAME);
const witness = z.object({
  name: z.string(),
  vkeys: z.array(z.string()),
  size: z.number().nullable().describe('The largest tree it has signed.'),
  signedAt: z.string().nullable(),
});
const seen = z.object({
  size: z.number().describe('Entries below this number are witnessed.'),
  signedAt: z.string(),
  ageS: z.number(),
});
const logState = z.object({
  origin: z.string(),
  size: z.number(),
  minimumIndex: z.number(),
  checkpoint: z.string().describe('C2SP checkpoint: a signed note.'),
  signedAt: z.string(),
  policy: z.string().describe('C2SP tlog-policy: the keys to check proofs with.'),
  quorum: z.number().describe('How many witnesses must have signed.'),
  witnesses: z.array(witness),
  witnessed: seen.nullable(),
});

const ofTenant = { scope: 'tenant', permission: 'audit.read', rate: 'read' } as const;
const NO_LOG = notFound('log: nothing has been recorded yet');
const msOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Date.parse(text);
const iso = (ms: number): string => new Date(ms).toISOString();

/** `people` opens the personal fields of events for those who may see them. */
export function auditRoutes(people: SubjectKeys, nowMs: () => number = Date.now): readonly Route[] {
  return [...readingRoutes(people, nowMs), ...witnessRoutes()];
}

function readingRoutes(people: SubjectKeys, nowMs: () => number): readonly Route[] {
  const waiting = createWaiting();
  return [
    readRoute({
      ...ofTenant,
      path: '/audit/events',
      summary: 'Lists entries of the audit log, newest first.',
      query: listQuery,
      reply: pageOf(auditItem),
      handle: async ({ query }, { db, tenant }) => {
        const { cursor, limit, from, to, ...which } = query;
        const before = cursor === undefined ? undefined : Number(afterKey(cursor));
        if (before !== undefined && !(Number.isSafeInteger(before) && before > 0)) return BAD_CURSOR;
        const times = { fromMs: msOf(from), toMs: msOf(to) };
        const range = { order: 'newest', before, limit: limit + 1 } as const;
        const rows = await findEntries(db, tenant, { ...which, ...times }, range);
        return page(rows.map(itemOf), limit, (r) => String(r.index));
      },
    }),
    readRoute({
      ...ofTenant,
      path: '/audit/tail',
      summary: 'Follows the audit log: entries from a number on, waiting for the next when there is none.',
      query: tailQuery,
      reply: z.object({ items: z.array(auditItem), next: z.number() }),
      handle: async ({ query }, { db, tenant, signal }) => {
        const { after, waitS, from, to, ...which } = query;
        const times = { fromMs: msOf(from), toMs: msOf(to) };
        const range = { order: 'oldest', from: after, limit: 200 } as const;
        const look = (): Promise<AuditItem[]> =>
          findEntries(db, tenant, { ...which, ...times }, range).then((rows) => rows.map(itemOf));
        const items = await waiting.untilSome(look, waitS * 1000, signal);
        return { items, next: (items.at(-1)?.index ?? after - 1) + 1 };
      },
    }),
    readRoute({
      ...ofTenant,
      path: '/audit/events/{index}',
      summary: 'Shows one entry with the proof that it stands in the signed log.',
      params: z.strictObject({ index: COUNT }),
      reply: auditItem.extend({
        entry: z.string().describe('The leaf, byte for byte.'),
        proof: z.string().describe('C2SP tlog-proof of it.'),
        witnessed: z.boolean().describe('Whether the proof carries a quorum of witnesses.'),
      }),
      handle: async ({ params }, { db, tenant, caller }) => {
        const head = await readHead(db, tenant);
        const [row] = await readEntries(db, tenant, params.index, 1);
        if (head === undefined || row?.index !== params.index) return notFound('entry');
        const by = await witnessed(db, tenant, head);
        const isWitnessed = by !== undefined && by.size > params.index;
        const at = isWitnessed ? { size: by.size, checkpoint: by.note } : head;
        const mayOpen = caller.permissions.has('*') || caller.permissions.has('audit.content');
        return {
          ...(mayOpen ? await openPersonal(db, tenant, people, itemOf(row)) : itemOf(row)),
          entry: toUtf8(row.entry),
          proof: await proveEntry(db, tenant, params.index, at),
          witnessed: isWitnessed,
        };
      },
    }),
    readRoute({
      ...ofTenant,
      path: '/audit/log',
      summary:
        'Shows the state of the log: size, signed checkpoint, keys, and up to where witnesses have seen it.',
      reply: logState,
      handle: async (_input, { db, tenant }) => {
        const head = await readHead(db, tenant);
        if (head === undefined) return NO_LOG;
        const by = await witnessed(db, tenant, head);
        const witnesses = await listWitnesses(db, tenant);
        const { origin, size, minimumIndex, checkpoint, quorum } = head;
        return {
          origin,
          size,
          minimumIndex,
          checkpoint,
          quorum,
          signedAt: iso(head.signedAtMs ?? 0),
          policy: formatPolicy(await logPolicy(db, tenant, quorum)),
          witnesses: witnesses.map((w) => ({
            name: w.name,
            vkeys: [...w.vkeys],
            size: w.size,
            signedAt: w.signedAtMs === null ? null : iso(w.signedAtMs),
          })),
          witnessed:
            by === undefined
              ? null
              : {
                  size: by.size,
                  signedAt: iso(by.signedAtMs),
                  ageS: Math.max(0, Math.round((nowMs() - by.signedAtMs) / 1000)),
                },
        };
      },
    }),
  ];
}

const added = z.object({ name: z.string(), vkeys: z.array(z.string()) });

function witnessRoutes(): readonly Route[] {
  return [
    readRoute({
      ...ofTenant,
      path: '/audit/add-checkpoint',
      summary: 'The newest checkpoint with its proof, as a witness takes it (C2SP tlog-witness).',
      query: z.strictObject({ old: COUNT.describe('The size the witness has signed last; 0 for none.') }),
      reply: z.object({ size: z.number(), request: z.string() }),
      handle: async ({ query }, { db, tenant }) => {
        const head = await readHead(db, tenant);
        if (head === undefined || head.size === 0) return NO_LOG;
        if (query.old > head.size)
          return conflict(`The log has ${head.size} entries: a witness that has seen more must not sign it.`);
        const path = await proveConsistency(sha256, tilesOfLog(db, tenant), query.old, head.size);
        const { checkpoint, size } = head;
        return { size, request: formatAddCheckpoint({ oldSize: query.old, path, checkpoint }) };
      },
    }),
    writeRoute({
      scope: 'tenant',
      permission: 'audit.write',
      rate: 'write',
      method: 'post',
      path: '/audit/cosignatures',
      status: 200,
      summary: 'Takes a checkpoint of this log with signatures of its witnesses.',
      audit: 'audit.cosigned',
      body: z.strictObject({ note: z.string().min(1).max(65_536) }),
      reply: z.object({ size: z.number(), witnesses: z.array(z.string()) }),
      handle: async ({ body }, { tx, tenant, nothingChanged }) => {
        const done = await acceptCosignatures(tx, tenant, body.note);
        if (!done.ok) return invalid([{ at: 'body.note', text: done.error.reason }]);
        // The signature is its own record. An event for it would change the log, which would want signing again, and so on.
        nothingChanged();
        return { size: done.value.size, witnesses: [...done.value.witnesses] };
      },
    }),
    writeRoute({
      scope: 'tenant',
      permission: 'audit.write',
      rate: 'write',
      method: 'post',
      path: '/audit/witnesses',
      status: 201,
      summary: 'Adds a witness by its keys.',
      audit: 'audit-witness.added',
      body: z.strictObject({
        name: witnessName,
        vkeys: z.array(z.string().min(1).max(4096)).min(1).max(4),
      }),
      reply: added,
      handle: async ({ body }, { tx, tenant, actor }) => {
        const done = await addWitness({ tx, tenant, actor }, body.name, body.vkeys);
        return done.ok ? body : invalid([{ at: 'body.vkeys', text: done.error }]);
      },
    }),
    writeRoute({
      scope: 'tenant',
      permission: 'audit.write',
      rate: 'write',
      method: 'delete',
      path: '/audit/witnesses/{name}',
      status: 204,
      summary: 'Removes a witness; what it signed counts no more.',
      audit: 'audit-witness.removed',
      params: z.strictObject({ name: witnessName }),
      reply: z.unknown(),
      handle: async ({ params }, { tx, tenant, actor }) => {
        const isGone = await removeWitness({ tx, tenant, actor }, params.name);
        return isGone ? undefined : notFound('witness');
      },
    }),
    writeRoute({
      scope: 'tenant',
      permission: 'audit.write',
      rate: 'write',
      method: 'put',
      path: '/audit/quorum',
      status: 200,
      summary: 'Sets how many witnesses must have signed before an entry counts as witnessed.',
      audit: 'audit-quorum.set',
      body: z.strictObject({ count: z.int().min(1).max(64) }),
      reply: z.object({ count: z.number() }),
      handle: async ({ body }, { tx, tenant, actor }) => {
        const set = await tx.query('update audit_log set quorum = $2 where tenant_id = $1 returning quorum', [
          tenant,
          body.count,
        ]);
        if (set.length === 0) return NO_LOG;
        const details = { count: body.count };
        await appendAudit(tx, [{ tenant, actor, what: 'audit-quorum.set', subject: 'quorum', details }]);
        return { count: body.count };
      },
    }),
  ];
}
