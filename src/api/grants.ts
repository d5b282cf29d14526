/** Who has which role until when; groups that grants and rules name; the tenant's limits on rights. */
import { z } from 'zod';
import { GRANTABLE } from '#assurance/access/catalogue.ts';
import type { FourEyesAct } from '#assurance/approvals/acts.ts';
import { type Grant, grant, type Holder, listGrants, revokeGrant } from '#assurance/access/grants.ts';
import { isPrivileged } from '#assurance/access/roles.ts';
import { findAccessSettings, setAccessSettings } from '#assurance/access/settings.ts';
import type { Id } from '#core/id.ts';
import { BAD_CURSOR, pageOf, pageQuery } from './paging.ts';
import { notFound } from './problem.ts';
import {
  anId,
  beforeId,
  NOT_ONESELF,
  orProblem,
  pageById,
  reasonText,
  refuseKey,
  ticketText,
  timeOf,
  timeOrNull,
} from './refusals.ts';
import { readRoute, writeRoute, type Route } from './route.ts';

export const grantShape = z.object({
  id: z.string(),
  person: z.string().nullable(),
  personTenant: z.string().nullable(),
  group: z.string().nullable(),
  role: z.string().nullable(),
  permission: z.string().nullable(),
  source: z.string(),
  reason: z.string(),
  ticket: z.string().nullable(),
  by: z.string(),
  at: z.string(),
  expiresAt: z.string().nullable(),
});
const rest = {
  expiresAt: z.iso.datetime().optional().describe('Needed for everything above employee.'),
  reason: reasonText,
  ticket: ticketText.optional(),
};
const holder = {
  person: anId<'person'>().optional(),
  personTenant: anId<'tenant'>().optional().describe("Only where the platform's tenant names operators."),
  group: anId<'group'>().optional(),
};
const body = z
  .strictObject({
    ...holder,
    role: z.string().min(1).max(63).optional(),
    permission: z.enum(GRANTABLE).optional(),
    ...rest,
  })
  .refine((b) => (b.person === undefined) !== (b.group === undefined), 'Name a person or a group.')
  .refine((b) => (b.role === undefined) !== (b.permission === undefined), 'Name a role or a permission.');
const settings = z.object({
  maxGrantS: z
    .int()
    .min(3600)
    .max(366 * 86_400),
  maxRequestS: z
    .int()
    .min(300)
    .max(366 * 86_400),
  securityGroup: anId<'group'>().nullable(),
});
const shownSettings = settings.extend({ securityGroup: z.string().nullable() });

export function grantRoutes(): readonly Route[] {
  return [
    readRoute({
      path: '/grants',
      summary: 'Lists the grants that count now, newest first.',
      permission: 'grant.read',
      scope: 'tenant',
      rate: 'read',
      query: pageQuery,
      reply: pageOf(grantShape),
      handle: async ({ query }, { db, tenant }) => {
        const before = beforeId(query.cursor);
        if (before === null) return BAD_CURSOR;
        const nowMs = Date.now();
        const rows = await listGrants(db, tenant, { limit: query.limit + 1, before, nowMs });
        const { items, ...more } = pageById(rows, query.limit);
        return { items: items.map(showGrant), ...more };
      },
    }),
    writeRoute({
      method: 'post',
      path: '/grants',
      status: 201,
      summary: 'Gives a person or a group a role or a permission.',
      permission: 'grant.write',
      scope: 'tenant',
      rate: 'write',
      stepUp: true,
      audit: 'grant.given',
      fourEyes: ({ body: b }) => actOf(b),
      body,
      reply: z.object({ id: z.string() }),
      handle: async ({ body: b }, { tx, tenant, actor, caller }) => {
        const refusal = refuseKey(caller);
        if (refusal !== undefined) return refusal;
        if (b.person !== undefined && b.person === caller.person) return NOT_ONESELF;
        if (b.group !== undefined && (await isMember(tx, tenant, b.group, caller.person))) return NOT_ONESELF;
        const made = await grant(tx, {
          tenant,
          holder: holderOf(b),
          // `??`: the schema has seen that one of the two is there
          what: b.permission === undefined ? { role: b.role ?? '' } : { permission: b.permission },
          source: 'given',
          reason: b.reason,
          ticket: b.ticket,
          expiresAtMs: b.expiresAt === undefined ? undefined : Date.parse(b.expiresAt),
          by: actor,
          nowMs: Date.now(),
        });
        return orProblem(made, (id) => ({ id }));
      },
    }),
    writeRoute({
      method: 'delete',
      path: '/grants/{id}',
      status: 204,
      summary: 'Takes a grant away at once.',
      permission: 'grant.write',
      scope: 'tenant',
      rate: 'write',
      audit: 'grant.revoked',
      params: z.strictObject({ id: anId<'grant'>() }),
      reply: z.null(),
      handle: async ({ params }, { tx, tenant, actor }) =>
        (await revokeGrant(tx, tenant, params.id, actor, Date.now())) ? null : notFound('grant'),
    }),
    readRoute({
      path: '/access-settings',
      summary: 'Reads how long rights may last, and which group hears of emergencies.',
      permission: 'access.read',
      scope: 'tenant',
      rate: 'read',
      reply: shownSettings,
      handle: (_input, { db, tenant }) => findAccessSettings(db, tenant),
    }),
    writeRoute({
      method: 'put',
      path: '/access-settings',
      status: 200,
      summary: 'Sets how long rights may last, and which group hears of emergencies.',
      permission: 'access.write',
      scope: 'tenant',
      rate: 'write',
      stepUp: true,
      audit: 'access.settings-changed',
      fourEyes: () => 'access.settings',
      body: z.strictObject(settings.shape),
      reply: shownSettings,
      handle: async ({ body: b }, { tx, tenant, actor }) => {
        await setAccessSettings(tx, tenant, actor, b);
        return b;
      },
    }),
  ];
}

const RULING: readonly string[] = ['access.write', 'grant.write', 'group.write', 'role.write'];

/** Rights over rights are a thing of their own. */
function actOf({ role, permission }: z.output<typeof body>): FourEyesAct | undefined {
  if (role === 'tenant-admin' || role === 'operator') return 'grant.give-admin';
  if (permission !== undefined && RULING.includes(permission)) return 'grant.give-admin';
  return role === undefined || isPrivileged(role) ? 'grant.give' : undefined;
}

function holderOf(b: z.output<typeof body>): Holder {
  if (b.group !== undefined) return { group: b.group };
  const person = b.person as Id<'person'>; // the schema has seen that one of the two is there
  return b.personTenant === undefined ? { person } : { person, personTenant: b.personTenant };
}

async function isMember(
  tx: Parameters<typeof grant>[0],
  tenant: string,
  group: Id<'group'>,
  person: Id<'person'> | undefined,
): Promise<boolean> {
  if (person === undefined) return false;
  const rows = await tx.query(
    'select from group_member where tenant_id = $1 and group_id = $2 and person_id = $3',
    [tenant, group, person],
  );
  return rows.length > 0;
}

export function showGrant(g: Grant): z.input<typeof grantShape> {
  const { atMs, expiresAtMs, ...shown } = g;
  return { ...shown, at: timeOf(atMs), expiresAt: timeOrNull(expiresAtMs) };
}
