/** Groups of people. */
import { z } from 'zod';
import { addGroup, listGroups, listMembers, removeGroup, setMember } from '#assurance/access/groups.ts';
import { anId, NOT_ONESELF, orProblem, problemOfRefusal, refuseKey } from './refusals.ts';
import { readRoute, writeRoute, type Route, type WriteCall } from './route.ts';

const group = z.object({ id: z.string(), name: z.string(), members: z.int() });
const params = z.strictObject({ id: anId<'group'>() });
const member = z.strictObject({ id: anId<'group'>(), person: anId<'person'>() });
const read = { permission: 'group.read', scope: 'tenant', rate: 'read' } as const;
const write = {
  permission: 'group.write',
  scope: 'tenant',
  rate: 'write',
  fourEyes: () => 'group.change' as const,
} as const;

export function groupRoutes(): readonly Route[] {
  return [
    readRoute({
      ...read,
      path: '/groups',
      summary: 'Lists the groups of the tenant.',
      reply: z.object({ items: z.array(group) }),
      handle: async (_input, { db, tenant }) => ({ items: await listGroups(db, tenant) }),
    }),
    readRoute({
      ...read,
      path: '/groups/{id}/members',
      summary: 'Lists who is in a group.',
      params,
      reply: z.object({ items: z.array(z.object({ person: z.string() })) }),
      handle: async ({ params }, { db, tenant }) => ({
        items: (await listMembers(db, tenant, params.id)).map((person) => ({ person })),
      }),
    }),
    writeRoute({
      ...write,
      method: 'post',
      path: '/groups',
      status: 201,
      summary: 'Makes a group.',
      audit: 'group.added',
      body: z.strictObject({ name: z.string().trim().min(1).max(200) }),
      reply: group,
      handle: async ({ body }, { tx, ...by }) => orProblem(await addGroup(tx, by, body.name), (g) => g),
    }),
    writeRoute({
      ...write,
      method: 'delete',
      path: '/groups/{id}',
      status: 204,
      summary: 'Removes a group; what was granted to it counts for nobody any more.',
      stepUp: true,
      audit: 'group.removed',
      params,
      reply: z.null(),
      handle: async ({ params }, { tx, ...by }) =>
        orProblem(await removeGroup(tx, by, params.id), () => null),
    }),
    writeRoute({
      ...write,
      method: 'put',
      path: '/groups/{id}/members/{person}',
      status: 204,
      summary: 'Puts a person into a group.',
      stepUp: true,
      audit: 'group.member-added',
      params: member,
      reply: z.null(),
      handle: ({ params }, call) => set(call, params, true),
    }),
    writeRoute({
      ...write,
      method: 'delete',
      path: '/groups/{id}/members/{person}',
      status: 204,
      summary: 'Takes a person out of a group.',
      audit: 'group.member-removed',
      params: member,
      reply: z.null(),
      handle: ({ params }, call) => set(call, params, false),
    }),
  ];
}

async function set(call: WriteCall, { id, person }: z.output<typeof member>, isIn: boolean) {
  // A group carries rights, and rules of approval count who is in it.
  const refusal = isIn ? refuseKey(call.caller) : undefined;
  if (refusal !== undefined) return refusal;
  const done = await setMember(call.tx, call, { group: id, person, isIn });
  if (!done.ok) return problemOfRefusal(done.error);
  if (!done.value) call.nothingChanged();
  // Undone with the rest of the transaction.
  else if (isIn && person === call.caller.person) return NOT_ONESELF;
  return null;
}
