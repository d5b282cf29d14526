/**
 * What operators do with tenants: whoever may run commands on this machine is one. They see state and numbers; an export
 * ordered here leaves bodies out, since only the tenant itself may have them opened.
 */
import { deletionOf } from '#assurance/tenants/deletion.ts';
import { type Export, orderExport, ordersOf } from '#assurance/tenants/exports.ts';
import {
  createTenant,
  findTenant,
  listTenants,
  LOCATION_NAME,
  markForDeletion,
  type OperatorAct,
  type Quotas,
  renameTenant,
  resumeTenant,
  setLocation,
  setQuotas,
  suspendTenant,
  TENANT_NAME,
  type TenantHealth,
  type TenantRefusal,
} from '#assurance/tenants/tenants.ts';
import { formatDurationS, parseDurationS } from '#core/duration.ts';
import { ConfigError } from '#core/errors.ts';
import { newId, PLATFORM_TENANT } from '#core/id.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { Database } from '#platform/db.ts';
import type { CliContext } from './context.ts';
import { type Arguments, inOneAct, print, table, usage, type Verb } from './subcommands.ts';
import { refuse } from './things.ts';

/** How long a deletion waits when nobody says how long; the API takes it from the configuration. */
const GRACE_S = 30 * 86_400;

export const tenantVerbs: Readonly<Record<string, Verb>> = {
  list: {
    summary: 'List the tenants with their state and numbers.',
    positionals: [],
    flags: {},
    run: async (args, context) => {
      const all = await onPlatform(context, listTenants);
      print(context, args, all, healthTable(all));
      return 0;
    },
  },
  show: {
    summary: 'Show one tenant: its state, limits and numbers.',
    positionals: ['NAME'],
    flags: {},
    run: async (args, context) => {
      const found = await onPlatform(context, (db) => named(db, args));
      print(context, args, found, `${JSON.stringify(found, null, 2)}\n`);
      return 0;
    },
  },
  create: {
    summary: 'Create a tenant.',
    positionals: ['NAME'],
    flags: { location: { type: 'string', value: 'PLACE', help: 'The only place its data may be at.' } },
    run: async (args, context) => {
      const [name = ''] = args.positionals;
      const location = args.text('location');
      if (!TENANT_NAME.test(name))
        return usage(context, 'tenant create', `"${name}" is no name: ${NAME_FORM}`);
      if (location !== undefined && !LOCATION_NAME.test(location))
        return usage(context, 'tenant create', `--location: "${location}" is no name of a place`);
      return await told(args, context, 'create', (act) => createTenant(act, { name, location }));
    },
  },
  rename: {
    summary: 'Rename a tenant.',
    positionals: ['NAME', 'NEW-NAME'],
    flags: {},
    run: async (args, context) => {
      const to = args.positionals[1] ?? '';
      if (!TENANT_NAME.test(to)) return usage(context, 'tenant rename', `"${to}" is no name: ${NAME_FORM}`);
      return await changed(args, context, 'rename', (act, t) => renameTenant(act, t.id, to));
    },
  },
  suspend: {
    summary:
      'Suspend a tenant: mail to it waits outside, mail of it is refused, its people are told; all is kept.',
    positionals: ['NAME'],
    flags: { reason: { type: 'string', value: 'TEXT', help: 'For the record. Needed.' } },
    run: async (args, context) => {
      const reason = args.text('reason');
      if (reason === undefined) return usage(context, 'tenant suspend', '--reason is missing');
      return await changed(args, context, 'suspend', (act, t) => suspendTenant(act, t.id, reason));
    },
  },
  resume: {
    summary: 'End a suspension, or the waiting for a deletion.',
    positionals: ['NAME'],
    flags: {},
    run: (args, context) => changed(args, context, 'resume', (act, t) => resumeTenant(act, t.id)),
  },
  quota: {
    summary: 'Set the limits that are named; "none" takes one away.',
    positionals: ['NAME'],
    flags: {
      'messages-per-day': { type: 'string', value: 'N', help: 'Messages a day (UTC).' },
      'stored-bytes': { type: 'string', value: 'N', help: 'Bytes of mail that waits or is held.' },
      people: { type: 'string', value: 'N', help: 'People with an account.' },
      domains: { type: 'string', value: 'N', help: 'Domains.' },
    },
    run: async (args, context) => {
      const change = quotasFrom(args);
      if (typeof change === 'string') return usage(context, 'tenant quota', change);
      return await changed(args, context, 'quota', (act, t) =>
        setQuotas(act, t.id, { ...t.quotas, ...change }),
      );
    },
  },
  move: {
    summary: 'Pin the data of a tenant to a place; a tenant with domains is suspended first.',
    positionals: ['NAME'],
    flags: { to: { type: 'string', value: 'PLACE', help: 'A label of nodes and targets, or "none".' } },
    run: async (args, context) => {
      const to = args.text('to');
      if (to === undefined || (to !== 'none' && !LOCATION_NAME.test(to)))
        return usage(context, 'tenant move', '--to must be the name of a place, or none');
      const place = to === 'none' ? undefined : to;
      return await changed(args, context, 'move', (act, t) => setLocation(act, t.id, place));
    },
  },
  export: {
    summary:
      'Have everything of a tenant written into a folder, bodies left out; without --order show what was.',
    positionals: ['NAME'],
    flags: { order: { type: 'boolean', help: 'Order a new one.' } },
    run: exportVerb,
  },
  delete: {
    summary:
      'Delete a tenant in two steps: suspended now, destroyed after the time of grace; without --confirm report.',
    positionals: ['NAME'],
    flags: {
      confirm: { type: 'string', value: 'NAME', help: 'The name once more.' },
      grace: { type: 'string', value: 'SPAN', help: 'Time to take it back in; 30d when left out.' },
    },
    run: deleteVerb,
  },
};

const NAME_FORM = 'a word of a-z, 0-9 and -, at most 63 long';

async function exportVerb(args: Arguments, context: CliContext): Promise<number> {
  const found = await onPlatform(context, (db) => named(db, args));
  if (!args.is('order')) {
    const all = await onPlatform(context, (db) => ordersOf(db, found.id));
    print(context, args, all, exportTable(all));
    return 0;
  }
  const id = newId<'export'>();
  const done = await acted(context, async (act) =>
    (await orderExport(act, found.id, id)) ? ok(id) : err({ text: `The tenant is ${found.state}.` }),
  );
  if (!done.ok) return refuse(context, 'tenant export', done.error.text);
  print(
    context,
    args,
    { id },
    `The export ${id} was ordered; "gatehouse tenant export ${found.name}" shows it.\n`,
  );
  return 0;
}

async function deleteVerb(args: Arguments, context: CliContext): Promise<number> {
  const found = await onPlatform(context, (db) => named(db, args));
  const confirm = args.text('confirm');
  if (confirm === undefined) {
    const report = await onPlatform(context, (db) => deletionOf(db, found.id));
    const { state, deleteAfter } = found;
    print(
      context,
      args,
      { state, deleteAfter, ...report },
      `${JSON.stringify({ state, deleteAfter, ...report }, null, 2)}\n`,
    );
    return 0;
  }
  const grace = args.text('grace');
  const graceS = grace === undefined ? GRACE_S : parseDurationS(grace);
  if (graceS === undefined)
    return usage(context, 'tenant delete', `--grace: "${grace}" is no span such as 30d`);
  if (confirm !== found.name)
    return refuse(context, 'tenant delete', 'The name after --confirm is not the one of this tenant.');
  return await told(
    args,
    context,
    'delete',
    (act) => markForDeletion(act, found.id, graceS),
    ` It is destroyed in ${formatDurationS(graceS)}; until then "gatehouse tenant resume" takes it back.`,
  );
}

async function onPlatform<T>(context: CliContext, work: (db: Database) => Promise<T>): Promise<T> {
  await using db = await context.openDatabase();
  return await work(db.asTenant(PLATFORM_TENANT));
}

async function acted<T, E>(
  context: CliContext,
  work: (act: OperatorAct) => Promise<Result<T, E>>,
): Promise<Result<T, E>> {
  await using db = await context.openDatabase();
  return await inOneAct(db, PLATFORM_TENANT, work);
}

/** The tenant of the first argument, by name or id. */
async function named(db: Database, args: Arguments): Promise<TenantHealth> {
  const [name = ''] = args.positionals;
  const all = await listTenants(db);
  const found = all.find((t) => t.name === name || t.id === name);
  if (found === undefined) throw new ConfigError([`there is no tenant named "${name}"`]);
  return (await findTenant(db, found.id)) ?? found;
}

async function changed(
  args: Arguments,
  context: CliContext,
  verb: string,
  work: (act: OperatorAct, tenant: TenantHealth) => Promise<Result<TenantHealth, TenantRefusal>>,
): Promise<number> {
  const found = await onPlatform(context, (db) => named(db, args));
  return await told(args, context, verb, (act) => work(act, found));
}

async function told(
  args: Arguments,
  context: CliContext,
  verb: string,
  work: (act: OperatorAct) => Promise<Result<TenantHealth, TenantRefusal>>,
  more = '',
): Promise<number> {
  const done = await acted(context, work);
  if (!done.ok) return refuse(context, `tenant ${verb}`, done.error.text);
  const { name, state } = done.value;
  print(context, args, done.value, `The tenant "${name}" is ${state}.${more}\n`);
  return 0;
}

const QUOTAS = [
  ['messages-per-day', 'messagesPerDay', 2 ** 31 - 1],
  ['stored-bytes', 'storedBytes', Number.MAX_SAFE_INTEGER],
  ['people', 'people', 2 ** 31 - 1],
  ['domains', 'domains', 2 ** 31 - 1],
] as const satisfies readonly (readonly [string, keyof Quotas, number])[];

function quotasFrom(args: Arguments): Quotas | string {
  const change: Record<string, number | undefined> = {};
  for (const [flag, field, max] of QUOTAS) {
    const text = args.text(flag);
    if (text === undefined) continue;
    const n = /^\d{1,16}$/.test(text) ? Number(text) : Infinity;
    if (text !== 'none' && n > max) return `--${flag}: "${text}" is neither a number nor none`;
    change[field] = text === 'none' ? undefined : n;
  }
  return Object.keys(change).length === 0 ? 'name a limit, as --domains 10' : change;
}

function healthTable(all: readonly TenantHealth[]): string {
  const rows = all.map(({ name, state, location, usage: u }) => [
    name,
    state,
    location ?? '-',
    String(u.messagesToday),
    String(u.queued),
    String(u.held),
    String(u.storedBytes),
    String(u.domains),
    String(u.people),
    u.over.join(' ') || '-',
  ]);
  const head = ['NAME', 'STATE', 'PLACE', 'TODAY', 'QUEUED', 'HELD', 'BYTES', 'DOMAINS', 'PEOPLE', 'OVER'];
  return table(head, rows);
}

function exportTable(all: readonly Export[]): string {
  if (all.length === 0) return 'Nothing was exported yet; --order does.\n';
  const rows = all.map((e) => [
    e.id,
    e.state,
    e.isOpen ? 'opened' : 'left out',
    String(e.rows),
    e.folder ?? e.trouble ?? '-',
  ]);
  return table(['ID', 'STATE', 'BODIES', 'ROWS', 'FOLDER'], rows);
}
