/** What waits to be delivered, how destinations are steered, and how a tenant's mail is delivered. */
import { z } from 'zod';
import { type MessageId, parseId } from '#core/id.ts';
import { findTenantSettings, setTenantSettings } from '#mail/directory/tenant-settings.ts';
import { destinationValue, tenantSettings } from '#mail/directory/values.ts';
import { listQueue, type QueueItem, type QueuePlace, showQueued } from '#mail/queue/list.ts';
import { retryNow, steerDestination } from '#mail/queue/steer.ts';
import { zodComplaints } from '#platform/config/zod-complaints.ts';
import { afterKey, BAD_CURSOR, page, pageOf, pageQuery } from './paging.ts';
import { invalid, notFound } from './problem.ts';
import { readRoute, writeRoute, type Route } from './route.ts';
import { destination } from './routes.ts';
import { problemOf } from './things.ts';

const item = z.object({
  message: z.string(),
  n: z.int(),
  recipient: z.string(),
  domain: z.string(),
  mailFrom: z.string(),
  subject: z.string().nullable(),
  size: z.number(),
  queuedAt: z.string(),
  nextAt: z.string(),
  attempts: z.int(),
  lastReply: z.string().nullable(),
  isLeased: z.boolean(),
  isPaused: z.boolean(),
  pauseReason: z.string().nullable(),
});
/** A domain, `*.domain`, or `*`. */
const rule = destinationValue.shape.name;
const id = z.string().transform((text, ctx): MessageId => {
  const parsed = parseId<'message'>(text);
  if (parsed !== undefined) return parsed;
  ctx.addIssue({ code: 'custom', message: 'is no id of a message' });
  return z.NEVER;
});
const settings = z.object({
  retryWaitsS: z.array(z.int()).optional(),
  maxAgeS: z.int().optional(),
  bounceMaxAgeS: z.int().optional(),
  delayNoticesS: z.array(z.int()).optional(),
  sourceIp4: z.string().optional(),
  sourceIp6: z.string().optional(),
  heloName: z.string().optional(),
});
const READ = { permission: 'queue.read', scope: 'tenant', rate: 'read' } as const;

export function queueRoutes(): readonly Route[] {
  return [...waitingRoutes(), ...steeringRoutes()];
}

function waitingRoutes(): Route[] {
  return [
    readRoute({
      ...READ,
      path: '/queue',
      summary: 'Lists recipients that wait to be delivered to, oldest first.',
      rate: 'costly',
      query: pageQuery.extend({ domain: rule.optional() }),
      reply: pageOf(item),
      handle: async ({ query }, { db, tenant }) => {
        const after = placeOf(afterKey(query.cursor));
        if (query.cursor !== undefined && after === undefined) return BAD_CURSOR;
        const found = await listQueue(db, tenant, { limit: query.limit, rule: query.domain, after });
        const rows: readonly QueueItem[] = found.items;
        // One more than the page tells it that there is a next one.
        const last = found.next === undefined ? [] : rows.slice(-1);
        const { items, ...rest } = page(
          [...rows, ...last],
          query.limit,
          (r) => `${r.queuedAtMs} ${r.message} ${r.n}`,
        );
        return { items: items.map(shown), ...rest };
      },
    }),
    readRoute({
      ...READ,
      path: '/queue/{message}',
      summary: 'Shows what waits of one message.',
      params: z.strictObject({ message: id }),
      reply: z.object({ items: z.array(item) }),
      handle: async ({ params }, { db, tenant }) => {
        const items = await showQueued(db, tenant, params.message);
        return items.length === 0 ? notFound('message in the queue') : { items: items.map(shown) };
      },
    }),
    writeRoute({
      permission: 'queue.write',
      scope: 'tenant',
      rate: 'write',
      method: 'post',
      path: '/queue/retry',
      status: 200,
      summary: 'Tries a message or a destination again now.',
      audit: 'queue.retried',
      body: z.union([z.strictObject({ message: id }), z.strictObject({ domain: rule })]),
      reply: z.object({ recipients: z.int() }),
      handle: async ({ body }, call) => {
        const recipients = await retryNow(call, 'domain' in body ? { rule: body.domain } : body);
        if (recipients === 0) call.nothingChanged();
        return { recipients };
      },
    }),
  ];
}

function steeringRoutes(): Route[] {
  return [
    writeRoute({
      permission: 'route.write',
      scope: 'tenant',
      rate: 'write',
      method: 'put',
      path: '/destinations/{name}/state',
      status: 200,
      summary: 'Pauses, holds, reroutes or resumes a destination, and moves the mail that waits for it.',
      audit: 'destination.steered',
      params: z.strictObject({ name: rule }),
      body: z.strictObject({
        state: destinationValue.shape.state,
        until: destinationValue.shape.until,
        reason: destinationValue.shape.reason,
        nextHop: destinationValue.shape.nextHop,
      }),
      reply: z.object({ value: destination, messages: z.int() }),
      handle: async ({ params, body }, call) => {
        const value = destinationValue.safeParse({ name: params.name, ...body });
        if (!value.success) return invalid(zodComplaints(value.error, destinationValue, 'body'));
        const { name, ...change } = value.data;
        const done = await steerDestination(call, name, change);
        return done.ok ? done.value : problemOf(done.error, 'destination rule');
      },
    }),
    readRoute({
      path: '/tenant-settings',
      summary: "Reads how the tenant's mail is delivered; what is absent is the default.",
      permission: 'tenant.read',
      scope: 'tenant',
      rate: 'read',
      reply: settings,
      handle: (_input, { db, tenant }) => findTenantSettings(db, tenant),
    }),
    writeRoute({
      permission: 'tenant.write',
      scope: 'tenant',
      rate: 'write',
      method: 'put',
      path: '/tenant-settings',
      status: 200,
      summary: "Replaces how the tenant's mail is delivered.",
      audit: 'tenant.settings-changed',
      body: tenantSettings,
      reply: settings,
      handle: async ({ body }, call) => {
        await setTenantSettings(call, body);
        return body;
      },
    }),
  ];
}

function shown({ queuedAtMs, nextAtMs, ...rest }: QueueItem): z.input<typeof item> {
  return {
    ...rest,
    queuedAt: new Date(queuedAtMs).toISOString(),
    nextAt: new Date(nextAtMs).toISOString(),
  };
}

function placeOf(key: string): QueuePlace | undefined {
  const [queuedAt = '', message = '', n = ''] = key.split(' ');
  const parsed = parseId<'message'>(message);
  if (parsed === undefined || !/^\d{1,15}$/.test(queuedAt) || !/^\d{1,5}$/.test(n)) return undefined;
  return { queuedAtMs: Number(queuedAt), message: parsed, n: Number(n) };
}
