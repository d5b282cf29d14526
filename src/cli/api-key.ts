/** `gatehouse api-key`: keys of programs, made by whoever is administrator of this machine. */
import { isPermission } from '#assurance/access/catalogue.ts';
import { listKeys, makeKey, MAX_KEY_DAYS, revokeKey, type KeyId } from '#assurance/identity/api-keys.ts';
import { parseId } from '#core/id.ts';
import { err, ok } from '#core/result.ts';
import type { CliContext } from './context.ts';
import { type Arguments, commandOf, plain, print, table, usage, withAct, withTenant } from './subcommands.ts';

const DEFAULT_DAYS = 90;

export const apiKey = commandOf('api-key', 'Keys of programs that use the API.', {
  create: {
    summary: 'Make a key for a service; it is printed once.',
    positionals: ['SERVICE'],
    flags: {
      permission: {
        type: 'string',
        multiple: true,
        value: 'RESOURCE.VERB',
        help: 'What it may do; may be given again.',
      },
      installation: {
        type: 'string',
        multiple: true,
        value: 'RESOURCE.VERB',
        help: 'What it may do with the installation as a whole; may be given again.',
      },
      all: {
        type: 'boolean',
        help: 'Everything, with the tenant and the installation: as mighty as this command line.',
      },
      days: {
        type: 'string',
        value: 'N',
        help: `Days until it expires: 1 to ${MAX_KEY_DAYS}, ${DEFAULT_DAYS} when left out.`,
      },
      purpose: { type: 'string', value: 'TEXT', help: 'What it is for.' },
    },
    run: create,
  },
  list: {
    summary: 'List keys, without the keys themselves.',
    positionals: [],
    flags: {},
    run: async (args, context) => {
      const rows = await withTenant(args, context, listKeys);
      const cells = rows.map((k) => [
        k.id,
        k.service,
        k.expiresAt.toISOString().slice(0, 10),
        k.lastUsedAt?.toISOString() ?? '-',
        [...k.permissions, ...k.platformPermissions.map((p) => `installation:${p}`)].join(' '),
      ]);
      const text = table(['ID', 'SERVICE', 'EXPIRES', 'USED', 'PERMISSIONS'], cells);
      print(context, args, rows, rows.length === 0 ? 'There are no keys.\n' : text);
      return 0;
    },
  },
  revoke: {
    summary: 'Revoke a key at once.',
    positionals: ['ID'],
    flags: {},
    run: async (args, context) => {
      const id: KeyId | undefined = parseId(args.positionals[0] ?? '');
      const done = await withAct(args, context, async (act) =>
        id !== undefined && (await revokeKey(act, id)) ? ok(id) : err('missing'),
      );
      if (!done.ok) {
        context.stderr('gatehouse api-key revoke: there is no such key\n');
        return 1;
      }
      print(context, args, { id: done.value }, 'Revoked.\n');
      return 0;
    },
  },
});

async function create(args: Arguments, context: CliContext): Promise<number> {
  const days = Number(args.text('days') ?? DEFAULT_DAYS);
  const wrong = mistake(args, days);
  if (wrong !== undefined) return usage(context, 'api-key create', wrong);
  const all = args.is('all') ? ['*'] : [];
  const expiresAt = new Date(Date.now() + days * 86_400_000);
  const made = await withAct(args, context, async (act) =>
    ok(
      await makeKey(act, {
        service: args.positionals[0] ?? '',
        purpose: args.text('purpose') ?? '',
        permissions: [...all, ...args.texts('permission')],
        platformPermissions: [...all, ...args.texts('installation')],
        expiresAt,
      }),
    ),
  );
  if (!made.ok) return 1;
  const { id, token } = made.value;
  const until = expiresAt.toISOString();
  print(context, args, { id, key: token, expiresAt: until }, `${plain(token)}\n`);
  return 0;
}

function mistake(args: Arguments, days: number): string | undefined {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(args.positionals[0] ?? ''))
    return 'a service is called by lower-case letters, digits and dashes';
  if (!Number.isInteger(days) || days < 1 || days > MAX_KEY_DAYS)
    return `--days: must be 1 to ${MAX_KEY_DAYS}`;
  const named = [...args.texts('permission'), ...args.texts('installation')];
  const unknown = named.find((p) => !isPermission(p));
  if (unknown !== undefined) return `"${unknown}" is no permission`;
  return named.length === 0 && !args.is('all') ? '--permission is missing' : undefined;
}

export const run = apiKey.run;
