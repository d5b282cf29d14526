/** `gatehouse held`: what is held, shown, released once, deleted. */
import { open } from 'node:fs/promises';
import { parseId, type MessageId } from '#core/id.ts';
import { deleteHeld, listHeld, releaseHeld, showHeld, type HeldItem } from '#mail/quarantine/held.ts';
import { openHeldContent } from '#mail/quarantine/content.ts';
import { findingText } from '#mail/texts/finding-text.ts';
import { printable } from '#mail/texts/text.ts';
import type { CliContext } from './context.ts';
import { LANG, languageOf, limitOf, messageIdOf } from './track-flags.ts';
import {
  cliActor,
  commandOf,
  print,
  table,
  tenantOf,
  usage,
  withTenant,
  type Arguments,
  type Verb,
} from './subcommands.ts';

const RECIPIENT = {
  recipient: {
    type: 'string',
    value: 'ADDRESS',
    help: 'Only this recipient; all that are held when left out.',
  },
} as const;

const list: Verb = {
  summary: 'List what is held, newest first.',
  positionals: [],
  flags: {
    ...RECIPIENT,
    limit: { type: 'string', value: 'N', help: 'At most so many, 50 when left out.' },
    after: { type: 'string', value: 'ID/N', help: 'Go on after this item.' },
  },
  run: async (args, context) => {
    const limit = limitOf(args);
    const [id = '', n = ''] = (args.text('after') ?? '').split('/');
    const message = parseId<'message'>(id);
    if (limit === undefined) return usage(context, 'held list', '--limit must be a number from 1 to 1000');
    if (args.text('after') !== undefined && (message === undefined || !/^\d{1,5}$/.test(n)))
      return usage(context, 'held list', '--after must be ID/N as the page before ends');
    return await withTenant(args, context, async (db, tenant) => {
      const after = message === undefined ? undefined : { message, n: Number(n) };
      const page = await listHeld(db, tenant, { limit, after, recipient: args.text('recipient') });
      const rows = page.items.map((i) => [
        `${i.message}/${i.n}`,
        at(i),
        i.class,
        i.recipient,
        i.headerFrom ?? i.mailFrom,
        i.subject ?? '',
      ]);
      const more = page.next === undefined ? '' : `more: --after ${page.next.message}/${page.next.n}\n`;
      print(
        context,
        args,
        page,
        rows.length === 0
          ? 'Nothing is held.\n'
          : table(
              ['ITEM', 'HELD', 'CLASS', 'FOR', 'FROM', 'SUBJECT'],
              rows.map((r) => r.map(printable)),
            ) + more,
      );
      return 0;
    });
  },
};

const at = (item: HeldItem): string => new Date(item.heldAtMs).toISOString().slice(0, 16);

const show: Verb = {
  summary: 'Show a held message: for whom, why, and what every check found.',
  positionals: ['ID'],
  flags: {
    ...LANG,
    save: {
      type: 'string',
      value: 'FILE',
      help: 'Write the message as it arrived to a new file; this is recorded.',
    },
  },
  run: async (args, context) => {
    const id = messageIdOf(args.positionals[0]);
    const language = languageOf(args);
    if (id === undefined)
      return usage(context, 'held show', `"${args.positionals[0] ?? ''}" is no message id`);
    if (language === undefined) return usage(context, 'held show', '--lang must be one of en, de, nl');
    const file = args.text('save');
    if (file !== undefined) return await save(args, context, id, file);
    return await withTenant(args, context, async (db, tenant) => {
      const held = await showHeld(db, tenant, id);
      const [first] = held;
      if (first === undefined) return nothing(context, 'held show', id);
      const lines = [
        `${first.message}  ${first.size} bytes`,
        `From: ${printable(first.headerFrom ?? first.mailFrom)}`,
        `Subject: ${printable(first.subject ?? '')}`,
        ...held.map(
          (h) =>
            `${printable(h.recipient)}  ${h.class}  ${h.reasons.map((r) => printable(r.rule)).join('; ')}`,
        ),
        '',
        ...first.findings.map(
          (f) => `${f.outcome.padEnd(9)} ${f.check.padEnd(14)} ${findingText(f, language)}`,
        ),
      ];
      print(context, args, held, `${lines.join('\n')}\n`);
      return 0;
    });
  },
};

async function save(args: Arguments, context: CliContext, id: MessageId, path: string): Promise<number> {
  await using stores = await context.openStores();
  const tenant = await tenantOf(args, stores.db);
  const from = { ...stores, db: stores.db.asTenant(tenant) };
  const content = await openHeldContent(from, { tenant, actor: cliActor() }, id);
  if (content === undefined) return nothing(context, 'held show', id);
  // Mail of others: for the caller's eyes, and never over a file that is there.
  const file = await open(path, 'wx', 0o600).catch(
    (error: NodeJS.ErrnoException) => error.code ?? 'unknown reason',
  );
  if (typeof file === 'string') return usage(context, 'held show', `--save ${path}: ${file}`);
  try {
    for await (const chunk of content) await file.writeFile(chunk);
  } finally {
    await file.close();
  }
  context.stdout(`${path}\n`);
  return 0;
}

function ending(word: string, summary: string, how: typeof releaseHeld, said: string): Verb {
  return {
    summary,
    positionals: ['ID'],
    flags: RECIPIENT,
    run: async (args, context) => {
      const id = messageIdOf(args.positionals[0]);
      if (id === undefined)
        return usage(context, `held ${word}`, `"${args.positionals[0] ?? ''}" is no message id`);
      return await withTenant(args, context, async (db, tenant) => {
        const moved = await db.transact((tx) =>
          how(tx, { tenant, actor: cliActor() }, id, args.text('recipient')),
        );
        if (moved.length === 0) return nothing(context, `held ${word}`, id);
        print(context, args, moved, moved.map((m) => `${said} ${printable(m.recipient)}\n`).join(''));
        return 0;
      });
    },
  };
}

function nothing(context: CliContext, name: string, id: MessageId): number {
  context.stderr(`gatehouse ${name}: nothing of ${id} is held (any more)\n`);
  return 1;
}

export const held = commandOf('held', 'Messages that are held.', {
  list,
  show,
  release: ending('release', 'Release into delivery, once.', releaseHeld, 'released for'),
  delete: ending('delete', 'Delete without delivering.', deleteHeld, 'deleted for'),
});
export const run = held.run;
