/**
 * Tenants, for those who run the installation: state, limits and numbers, never content, addresses or subjects. And a
 * tenant's own side of it: what it may take with it, opened only when it asks itself.
 */
import { z } from 'zod';
import { newId, type TenantId } from '#core/id.ts';
import type { Result } from '#core/result.ts';
import { askForExport, type Export, listExports, orderExport, ordersOf } from '#assurance/tenants/exports.ts';
import { type Deletion, deletionOf } from '#assurance/tenants/deletion.ts';
import {
  createTenant,
  findTenant,
  listTenants,
  LOCATION_NAME,
  markForDeletion,
  renameTenant,
  resumeTenant,
  setLocation,
  setQuotas,
  suspendTenant,
  TENANT_NAME,
  type TenantHealth,
  type TenantRefusal,
} from '#assurance/tenants/tenants.ts';
import { afterKey, page, pageOf, pageQuery } from './paging.ts';
import { conflict, notFound, type Problem } from './problem.ts';
import { readRoute, type Route, writeRoute } from './route.ts';

const uuid = z.uuid().transform((text) => text.toLowerCase() as TenantId); // the schema has just checked it
const name = z.string().regex(TENANT_NAME, 'must be a word of a-z, 0-9 and -, at most 63 long');
const location = z.string().regex(LOCATION_NAME, 'must be a word of a-z, 0-9 and -, at most 31 long');
const count = z.int().min(0);
const time = z.string().nullable();
const quotas = z.strictObject({
  messagesPerDay: count.max(2 ** 31 - 1).optional(),
  storedBytes: count.optional(),
  people: count.max(2 ** 31 - 1).optional(),
  domains: count.max(2 ** 31 - 1).optional(),
});
const tenant = z.object({
  id: z.string(),
  name: z.string(),
  state: z.enum(['active', 'suspended', 'deleting', 'deleted']),
  stateAt: z.string(),
  deleteAfter: time,
  createdAt: z.string(),
  location: z.string().nullable(),
  quotas,
  usage: z.object({
    countedAt: time,
    messagesToday: count,
    queued: count,
    held: count,
    storedBytes: count,
    domains: count,
    people: count,
    lastSignInAt: time,
    over: z.array(z.string()),
  }),
});
const exported = z.object({
  id: z.string(),
  askedAt: z.string(),
  isOpen: z.boolean(),
  state: z.enum(['waiting', 'running', 'done', 'failed']),
  tables: count,
  rows: count,
  bodies: count,
  folder: z.string().nullable(),
  manifestSha256: z.string().nullable(),
  trouble: z.string().nullable(),
  endedAt: time,
});
const deletion = z.object({
  beganAt: z.string(),
  keyGoneAt: time,
  endedAt: time,
  rows: z.record(z.string(), z.int()),
});

export type TenantRouteOptions = {
  /** How long a tenant that is to be deleted waits when nobody says how long. */
  readonly deletionGraceS: number;
  /** Places that the configuration names; a tenant can be pinned to these. */
  readonly locations: readonly string[];
};

const params = z.strictObject({ id: uuid });
const operators = { scope: 'installation', permission: 'tenant.write', rate: 'write' } as const;
const read = { scope: 'installation', permission: 'tenant.read', rate: 'read' } as const;

export function tenantRoutes(options: () => TenantRouteOptions): readonly Route[] {
  return [...reading(), ...changing(options), ...leaving(options), ...ownExports()];
}

function reading(): readonly Route[] {
  return [
    readRoute({
      ...read,
      path: '/tenants',
      summary: 'Lists the tenants with their state, limits and numbers, by name.',
      query: pageQuery,
      reply: pageOf(tenant),
      handle: async ({ query }, { db }) => {
        const after = afterKey(query.cursor);
        const rest = (await listTenants(db)).filter((t) => after === undefined || t.name > after);
        const { items, ...cursor } = page(rest.slice(0, query.limit + 1), query.limit, (t) => t.name);
        return { items: items.map(shown), ...cursor };
      },
    }),
    readRoute({
      ...read,
      path: '/tenants/{id}',
      summary: 'Shows one tenant: its state, limits and numbers.',
      params,
      reply: tenant,
      handle: async ({ params }, { db }) => {
        const found = await findTenant(db, params.id);
        return found === undefined ? notFound('tenant') : shown(found);
      },
    }),
  ];
}

function changing(options: () => TenantRouteOptions): readonly Route[] {
  return [
    writeRoute({
      ...operators,
      method: 'post',
      path: '/tenants',
      status: 201,
      summary: 'Creates a tenant.',
      audit: 'tenant.created',
      body: z.strictObject({ name, location: location.optional() }),
      reply: tenant,
      handle: async ({ body }, call) => {
        const { locations } = options();
        if (body.location !== undefined && !locations.includes(body.location)) return unknownPlace(locations);
        return answer(await createTenant(call, body));
      },
    }),
    writeRoute({
      ...operators,
      method: 'put',
      path: '/tenants/{id}/name',
      status: 200,
      summary: 'Renames a tenant.',
      audit: 'tenant.renamed',
      params,
      body: z.strictObject({ name }),
      reply: tenant,
      handle: async ({ params, body }, call) => answer(await renameTenant(call, params.id, body.name)),
    }),
    writeRoute({
      ...operators,
      method: 'post',
      path: '/tenants/{id}/suspend',
      status: 200,
      summary:
        'Suspends a tenant: mail to it waits outside, mail of it is refused, its people are told; all is kept.',
      audit: 'tenant.suspended',
      stepUp: true,
      params,
      body: z.strictObject({ reason: z.string().min(1).max(500) }),
      reply: tenant,
      handle: async ({ params, body }, call) => answer(await suspendTenant(call, params.id, body.reason)),
    }),
    writeRoute({
      ...operators,
      method: 'post',
      path: '/tenants/{id}/resume',
      status: 200,
      summary: 'Ends a suspension, or the waiting for a deletion.',
      audit: 'tenant.resumed',
      params,
      reply: tenant,
      handle: async ({ params }, call) => answer(await resumeTenant(call, params.id)),
    }),
    writeRoute({
      ...operators,
      method: 'put',
      path: '/tenants/{id}/quota',
      status: 200,
      summary: 'Sets the limits of a tenant as a whole; what is left out has none.',
      audit: 'tenant.quota-changed',
      params,
      body: quotas,
      reply: tenant,
      handle: async ({ params, body }, call) => answer(await setQuotas(call, params.id, body)),
    }),
    writeRoute({
      ...operators,
      method: 'put',
      path: '/tenants/{id}/location',
      status: 200,
      summary: "Pins a tenant's data to a place, or to none; what is stored elsewhere is moved by a job.",
      audit: 'tenant.location-changed',
      stepUp: true,
      params,
      body: z.strictObject({ location: location.nullable() }),
      reply: tenant,
      handle: async ({ params, body }, call) => {
        const { locations } = options();
        if (body.location !== null && !locations.includes(body.location)) return unknownPlace(locations);
        return answer(await setLocation(call, params.id, body.location ?? undefined));
      },
    }),
  ];
}

const MAX_GRACE_S = 366 * 86_400;

function leaving(options: () => TenantRouteOptions): readonly Route[] {
  return [
    writeRoute({
      ...operators,
      method: 'post',
      path: '/tenants/{id}/exports',
      status: 202,
      summary:
        'Has everything of a tenant written into a folder; bodies stay out, since only the tenant can have them opened.',
      audit: 'tenant.export-asked',
      params,
      reply: z.object({ id: z.string() }),
      handle: async ({ params }, call) => {
        const id = newId<'export'>();
        return (await orderExport(call, params.id, id)) ? { id } : notFound('tenant');
      },
    }),
    readRoute({
      ...read,
      path: '/tenants/{id}/exports',
      summary: 'Lists the exports of a tenant, newest first.',
      params,
      reply: z.object({ items: z.array(exported) }),
      handle: async ({ params }, { db }) =>
        (await findTenant(db, params.id)) === undefined
          ? notFound('tenant')
          : { items: (await ordersOf(db, params.id)).map(shownExport) },
    }),
    writeRoute({
      ...operators,
      permission: 'tenant.delete',
      method: 'post',
      path: '/tenants/{id}/deletion',
      status: 202,
      summary: 'Marks a tenant for deletion: suspended at once, destroyed when the time of grace is over.',
      audit: 'tenant.deletion-asked',
      stepUp: true,
      params,
      body: z.strictObject({
        name: name.describe('The name once more, so that it is not the wrong one.'),
        graceS: z.int().min(0).max(MAX_GRACE_S).optional(),
      }),
      reply: tenant,
      handle: async ({ params, body }, call) => {
        const found = await findTenant(call.tx, params.id);
        if (found === undefined) return notFound('tenant');
        if (found.name !== body.name) return conflict('The name is not the one of this tenant.');
        return answer(await markForDeletion(call, params.id, body.graceS ?? options().deletionGraceS));
      },
    }),
    readRoute({
      ...read,
      path: '/tenants/{id}/deletion',
      summary: 'Reports what the deletion of a tenant has destroyed so far.',
      params,
      reply: deletion,
      handle: async ({ params }, { db }) => {
        const found = await deletionOf(db, params.id);
        return found === undefined ? notFound('deletion') : shownDeletion(found);
      },
    }),
  ];
}

function ownExports(): readonly Route[] {
  return [
    readRoute({
      path: '/exports',
      summary: 'Lists the exports of your organisation, newest first.',
      permission: 'tenant.read',
      scope: 'tenant',
      rate: 'read',
      reply: z.object({ items: z.array(exported) }),
      handle: async (_input, { db, tenant }) => ({
        items: (await listExports(db, tenant)).map(shownExport),
      }),
    }),
    writeRoute({
      method: 'post',
      path: '/exports',
      status: 202,
      summary:
        'Has everything of your organisation written into a folder, with the bodies of waiting and held mail opened.',
      permission: 'tenant.content',
      scope: 'tenant',
      rate: 'costly',
      stepUp: true,
      audit: 'tenant.export-asked',
      fourEyes: () => 'tenant.export',
      reply: z.object({ id: z.string() }),
      handle: async (_input, call) => {
        const id = newId<'export'>();
        await askForExport(call, call.tenant, id, true);
        return { id };
      },
    }),
  ];
}

function unknownPlace(locations: readonly string[]): Problem {
  return conflict(
    locations.length === 0
      ? 'The configuration names no places (storage.targets).'
      : `There is no such place; the configuration names ${locations.join(', ')}.`,
  );
}

function answer(done: Result<TenantHealth, TenantRefusal>): z.input<typeof tenant> | Problem {
  if (done.ok) return shown(done.value);
  return done.error.kind === 'missing' ? notFound('tenant') : conflict(done.error.text);
}

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;

function shown(t: TenantHealth): z.input<typeof tenant> {
  const { usage } = t;
  return {
    ...t,
    stateAt: t.stateAt.toISOString(),
    deleteAfter: iso(t.deleteAfter),
    createdAt: t.createdAt.toISOString(),
    usage: {
      ...usage,
      countedAt: iso(usage.countedAt),
      lastSignInAt: iso(usage.lastSignInAt),
      over: [...usage.over],
    },
  };
}

function shownExport(e: Export): z.input<typeof exported> {
  return { ...e, askedAt: e.askedAt.toISOString(), endedAt: iso(e.endedAt) };
}

function shownDeletion(d: Deletion): z.input<typeof deletion> {
  return {
    beganAt: d.beganAt.toISOString(),
    keyGoneAt: iso(d.keyGoneAt),
    endedAt: iso(d.endedAt),
    rows: { ...d.rows },
  };
}
