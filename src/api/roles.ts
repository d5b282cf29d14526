/** Roles: the built-in ones, a tenant's own, and every permission there is. */
import { z } from 'zod';
import { CATALOGUE, PERMISSIONS } from '#assurance/access/catalogue.ts';
import {
  type CustomRole,
  listCustomRoles,
  putCustomRole,
  removeCustomRole,
} from '#assurance/access/custom-roles.ts';
import { isPrivileged, RIGHTS, ROLES } from '#assurance/access/roles.ts';
import { conflict, type Problem } from './problem.ts';
import { NOT_ONESELF, orProblem, refuseKey } from './refusals.ts';
import { readRoute, writeRoute, type Route, type WriteCall } from './route.ts';

const name = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/);
const permission = z.enum(PERMISSIONS);
const role = z.object({
  name: z.string(),
  description: z.string(),
  permissions: z.array(z.string()),
  platform: z.array(z.string()),
  isBuiltIn: z.boolean(),
  isPrivileged: z.boolean(),
});
const body = z.strictObject({
  name,
  description: z.string().max(500),
  permissions: z.array(permission).min(1).max(100),
});
const write = {
  permission: 'role.write',
  scope: 'tenant',
  rate: 'write',
  stepUp: true,
  fourEyes: () => 'role.change' as const,
} as const;

export function roleRoutes(): readonly Route[] {
  return [
    readRoute({
      path: '/roles',
      summary: 'Lists the roles of the tenant, built-in ones first.',
      permission: 'role.read',
      scope: 'tenant',
      rate: 'read',
      reply: z.object({ items: z.array(role) }),
      handle: async (_input, { db, tenant }) => ({
        items: [...ROLES.map(builtIn), ...(await listCustomRoles(db, tenant)).map(show)],
      }),
    }),
    readRoute({
      path: '/permissions',
      summary: 'Lists every permission there is and where it counts.',
      permission: 'role.read',
      scope: 'tenant',
      rate: 'read',
      reply: z.object({ items: z.array(z.object({ permission: z.string(), of: z.string() })) }),
      handle: async () => ({ items: PERMISSIONS.map((p) => ({ permission: p, of: CATALOGUE[p].of })) }),
    }),
    writeRoute({
      ...write,
      method: 'post',
      path: '/roles',
      status: 201,
      summary: 'Makes a role of the permissions that are named.',
      audit: 'role.added',
      body,
      reply: role,
      handle: async ({ body }, { tx, ...by }) => orProblem(await putCustomRole(tx, by, body, 'new'), show),
    }),
    writeRoute({
      ...write,
      method: 'put',
      path: '/roles/{name}',
      status: 200,
      summary: 'Gives a role other permissions; those who hold it have them at once.',
      audit: 'role.changed',
      params: z.strictObject({ name }),
      body,
      reply: role,
      handle: async ({ params, body }, call) => {
        if (body.name !== params.name)
          return conflict('The name in the body is not the one in the path; names do not change.');
        const refusal = refuseKey(call.caller) ?? (await refuseOwn(call, params.name));
        return refusal ?? orProblem(await putCustomRole(call.tx, call, body, 'existing'), show);
      },
    }),
    writeRoute({
      ...write,
      method: 'delete',
      path: '/roles/{name}',
      status: 204,
      summary: 'Removes a role that nobody holds.',
      audit: 'role.removed',
      params: z.strictObject({ name }),
      reply: z.null(),
      handle: async ({ params }, { tx, ...by }) =>
        orProblem(await removeCustomRole(tx, by, params.name, Date.now()), () => null),
    }),
  ];
}

/** Who holds a role does not change it: its new permissions would be a gift to themselves. */
async function refuseOwn({ tx, tenant, caller }: WriteCall, role: string): Promise<Problem | undefined> {
  const held = await tx.query(
    `select from role_grant g where g.tenant_id = $1 and g.role = $2 and g.revoked_at is null
       and (g.expires_at is null or g.expires_at > now()) and (g.person_id = $3 or g.group_id in (
         select group_id from group_member where tenant_id = $1 and person_id = $3)) limit 1`,
    [tenant, role, caller.person ?? null],
  );
  return held.length > 0 ? NOT_ONESELF : undefined;
}

function show(r: CustomRole): z.input<typeof role> {
  const { name, description, permissions } = r;
  return {
    name,
    description,
    permissions: [...permissions],
    platform: [],
    isBuiltIn: false,
    isPrivileged: true,
  };
}

function builtIn(name: (typeof ROLES)[number]): z.input<typeof role> {
  const { tenant, platform } = RIGHTS[name];
  return {
    name,
    description: '',
    permissions: [...tenant],
    platform: [...platform],
    isBuiltIn: true,
    isPrivileged: isPrivileged(name),
  };
}
