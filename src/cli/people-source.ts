/** `gatehouse people-source`: LDAP directories that people and groups are copied from. */
import {
  addSource,
  listSources,
  removeSource,
  sourceInput,
  type SourceState,
} from '#assurance/people-sync/sources.ts';
import { syncPeople } from '#assurance/people-sync/sync.ts';
import { ok } from '#core/result.ts';
import { zodComplaints } from '#platform/config/zod-complaints.ts';
import type { CliContext } from './context.ts';
import { readText } from './hop-flags.ts';
import {
  type Arguments,
  badValues,
  cliActor,
  commandOf,
  inOneAct,
  print,
  table,
  tenantOf,
  withAct,
  withTenant,
} from './subcommands.ts';
import { nameOf, refuse } from './things.ts';

const text = (value: string, help: string) => ({ type: 'string', value, help }) as const;
const FIELDS = {
  url: 'url',
  'base-dn': 'baseDn',
  'bind-dn': 'bindDn',
  filter: 'peopleFilter',
  'disabled-filter': 'disabledFilter',
  'groups-filter': 'groupsFilter',
  'id-attribute': 'idAttribute',
} as const;

export const peopleSource = commandOf(
  'people-source',
  'Directories that people and groups are copied from.',
  {
    add: {
      summary: 'Copy people from an LDAP directory, each hour.',
      positionals: ['NAME'],
      flags: {
        url: text('URL', 'ldaps://ldap.example.org, or ldap:// with --start-tls.'),
        'start-tls': { type: 'boolean', help: 'STARTTLS on an ldap:// connection.' },
        ca: text('FILE', 'PEM file of anchors, instead of those of the system.'),
        'base-dn': text('DN', 'Where people are searched, with everything below it.'),
        'bind-dn': text('DN', 'Who asks; anonymous when left out.'),
        'bind-password-file': text('FILE', 'File with its password; - for standard input. Stored encrypted.'),
        filter: text('FILTER', 'Who counts; (objectClass=person) when left out.'),
        'disabled-filter': text('FILTER', 'Who of them does not.'),
        'groups-filter': text('FILTER', 'Which groups are copied; none when left out.'),
        'id-attribute': text('NAME', 'What never changes of an entry; entryUUID when left out.'),
      },
      notes:
        'Active Directory: --id-attribute objectGUID --disabled-filter "(userAccountControl:1.2.840.113556.1.4.803:=2)" --filter "(&(objectCategory=person)(objectClass=user))" --groups-filter "(objectClass=group)"',
      run: add,
    },
    list: {
      summary: 'List directories and how their last copy went.',
      positionals: [],
      flags: {},
      run: async (args, context) => {
        const rows = await withTenant(args, context, listSources);
        const cells = rows.map(cellsOf);
        print(context, args, rows, rows.length === 0 ? 'There is no source yet.\n' : table(HEAD, cells));
        return 0;
      },
    },
    sync: {
      summary: 'Copy now, or say what that would do. Exits 1 when nothing could be copied.',
      positionals: ['NAME'],
      flags: {
        'dry-run': { type: 'boolean', help: 'Change nothing.' },
        force: { type: 'boolean', help: 'Also when more people would vanish than the source allows.' },
      },
      run: sync,
    },
    remove: {
      summary: 'Remove a directory; the people that came from it stay.',
      positionals: ['NAME'],
      flags: {},
      run: async (args, context) => {
        const name = nameOf(args);
        const done = await withAct(args, context, async (act) => ok(await removeSource(act, name)));
        if (!done.ok || !done.value)
          return refuse(context, 'people-source remove', `There is no source named "${name}".`);
        print(context, args, { name }, `The source "${name}" is gone; its people stay as they are.\n`);
        return 0;
      },
    },
  },
);

const HEAD = ['NAME', 'URL', 'BASE', 'LAST', 'TROUBLE'];
const cellsOf = (s: SourceState): readonly string[] => [
  s.name,
  s.settings.url,
  s.settings.baseDn,
  s.syncedAt?.toISOString() ?? 'never',
  s.trouble ?? '-',
];

async function add(args: Arguments, context: CliContext): Promise<number> {
  const fields = Object.entries(FIELDS).flatMap(([flag, field]) => {
    const value = args.text(flag);
    return value === undefined ? [] : [[field, value] as const];
  });
  const ca = args.text('ca');
  const file = args.text('bind-password-file');
  const raw = {
    name: nameOf(args),
    settings: {
      ...Object.fromEntries(fields),
      startTls: args.is('start-tls'),
      ...(ca === undefined ? {} : { caPem: readText('--ca', ca) }),
    },
    ...(file === undefined ? {} : { password: readText('--bind-password-file', file).replace(/\r?\n$/, '') }),
  };
  const parsed = sourceInput.safeParse(raw);
  if (!parsed.success)
    return badValues(context, 'people-source add', zodComplaints(parsed.error, sourceInput));
  await using stores = await context.openStores();
  const tenant = await tenantOf(args, stores.db);
  const done = await inOneAct(stores.db, tenant, (act) => addSource(act, stores.keys, parsed.data));
  if (!done.ok) return refuse(context, 'people-source add', done.error);
  const { name } = parsed.data;
  const hint = `"gatehouse people-source sync ${name} --dry-run" says what the first copy will do`;
  print(context, args, { name }, `People will be copied from "${name}" within a minute; ${hint}.\n`);
  return 0;
}

async function sync(args: Arguments, context: CliContext): Promise<number> {
  await using stores = await context.openStores();
  const { db, keys } = stores;
  const tenant = await tenantOf(args, db);
  const options = {
    db,
    keys,
    tenant,
    actor: cliActor(),
    isDryRun: args.is('dry-run'),
    isForced: args.is('force'),
  };
  const done = await syncPeople(options, nameOf(args));
  if (!done.ok) return refuse(context, 'people-source sync', done.error);
  const said = Object.entries(done.value).map(([word, n]) => `${n} ${word}`);
  const verb = args.is('dry-run') ? 'Would be' : 'Done';
  print(context, args, done.value, `${verb}: ${said.join(', ')}.\n`);
  return 0;
}

export const run = peopleSource.run;
