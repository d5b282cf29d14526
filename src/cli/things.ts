/** The verbs that are the same for every kind of thing in the directory: add, list, show, remove. */
import { zodComplaints } from '#platform/config/zod-complaints.ts';
import {
  addThing,
  changeThing,
  findThing,
  listThings,
  removeThing,
  withoutSecrets,
} from '#mail/directory/commands.ts';
import type { Kind, Named } from '#mail/directory/kinds.ts';
import type { CliContext } from './context.ts';
import {
  badValues,
  plain,
  print,
  table,
  withAct,
  withTenant,
  type Arguments,
  type Flags,
  type Verb,
} from './subcommands.ts';

/** Adds what the arguments say; `--replace` changes what is already there. */
export async function addFromArguments<T extends Named>(
  name: string,
  kind: Kind<T>,
  raw: unknown,
  args: Arguments,
  context: CliContext,
): Promise<number> {
  const parsed = kind.schema.safeParse(raw);
  if (!parsed.success) return badValues(context, name, zodComplaints(parsed.error, kind.schema));
  const value = parsed.data;
  const isReplace = args.is('replace');
  const done = await withAct(args, context, async (act) => {
    const isThere = isReplace && (await findThing(act.tx, act.tenant, kind, value.name)) !== undefined;
    return isThere ? await changeThing(act, kind, value) : await addThing(act, kind, value);
  });
  if (!done.ok) return refuse(context, name, done.error.text);
  print(context, args, withoutSecrets(kind, done.value), `The ${kind.words} "${value.name}" is in force.\n`);
  return 0;
}

export function refuse(context: CliContext, name: string, text: string): number {
  context.stderr(`gatehouse ${name}: ${plain(text)}\n`);
  return 1;
}

export const REPLACE: Flags = {
  replace: { type: 'boolean', help: 'Replace the one of that name, if there is one.' },
};

export function listVerb<T extends Named>(
  kind: Kind<T>,
  head: readonly string[],
  cells: (value: T) => readonly string[],
): Verb {
  return {
    summary: `List every ${kind.words}.`,
    positionals: [],
    flags: {},
    run: async (args, context) => {
      const all = await withTenant(args, context, (db, tenant) => listThings(db, tenant, kind));
      print(
        context,
        args,
        all.map((v) => withoutSecrets(kind, v)),
        all.length === 0 ? `There is no ${kind.words} yet.\n` : table(head, all.map(cells)),
      );
      return 0;
    },
  };
}

export function showVerb<T extends Named>(name: string, kind: Kind<T>): Verb {
  return {
    summary: `Show one ${kind.words}.`,
    positionals: ['NAME'],
    flags: {},
    run: async (args, context) => {
      const wanted = nameOf(args);
      const found = await withTenant(args, context, (db, tenant) => findThing(db, tenant, kind, wanted));
      if (found === undefined) return refuse(context, name, `There is no ${kind.words} named "${wanted}".`);
      const shown = withoutSecrets(kind, found);
      print(context, args, shown, `${JSON.stringify(shown, null, 2)}\n`);
      return 0;
    },
  };
}

export function removeVerb<T extends Named>(name: string, kind: Kind<T>): Verb {
  return {
    summary: `Remove a ${kind.words}.`,
    positionals: ['NAME'],
    flags: {},
    run: async (args, context) => {
      const done = await withAct(args, context, (act) => removeThing(act, kind, nameOf(args)));
      if (!done.ok) return refuse(context, name, done.error.text);
      print(
        context,
        args,
        withoutSecrets(kind, done.value),
        `The ${kind.words} "${done.value.name}" is gone.\n`,
      );
      return 0;
    },
  };
}

/** Names are stored in lower case; a domain's other spellings are found, too. */
export function nameOf(args: Arguments): string {
  return (args.positionals[0] ?? '').toLowerCase();
}

/** `host`, `host:25`, `[2001:db8::1]:25`; what is no such thing is left to the schema to refuse. */
export function splitHostPort(text: string): { readonly host: string; readonly port?: number } {
  const bracketed = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text);
  const plain = /^([^:]+)(?::(\d{1,5}))?$/.exec(text);
  const host = bracketed?.[1] ?? plain?.[1] ?? text;
  const port = bracketed?.[2] ?? plain?.[2];
  return port === undefined ? { host } : { host, port: Number(port) };
}
