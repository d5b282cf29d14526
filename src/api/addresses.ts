/** The addresses we know in a domain of ours. */
import { z } from 'zod';
import { changeAddresses, importAddresses, listAddresses } from '#mail/directory/addresses.ts';
import { findThing } from '#mail/directory/commands.ts';
import { domainKind } from '#mail/directory/kinds.ts';
import { afterKey, page, pageOf, pageQuery } from './paging.ts';
import { invalid, notFound } from './problem.ts';
import { readRoute, writeRoute, type Route } from './route.ts';

const params = z.strictObject({ name: z.string().min(1).max(255) });
const someAddresses = z.array(z.string()).readonly();
const preview = z.object({ added: someAddresses, removed: someAddresses, unchanged: z.int() });
const addresses = z.array(z.string().max(320)).max(10_000).default([]);

export function addressRoutes(): readonly Route[] {
  return [list, change, importCsv];
}

const list = readRoute({
  path: '/domains/{name}/addresses',
  summary: 'Lists the addresses of a domain.',
  permission: 'address.read',
  scope: 'tenant',
  rate: 'read',
  params,
  query: pageQuery,
  reply: pageOf(z.string()),
  handle: async ({ params, query }, { db, tenant }) => {
    if ((await findThing(db, tenant, domainKind, params.name)) === undefined) return notFound('domain');
    const rows = await listAddresses(db, tenant, params.name, afterKey(query.cursor), query.limit + 1);
    const { items, ...rest } = page(rows, query.limit, (r) => r.local);
    return { items: items.map((r) => r.address), ...rest };
  },
});

const change = writeRoute({
  method: 'patch',
  path: '/domains/{name}/addresses',
  status: 200,
  summary: 'Adds and removes single addresses, all or nothing.',
  permission: 'address.write',
  scope: 'tenant',
  rate: 'write',
  audit: 'address.imported',
  params,
  body: z.strictObject({ add: addresses, remove: addresses }),
  reply: preview,
  handle: async ({ params, body }, call) => {
    if ((await findThing(call.tx, call.tenant, domainKind, params.name)) === undefined)
      return notFound('domain');
    const done = await changeAddresses(call, body.add, body.remove, params.name);
    if (!done.ok) return invalid(done.error);
    if (done.value.added.length + done.value.removed.length === 0) call.nothingChanged();
    return done.value;
  },
});

const importCsv = writeRoute({
  method: 'post',
  path: '/domains/{name}/addresses/import',
  status: 200,
  summary: 'Imports a CSV file of addresses, all or nothing; with dryRun it only says what would change.',
  permission: 'address.write',
  scope: 'tenant',
  rate: 'costly',
  audit: 'address.imported',
  params,
  query: z.strictObject({
    mode: z.enum(['merge', 'replace']).default('merge'),
    dryRun: z.enum(['true', 'false']).default('false'),
  }),
  body: z.instanceof(Uint8Array),
  bodyType: 'text/csv',
  reply: preview,
  handle: async ({ params, query, body }, call) => {
    if ((await findThing(call.tx, call.tenant, domainKind, params.name)) === undefined)
      return notFound('domain');
    const dryRun = query.dryRun === 'true';
    const done = await importAddresses(call, body, { mode: query.mode, domain: params.name, dryRun });
    if (!done.ok) return invalid(done.error);
    if (dryRun || done.value.added.length + done.value.removed.length === 0) call.nothingChanged();
    return done.value;
  },
});
