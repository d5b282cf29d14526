/** The routes that every kind of thing in the directory has: list, read, add, replace, remove. */
import { z } from 'zod';
import {
  addThing,
  changeThing,
  findThing,
  listThings,
  removeThing,
  withoutSecrets,
  type Refusal,
} from '#mail/directory/commands.ts';
import type { Kind, Named } from '#mail/directory/kinds.ts';
import { afterKey, page, pageOf, pageQuery } from './paging.ts';
import { conflict, notFound, type Problem } from './problem.ts';
import { readRoute, writeRoute, type Permission, type Route } from './route.ts';

export type ThingPaths = { readonly path: string; readonly read: Permission; readonly write: Permission };

/** `shown` is the value as it is answered: without its secrets. */
export function thingRoutes<T extends Named>(
  kind: Kind<T>,
  { path, read, write }: ThingPaths,
  shown: z.ZodType,
): Route[] {
  const params = z.strictObject({ name: z.string().min(1).max(255) });
  const show = (value: T): unknown => withoutSecrets(kind, value);
  const common = { scope: 'tenant', params } as const;
  return [
    readRoute({
      path,
      summary: `Lists every ${kind.words}, by name.`,
      permission: read,
      scope: 'tenant',
      rate: 'read',
      query: pageQuery,
      reply: pageOf(shown),
      handle: async ({ query }, { db, tenant }) => {
        const rows = await listThings(db, tenant, kind, afterKey(query.cursor), query.limit + 1);
        const { items, ...rest } = page(rows, query.limit, (r) => r.name);
        return { items: items.map(show), ...rest };
      },
    }),
    readRoute({
      ...common,
      path: `${path}/{name}`,
      summary: `Reads one ${kind.words}.`,
      permission: read,
      rate: 'read',
      reply: shown,
      handle: async ({ params }, { db, tenant }) => {
        const found = await findThing(db, tenant, kind, params.name);
        return found === undefined ? notFound(kind.words) : show(found);
      },
    }),
    writeRoute({
      method: 'post',
      path,
      status: 201,
      summary: `Adds a ${kind.words}.`,
      permission: write,
      scope: 'tenant',
      rate: 'write',
      audit: `${kind.noun}.added`,
      body: kind.schema,
      reply: shown,
      handle: async ({ body }, call) => {
        const done = await addThing(call, kind, body);
        return done.ok ? show(done.value) : problemOf(done.error, kind.words);
      },
    }),
    writeRoute({
      ...common,
      method: 'put',
      path: `${path}/{name}`,
      status: 200,
      summary: `Replaces a ${kind.words} as a whole.`,
      permission: write,
      rate: 'write',
      audit: `${kind.noun}.changed`,
      body: kind.schema,
      reply: shown,
      handle: async ({ params, body }, call) => {
        const value = body;
        if (value.name !== params.name)
          return conflict('The name in the body is not the one in the path; names do not change.');
        const done = await changeThing(call, kind, value);
        return done.ok ? show(done.value) : problemOf(done.error, kind.words);
      },
    }),
    writeRoute({
      ...common,
      method: 'delete',
      path: `${path}/{name}`,
      status: 204,
      summary: `Removes a ${kind.words}.`,
      permission: write,
      rate: 'write',
      audit: `${kind.noun}.removed`,
      ...(kind.noun === 'domain' ? { fourEyes: () => 'domain.remove' as const } : {}),
      reply: z.null(),
      handle: async ({ params }, call) => {
        const done = await removeThing(call, kind, params.name);
        return done.ok ? null : problemOf(done.error, kind.words);
      },
    }),
  ];
}

export function problemOf(refusal: Refusal, words: string): Problem {
  return refusal.kind === 'missing' && refusal.text.startsWith(`There is no ${words} `)
    ? notFound(words)
    : conflict(refusal.text);
}
