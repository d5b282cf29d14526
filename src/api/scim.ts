/** The SCIM 2.0 server (RFC 7644): directories add, change and deactivate people and groups by a key with `scim.write`. */
import { z } from 'zod';
import { MAX_RESULTS, RESOURCE_TYPES, SCHEMAS, SERVICE } from '#assurance/scim/about.ts';
import { parseFilter } from '#assurance/scim/filter.ts';
import {
  createGroup,
  deleteGroup,
  findGroup,
  groupInput,
  listGroups,
  patchGroup,
  replaceGroup,
} from '#assurance/scim/groups.ts';
import type { Json } from '#assurance/scim/patch.ts';
import {
  type Asked,
  createUser,
  deleteUser,
  findUser,
  type Listed,
  listUsers,
  patchUser,
  replaceUser,
  type ScimRefusal,
  userInput,
} from '#assurance/scim/users.ts';
import { parseId } from '#core/id.ts';
import type { Result } from '#core/result.ts';
import { notFound, problem, type Problem } from './problem.ts';
import { type ReadCall, readRoute, type Route, type WriteCall, writeRoute } from './route.ts';

const names = z.string().max(1000).optional();
const query = z.object({
  filter: z.string().max(2000).optional(),
  startIndex: z.coerce.number().int().default(1),
  count: z.coerce.number().int().default(100),
  attributes: names,
  excludedAttributes: names,
});
type Query = z.output<typeof query>;
const params = z.strictObject({ id: z.string().max(64) });
const resource = z.looseObject({});
const patchBody = z.object({
  Operations: z
    .array(
      z.object({
        op: z.string().max(20),
        path: z.string().max(1200).optional(),
        value: z.unknown().optional(),
      }),
    )
    .min(1)
    .max(1000),
});
const common = { permission: 'scim.write', scope: 'tenant', format: 'scim' } as const;
const BASE = '/scim/v2';

export function scimRoutes(): readonly Route[] {
  return [...userRoutes(), ...groupRoutes(), ...aboutRoutes()];
}

type Kind<Body extends z.ZodType> = {
  readonly path: string;
  readonly words: string;
  readonly events: { readonly added: string; readonly changed: string; readonly removed: string };
  readonly body: Body;
  readonly list: (
    db: ReadCall['db'],
    tenant: ReadCall['tenant'],
    asked: Asked,
    q: Query,
  ) => Promise<Result<Listed, ScimRefusal>>;
  readonly find: (db: ReadCall['db'], tenant: ReadCall['tenant'], id: string) => Promise<Json | undefined>;
  readonly create: (act: WriteCall, body: z.output<Body>) => Promise<Result<string, ScimRefusal>>;
  readonly replace: (
    act: WriteCall,
    id: string,
    body: z.output<Body>,
  ) => Promise<Result<undefined, ScimRefusal>>;
  readonly patch: (
    act: WriteCall,
    id: string,
    ops: z.output<typeof patchBody>['Operations'],
  ) => Promise<Result<undefined, ScimRefusal>>;
  readonly remove: (act: WriteCall, id: string) => Promise<Result<undefined, ScimRefusal>>;
};

const userRoutes = (): Route[] =>
  routesOf({
    path: `${BASE}/Users`,
    words: 'user',
    events: { added: 'scim.user-added', changed: 'scim.user-changed', removed: 'scim.user-removed' },
    body: userInput,
    list: listUsers,
    find: findUser,
    create: createUser,
    replace: (act, id, body) => replaceUser(act, id, body, act.ifMatch),
    patch: (act, id, ops) => patchUser(act, id, ops, act.ifMatch),
    remove: (act, id) => deleteUser(act, id, act.ifMatch),
  });

const groupRoutes = (): Route[] =>
  routesOf({
    path: `${BASE}/Groups`,
    words: 'group',
    events: { added: 'group.added', changed: 'group.changed', removed: 'group.removed' },
    body: groupInput,
    list: (db, tenant, asked, q) => listGroups(db, tenant, asked, shows(q, 'members')),
    find: findGroup,
    create: createGroup,
    replace: (act, id, body) => replaceGroup(act, id, body, act.ifMatch),
    patch: (act, id, ops) => patchGroup(act, id, ops, act.ifMatch),
    remove: (act, id) => deleteGroup(act, id, act.ifMatch),
  });

function routesOf<Body extends z.ZodType>(kind: Kind<Body>): Route[] {
  const { path, words, events, body } = kind;
  /** What is there now; ids of another tenant, of another source and no ids at all answer alike. */
  const shown = async (call: ReadCall | WriteCall, id: string, q?: Query): Promise<Json | Problem> => {
    const known = parseId(id);
    const db = 'tx' in call ? call.tx : call.db;
    const found = known === undefined ? undefined : await kind.find(db, call.tenant, known);
    return found === undefined ? notFound(words) : q === undefined ? found : project(found, q);
  };
  const idOf = (text: string): string => parseId(text) ?? '00000000-0000-7000-8000-000000000000';
  return [
    readRoute({
      ...common,
      path,
      summary: `SCIM: lists the ${words}s that fit a filter.`,
      rate: 'read',
      query,
      reply: resource,
      handle: async ({ query: q }, { db, tenant }) => {
        const filter = q.filter === undefined ? undefined : parseFilter(q.filter);
        if (filter !== undefined && !filter.ok) return refused({ kind: 'invalidFilter', text: filter.error });
        const asked = {
          filter: filter?.value,
          startIndex: Math.max(1, q.startIndex),
          count: Math.min(MAX_RESULTS, Math.max(0, q.count)),
        };
        const listed = await kind.list(db, tenant, asked, q);
        if (!listed.ok) return refused(listed.error);
        const resources = listed.value.resources.map((r) => project(r, q));
        return page(resources, listed.value.total, asked.startIndex);
      },
    }),
    readRoute({
      ...common,
      path: `${path}/{id}`,
      summary: `SCIM: reads one ${words}.`,
      rate: 'read',
      params,
      query,
      reply: resource,
      handle: async ({ params: p, query: q }, call) => await shown(call, p.id, q),
    }),
    writeRoute({
      ...common,
      method: 'post',
      path,
      status: 201,
      summary: `SCIM: adds a ${words}.`,
      rate: 'write',
      audit: events.added,
      body,
      reply: resource,
      handle: async (input, call) => {
        // `as`: the route has held it against this very schema.
        const done = await kind.create(call, input.body as z.output<Body>);
        return done.ok ? await shown(call, done.value) : refused(done.error);
      },
    }),
    writeRoute({
      ...common,
      method: 'put',
      path: `${path}/{id}`,
      status: 200,
      summary: `SCIM: replaces a ${words} as a whole.`,
      rate: 'write',
      audit: events.changed,
      params,
      body,
      reply: resource,
      handle: async (input, call) => {
        const done = await kind.replace(call, idOf(input.params.id), input.body as z.output<Body>);
        return done.ok ? await shown(call, input.params.id) : refused(done.error);
      },
    }),
    writeRoute({
      ...common,
      method: 'patch',
      path: `${path}/{id}`,
      status: 200,
      summary: `SCIM: changes parts of a ${words}; one that is not active any more is out at once.`,
      rate: 'write',
      audit: events.changed,
      params,
      body: patchBody,
      reply: resource,
      handle: async (input, call) => {
        const done = await kind.patch(call, idOf(input.params.id), input.body.Operations);
        return done.ok ? await shown(call, input.params.id) : refused(done.error);
      },
    }),
    writeRoute({
      ...common,
      method: 'delete',
      path: `${path}/{id}`,
      status: 204,
      summary: `SCIM: removes a ${words}.`,
      rate: 'write',
      audit: events.removed,
      params,
      reply: z.null(),
      handle: async (input, call) => {
        const done = await kind.remove(call, idOf(input.params.id));
        return done.ok ? null : refused(done.error);
      },
    }),
  ];
}

function aboutRoutes(): Route[] {
  const fixed = (path: string, summary: string, value: Json): Route =>
    readRoute({
      ...common,
      path,
      summary,
      rate: 'read',
      reply: resource,
      handle: () => Promise.resolve(value),
    });
  const listed = (name: string, summary: string, all: readonly Json[]): Route[] => [
    fixed(`${BASE}/${name}`, summary, page(all, all.length, 1)),
    readRoute({
      ...common,
      path: `${BASE}/${name}/{id}`,
      summary: `${summary} One of them.`,
      rate: 'read',
      params: z.strictObject({ id: z.string().max(128) }),
      reply: resource,
      handle: ({ params: p }) => Promise.resolve(all.find((x) => x['id'] === p.id) ?? notFound('resource')),
    }),
  ];
  return [
    fixed(`${BASE}/ServiceProviderConfig`, 'SCIM: what this service can do.', SERVICE),
    ...listed('ResourceTypes', 'SCIM: the kinds of resource.', RESOURCE_TYPES),
    ...listed('Schemas', 'SCIM: the attributes of each kind.', SCHEMAS),
  ];
}

const page = (resources: readonly Json[], total: number, startIndex: number): Json => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
  totalResults: total,
  itemsPerPage: resources.length,
  startIndex,
  Resources: resources,
});

/** RFC 7644 §3.9: `id`, `schemas` and `meta` are always there. */
const ALWAYS: readonly string[] = ['id', 'schemas', 'meta'];
const listOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .flatMap((n) => (n.trim() === '' ? [] : [n.trim().toLowerCase().split('.', 1)[0] ?? '']));

function shows({ attributes, excludedAttributes }: Query, name: string): boolean {
  if (ALWAYS.includes(name)) return true;
  const wanted = listOf(attributes);
  return wanted.length > 0 ? wanted.includes(name) : !listOf(excludedAttributes).includes(name);
}

const project = (value: Json, q: Query): Json =>
  Object.fromEntries(Object.entries(value).filter(([name]) => shows(q, name.toLowerCase())));

function refused({ kind, text }: ScimRefusal): Problem {
  if (kind === 'missing')
    return problem({ status: 404, type: 'not-found', title: 'Not found', detail: text });
  if (kind === 'version')
    return problem({ status: 412, type: 'changed', title: 'Changed meanwhile', detail: text });
  const status = kind === 'uniqueness' ? 409 : 400;
  return problem({ status, type: kind, title: 'Refused', detail: text });
}
