/** Keys of programs: made with what the maker may do at most, shown once, gone after a year at the latest. */
import { z } from 'zod';
import { isPermission } from '#assurance/access/catalogue.ts';
import { listKeys, makeKey, MAX_KEY_DAYS, revokeKey, type KeyId } from '#assurance/identity/api-keys.ts';
import type { Identity } from '#assurance/identity/identity.ts';
import { covers } from './permission.ts';
import { notFound, problem } from './problem.ts';
import { readRoute, writeRoute, type Route, type WriteCall } from './route.ts';
import { withTimes } from './times.ts';

const permissions = z
  .array(z.string().max(64).refine(isPermission, 'must be a permission that exists'))
  .max(200);
const shown = z.object({
  id: z.string(),
  service: z.string(),
  purpose: z.string(),
  permissions: z.array(z.string()),
  platformPermissions: z.array(z.string()),
  createdAt: z.string(),
  createdBy: z.string(),
  expiresAt: z.string(),
  lastUsedAt: z.string().nullable(),
});
const service = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[a-z0-9][a-z0-9-]*$/, 'must be lower-case letters, digits and dashes');

export function apiKeyRoutes(identity: Identity): readonly Route[] {
  return [
    readRoute({
      path: '/api-keys',
      summary: 'Lists keys of services, without the keys themselves.',
      permission: 'api-key.read',
      scope: 'tenant',
      rate: 'read',
      reply: z.object({ items: z.array(shown) }),
      handle: async (_, { db, tenant }) => ({
        items: (await listKeys(db, tenant)).map((k) => ({
          ...withTimes(k),
          permissions: [...k.permissions],
          platformPermissions: [...k.platformPermissions],
        })),
      }),
    }),
    writeRoute({
      method: 'post',
      path: '/api-keys',
      status: 201,
      summary: 'Makes a key for a service; it is shown in this reply and never again.',
      permission: 'api-key.write',
      scope: 'tenant',
      rate: 'write',
      stepUp: true,
      audit: 'api-key.created',
      secret: true,
      body: z.strictObject({
        service,
        purpose: z.string().max(500).default(''),
        permissions: permissions.min(1),
        platformPermissions: permissions.default([]),
        days: z.int().min(1).max(MAX_KEY_DAYS),
      }),
      reply: z.object({ id: z.string(), key: z.string(), expiresAt: z.string() }),
      handle: async ({ body }, call) => {
        const { caller } = call;
        // A key that makes keys could go on for ever.
        if (caller.person === undefined && !caller.permissions.has('*')) return ONLY_PEOPLE;
        if (
          !covers(caller.permissions, body.permissions) ||
          !covers(caller.platform, body.platformPermissions)
        )
          return TOO_MUCH;
        const expiresAt = new Date(identity.now() + body.days * 86_400_000);
        if (await outlasts(identity, call, body, expiresAt)) return OUTLASTS;
        const { id, token } = await makeKey(call, { ...body, expiresAt });
        return { id, key: token, expiresAt: expiresAt.toISOString() };
      },
    }),
    writeRoute({
      method: 'delete',
      path: '/api-keys/{id}',
      status: 204,
      summary: 'Revokes a key at once.',
      permission: 'api-key.write',
      scope: 'tenant',
      rate: 'write',
      audit: 'api-key.revoked',
      params: z.strictObject({ id: z.uuid() }),
      reply: z.null(),
      // `as`: the schema has just checked it
      handle: async ({ params }, call) =>
        (await revokeKey(call, params.id.toLowerCase() as KeyId)) ? null : notFound('key'),
    }),
  ];
}

/** Whether the key would still hold what the maker's own rights, as they are now, no longer hold by then. */
async function outlasts(
  identity: Identity,
  { tx, tenant, caller }: WriteCall,
  key: { readonly permissions: readonly string[]; readonly platformPermissions: readonly string[] },
  expiresAt: Date,
): Promise<boolean> {
  if (caller.person === undefined) return false; // the machine's own administrator
  const then = await identity.permissionsOf(tx, tenant, caller.person, expiresAt.getTime());
  return !covers(then.tenant, key.permissions) || !covers(then.platform, key.platformPermissions);
}

const OUTLASTS = problem({
  status: 403,
  type: 'forbidden',
  title: 'Not allowed',
  detail: 'The key would outlast a right of yours that it is made from; make it for fewer days.',
});
const ONLY_PEOPLE = problem({
  status: 403,
  type: 'forbidden',
  title: 'Not allowed',
  detail: 'Keys are made by people.',
});
const TOO_MUCH = problem({
  status: 403,
  type: 'forbidden',
  title: 'Not allowed',
  detail: 'A key can hold no permission that you do not have yourself.',
});
