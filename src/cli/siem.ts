/** `gatehouse siem`: where the audit log is streamed to. `--tenant platform` means the log of the installation itself. */
import { sendBatch } from '#assurance/siem/send.ts';
import {
  addSink,
  listSinks,
  removeSink,
  secretOf,
  sinkInput,
  type SinkState,
} from '#assurance/siem/sinks.ts';
import { ConfigError } from '#core/errors.ts';
import { ok } from '#core/result.ts';
import { zodComplaints } from '#platform/config/zod-complaints.ts';
import type { CliContext } from './context.ts';
import { readText } from './hop-flags.ts';
import {
  type Arguments,
  badValues,
  commandOf,
  inOneAct,
  print,
  table,
  tenantOf,
  usage,
  withAct,
  withTenant,
} from './subcommands.ts';
import { nameOf, refuse, splitHostPort } from './things.ts';

const text = (value: string, help: string) => ({ type: 'string', value, help }) as const;

export const siem = commandOf('siem', 'Where the audit log is streamed to.', {
  add: {
    summary: 'Stream the log to a receiver, by syslog over TLS or as OCSF over HTTPS.',
    positionals: ['NAME'],
    flags: {
      syslog: text('HOST[:PORT]', 'Syslog over TLS; port 6514 when left out.'),
      url: text('URL', 'OCSF events, posted in batches to this https:// address.'),
      ca: text('FILE', 'PEM file of anchors, instead of those of the system.'),
      'server-name': text('NAME', 'The name in the receiver’s certificate, where it is not the host’s.'),
      certificate: text('FILE', 'Our certificate, for receivers that ask for one.'),
      auth: text('bearer|hmac', 'How the secret is used with --url: as a token, or to sign each batch.'),
      'secret-file': text(
        'FILE',
        'The secret, or the certificate’s key; - for standard input. Stored sealed.',
      ),
      'from-now': { type: 'boolean', help: 'Leave out what is in the log already.' },
    },
    run: add,
  },
  list: {
    summary: 'List sinks and how far each stream is.',
    positionals: [],
    flags: {},
    run: async (args, context) => {
      const rows = await withTenant(args, context, listSinks);
      const head = ['NAME', 'KIND', 'TO', 'SENT', 'BEHIND', 'TROUBLE'];
      print(
        context,
        args,
        rows,
        rows.length === 0 ? 'There is no sink yet.\n' : table(head, rows.map(cells)),
      );
      return 0;
    },
  },
  test: {
    summary: 'Send a test record, as the stream would. Exits 1 when it is not taken.',
    positionals: ['NAME'],
    flags: {},
    run: tryOut,
  },
  remove: {
    summary: 'End a stream and forget how far it was.',
    positionals: ['NAME'],
    flags: {},
    run: async (args, context) => {
      const name = nameOf(args);
      const done = await withAct(args, context, async (act) => ok(await removeSink(act, name)));
      if (!done.ok || !done.value) return refuse(context, 'siem remove', `There is no sink named "${name}".`);
      print(context, args, { name }, `The stream "${name}" has ended.\n`);
      return 0;
    },
  },
});

function cells(s: SinkState): readonly string[] {
  const to = s.settings.kind === 'syslog' ? `${s.settings.host}:${s.settings.port}` : s.settings.url;
  const behind = String(Math.max(0, s.logSize - s.nextIndex));
  return [s.name, s.settings.kind, to, String(s.nextIndex), behind, s.lastError ?? '-'];
}

async function add(args: Arguments, context: CliContext): Promise<number> {
  const [name = ''] = args.positionals;
  const [to, url] = [args.text('syslog'), args.text('url')];
  if ((to === undefined) === (url === undefined))
    return usage(context, 'siem add', 'give either --syslog or --url');
  const file = (flag: string): string | undefined => {
    const path = args.text(flag);
    return path === undefined ? undefined : readText(`--${flag}`, path);
  };
  const settings =
    to === undefined
      ? { kind: 'ocsf', url, caPem: file('ca'), auth: args.text('auth') ?? 'bearer' }
      : {
          kind: 'syslog',
          ...splitHostPort(to),
          caPem: file('ca'),
          serverName: args.text('server-name'),
          certPem: file('certificate'),
        };
  const raw = {
    name,
    settings: defined(settings),
    secret: file('secret-file')?.replace(/\r?\n$/, ''),
    from: args.is('from-now') ? 'now' : 'beginning',
  };
  const parsed = sinkInput.safeParse(defined(raw));
  if (!parsed.success) return badValues(context, 'siem add', zodComplaints(parsed.error, sinkInput));
  await using stores = await context.openStores();
  const tenant = await tenantOf(args, stores.db);
  const done = await inOneAct(stores.db, tenant, (act) => addSink(act, stores.keys, parsed.data));
  if (!done.ok) return refuse(context, 'siem add', done.error);
  print(context, args, { name }, `The stream "${name}" begins; "gatehouse siem list" tells how far it is.\n`);
  return 0;
}

const defined = (fields: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined));

const TEST_MS = 10_000;

async function tryOut(args: Arguments, context: CliContext): Promise<number> {
  const name = nameOf(args);
  await using stores = await context.openStores();
  const { db, keys } = stores;
  const tenant = await tenantOf(args, db);
  const [row] = await db
    .asTenant(tenant)
    .query<{ settings: unknown; sealed: Uint8Array | null }>(
      'select settings, sealed from siem_sink where tenant_id = $1 and name = $2',
      [tenant, name],
    );
  if (row === undefined) throw new ConfigError([`There is no sink named "${name}".`]);
  if (row.sealed !== null) await keys.ensureTenant(tenant);
  const secret =
    row.sealed === null
      ? undefined
      : Buffer.from(keys.open(tenant, secretOf(name), row.sealed)).toString('utf8');
  const at = new Date().toISOString();
  const event = { tenant, event: 0, at, what: 'siem.tested', actor: 'system:cli', subject: name };
  const record = { kind: 'entry', origin: 'test', index: 0, event, leaf: JSON.stringify(event) } as const;
  const options = {
    hostname: 'test',
    version: '0',
    timeoutMs: TEST_MS,
    signal: AbortSignal.timeout(TEST_MS),
  };
  const sent = await sendBatch(sinkInput.shape.settings.parse(row.settings), secret, [record], options);
  if (!sent.ok) return refuse(context, 'siem test', sent.error);
  print(context, args, { taken: true }, `${name} took a test record (origin "test").\n`);
  return 0;
}

export const run = siem.run;
