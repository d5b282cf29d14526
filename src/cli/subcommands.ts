/**
 * Commands with a verb, `gatehouse domain add …`: one description of each verb gives its parsing, its `--help` and its
 * complaints. Exit codes: 0 done, 1 refused or a negative result, 2 bad usage.
 */
import type { Actor } from '#core/actor.ts';
import { userInfo } from 'node:os';
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { complaintText, nearest, type Complaint } from '#core/complaint.ts';
import { quotaReached } from '#assurance/tenants/quota.ts';
import { ConfigError } from '#core/errors.ts';
import type { TenantId } from '#core/id.ts';
import type { Result } from '#core/result.ts';
import type { Database } from '#platform/db.ts';
import type { Act } from '#mail/directory/commands.ts';
import type { CliContext, Command } from './context.ts';

export type Flag = {
  readonly type: 'string' | 'boolean';
  readonly multiple?: boolean;
  /** What stands for the value in help: `HOST[:PORT]`. */
  readonly value?: string;
  readonly help: string;
};
export type Flags = Readonly<Record<string, Flag>>;
export type Arguments = {
  readonly positionals: readonly string[];
  readonly text: (name: string) => string | undefined;
  readonly texts: (name: string) => readonly string[];
  readonly is: (name: string) => boolean;
};
export type Verb = {
  readonly summary: string;
  /** Names of the positionals; one in brackets may be left out, one with dots may repeat. */
  readonly positionals: readonly string[];
  readonly flags: Flags;
  /** What its help says below the flags. */
  readonly notes?: string;
  readonly run: (args: Arguments, context: CliContext) => Promise<number>;
};

const COMMON: Flags = {
  json: { type: 'boolean', help: 'Print JSON.' },
  tenant: {
    type: 'string',
    value: 'NAME',
    help: 'The tenant whose things are meant; the only one, or `default`, when left out.',
  },
  help: { type: 'boolean', help: 'Print this help.' },
};

export function commandOf(name: string, summary: string, verbs: Readonly<Record<string, Verb>>): Command {
  const run = async (args: readonly string[], context: CliContext): Promise<number> => {
    const [word, ...rest] = args;
    if (word === undefined || word === '--help') {
      (word === undefined ? context.stderr : context.stdout)(groupHelp(name, summary, verbs));
      return word === undefined ? 2 : 0;
    }
    const verb = verbs[word];
    if (verb !== undefined) return await runVerb(`${name} ${word}`, verb, rest, context);
    const meant = nearest(word, Object.keys(verbs));
    const hint =
      meant === undefined ? `known are ${Object.keys(verbs).join(', ')}` : `did you mean "${meant}"?`;
    context.stderr(`gatehouse ${name}: there is no "${plain(word)}"; ${hint}\n`);
    return 2;
  };
  return { summary, run };
}

/** A command without verbs is one verb. */
export function singleCommand(name: string, verb: Verb): Command {
  return { summary: verb.summary, run: (args, context) => runVerb(name, verb, args, context) };
}

async function runVerb(
  name: string,
  verb: Verb,
  args: readonly string[],
  context: CliContext,
): Promise<number> {
  const flags: Flags = { ...verb.flags, ...COMMON };
  const parsed = parse(args, flags);
  if (typeof parsed === 'string') return usage(context, name, parsed);
  if (parsed.is('help')) {
    context.stdout(verbHelp(name, verb, flags));
    return 0;
  }
  const isOpenEnded = verb.positionals.at(-1)?.includes('…') ?? false;
  const needed = verb.positionals.filter((p) => !p.startsWith('['));
  const missing = needed[parsed.positionals.length];
  if (missing !== undefined) return usage(context, name, `${missing.replace('…', '')} is missing`);
  const extra = parsed.positionals[verb.positionals.length];
  if (extra !== undefined && !isOpenEnded) return usage(context, name, `"${extra}" is one argument too many`);
  try {
    return await verb.run(parsed, context);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const complaint of error.complaints) context.stderr(`gatehouse ${name}: ${plain(complaint)}\n`);
    return 1;
  }
}

function parse(args: readonly string[], flags: Flags): Arguments | string {
  const options: ParseArgsOptionsConfig = {};
  for (const [name, flag] of Object.entries(flags))
    options[name] = { type: flag.type, multiple: flag.multiple ?? false };
  const end = args.indexOf('--');
  const word = args
    .slice(0, end === -1 ? args.length : end)
    .filter((a) => a.startsWith('--'))
    .map((a) => a.slice(2).split('=', 1).join(''))
    .find((w) => !(w in flags));
  if (word !== undefined) {
    const meant = nearest(word, Object.keys(flags));
    return `there is no --${word}${meant === undefined ? '' : `; did you mean --${meant}?`}`;
  }
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
      strict: true,
    });
    const value = (name: string): unknown => values[name];
    return {
      positionals,
      text: (name) => (typeof value(name) === 'string' ? String(value(name)) : undefined),
      texts: (name) => [value(name) ?? []].flat().map(String),
      is: (name) => value(name) === true,
    };
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
  }
}

export function usage(context: CliContext, name: string, complaint: string): number {
  context.stderr(`gatehouse ${name}: ${plain(complaint)}\n`);
  return 2;
}

/** An argument that is told back must not steer the terminal, nor look like another line. */
export function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}');
}

/** The flag that a field of a schema was given by; other fields are arguments, and called as they are. */
const FLAG_OF: Readonly<Record<string, string>> = {
  host: '--next-hop',
  port: '--next-hop',
  tls: '--tls',
  fingerprints: '--fingerprint',
  language: '--language',
  caPem: '--ca',
  recipients: '--recipients',
  ldap: '--ldap',
  subaddress: '--subaddress',
  mayUse: '--may-use',
  passwordHash: '--password-file',
  maxConnections: '--connections',
  messagesPerMinute: '--per-minute',
  sourceIp4: '--source-ip4',
  sourceIp6: '--source-ip6',
  heloName: '--helo',
  until: '--until',
  reason: '--reason',
};

/** `nextHop.tls` was typed as `--tls`. */
function asTyped({ at, text }: Complaint): Complaint {
  const bare = at.replace(/^(nextHop|route)\./, '').replace(/\[\d+\]$/, '');
  return { at: FLAG_OF[bare] ?? at, text };
}

/** What the schema refused of a command's arguments, each mistake as a sentence. */
export function badValues(context: CliContext, name: string, complaints: readonly Complaint[]): number {
  for (const c of complaints) context.stderr(`gatehouse ${name}: ${plain(complaintText(asTyped(c)))}\n`);
  return 2;
}

function groupHelp(name: string, summary: string, verbs: Readonly<Record<string, Verb>>): string {
  const width = Math.max(...Object.keys(verbs).map((v) => v.length));
  const lines = Object.entries(verbs).map(([word, v]) => `  ${word.padEnd(width)}  ${v.summary}`);
  return `${summary}\n\nUsage: gatehouse ${name} VERB …\n\n${lines.join('\n')}\n\ngatehouse ${name} VERB --help says more.\n`;
}

function verbHelp(name: string, verb: Verb, flags: Flags): string {
  const heads = Object.entries(flags).map(
    ([flag, f]) => `--${flag}${f.type === 'string' ? ` ${f.value ?? 'TEXT'}` : ''}`,
  );
  const width = Math.max(...heads.map((h) => h.length));
  const lines = Object.values(flags).map((f, i) => `  ${(heads[i] ?? '').padEnd(width)}  ${f.help}`);
  const words = verb.positionals.length > 0 ? ` ${verb.positionals.join(' ')}` : '';
  return `${verb.summary}\n\nUsage: gatehouse ${name}${words} [OPTIONS]\n\n${lines.join('\n')}\n${verb.notes === undefined ? '' : `\n${verb.notes}\n`}`;
}

export function print(context: CliContext, args: Arguments, value: unknown, text: string): void {
  context.stdout(args.is('json') ? `${JSON.stringify(value, null, 2)}\n` : text);
}

/** Columns as wide as they need to be. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((h, i) => Math.max(h.length, ...rows.map((r) => (r[i] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((c, i) => c.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return `${[head, ...rows].map(line).join('\n')}\n`;
}

/** Whoever may run commands on this machine is an administrator of it, under the name the system knows. */
export function cliActor(): Actor {
  return `admin:cli/${userInfo().username}`;
}

/** Opens the database for one command and finds its tenant. */
export async function withTenant<T>(
  args: Arguments,
  context: CliContext,
  work: (db: Database, tenant: TenantId) => Promise<T>,
): Promise<T> {
  await using db = await context.openDatabase();
  const tenant = await tenantOf(args, db);
  return await work(db.asTenant(tenant), tenant);
}

/** The tenant that `--tenant` names; throws ConfigError when there is none. */
export async function tenantOf(args: Arguments, db: Database): Promise<TenantId> {
  const name = args.text('tenant');
  const [row] = await db.query<{ id: TenantId | null }>(
    `select case when $1::text is null then coalesce(sole_tenant(), tenant_named('default')) else tenant_named($1) end as id`,
    [name ?? null],
  );
  if (row?.id == null)
    throw new ConfigError([
      name === undefined
        ? '--tenant: say which tenant is meant'
        : `--tenant: there is no tenant named "${name}"`,
    ]);
  return row.id;
}

class RolledBack extends Error {
  readonly result: unknown;
  constructor(result: unknown) {
    super('rolled back on purpose');
    this.result = result;
  }
}

/** Runs `work` in one transaction, which is rolled back when the result is a refusal or nothing should be kept. */
export async function withAct<T, E>(
  args: Arguments,
  context: CliContext,
  work: (act: Act) => Promise<Result<T, E>>,
  isKept = true,
): Promise<Result<T, E>> {
  return await withTenant(args, context, (db, tenant) => inOneAct(db, tenant, work, isKept));
}

/** The same for a command that has opened the database itself. */
export async function inOneAct<T, E>(
  db: Database,
  tenant: TenantId,
  work: (act: Act) => Promise<Result<T, E>>,
  isKept = true,
): Promise<Result<T, E>> {
  try {
    return await db.asTenant(tenant).transact(async (tx) => {
      const result = await work({ tx, tenant, actor: cliActor() });
      if (!result.ok || !isKept) throw new RolledBack(result);
      return result;
    });
  } catch (error) {
    if (error instanceof RolledBack) return error.result as Result<T, E>; // `as`: thrown just above
    const limit = quotaReached(error);
    if (limit !== undefined) throw new ConfigError([limit.text]);
    throw error;
  }
}
