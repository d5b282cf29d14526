/** `gatehouse queue`: what waits to be delivered, why, and until when. */
import { roughDuration } from '#core/duration.ts';
import { parseId } from '#core/id.ts';
import { ok } from '#core/result.ts';
import { listQueue, showQueued, type QueueItem } from '#mail/queue/list.ts';
import { countWaiting, retryNow, type Waiting, type Which } from '#mail/queue/steer.ts';
import type { CliContext } from './context.ts';
import {
  type Arguments,
  commandOf,
  type Flags,
  print,
  table,
  usage,
  withAct,
  withTenant,
} from './subcommands.ts';
import { refuse } from './things.ts';

const DOMAIN: Flags = {
  domain: { type: 'string', value: 'DOMAIN', help: 'Only this domain; *.domain for all below it.' },
};
const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 10_000;

export const queue = commandOf('queue', 'Mail that waits to be delivered.', {
  list: {
    summary: 'List what waits, oldest first.',
    positionals: [],
    flags: {
      ...DOMAIN,
      limit: { type: 'string', value: 'N', help: `At most so many; ${DEFAULT_LIMIT} when left out.` },
    },
    run: async (args, context) => {
      const text = args.text('limit') ?? String(DEFAULT_LIMIT);
      const limit = /^\d{1,5}$/.test(text) ? Number(text) : 0;
      if (limit < 1 || limit > MAX_LIMIT)
        return usage(context, 'queue list', `--limit: "${text}" is no number from 1 to ${MAX_LIMIT}`);
      const page = await withTenant(args, context, (db, tenant) =>
        listQueue(db, tenant, { limit, rule: args.text('domain')?.toLowerCase() }),
      );
      const more = page.next === undefined ? '' : `… and more; --limit shows up to ${MAX_LIMIT}\n`;
      print(
        context,
        args,
        page.items.map(shown),
        page.items.length === 0 ? 'Nothing waits.\n' : `${itemTable(page.items)}${more}`,
      );
      return 0;
    },
  },
  show: {
    summary: 'Show what waits of one message.',
    positionals: ['ID'],
    flags: {},
    run: async (args, context) => {
      const message = idFrom(args);
      const items =
        message === undefined
          ? []
          : await withTenant(args, context, (db, tenant) => showQueued(db, tenant, message));
      if (items.length === 0) return nothing(args, context, 'queue show');
      print(context, args, items.map(shown), items.map(itemText).join('\n'));
      return 0;
    },
  },
  retry: {
    summary: 'Try a message, a domain (--domain) or all (--domain "*") again now.',
    positionals: ['[ID]'],
    flags: DOMAIN,
    run: async (args, context) => {
      const rule = args.text('domain')?.toLowerCase();
      const message = idFrom(args);
      if ((rule === undefined) === (args.positionals[0] === undefined))
        return usage(context, 'queue retry', 'name one: the ID of a message, or --domain');
      const which: Which | undefined = rule === undefined ? message && { message } : { rule };
      if (which === undefined) return nothing(args, context, 'queue retry');
      const done = await withAct(args, context, async (act) => {
        const before = await countWaiting(act.tx, act.tenant, which);
        return ok({ recipients: await retryNow(act, which), ...before });
      });
      const counts = done.ok ? done.value : { recipients: 0, underWay: 0, due: 0, paused: 0 };
      print(context, args, counts, retryText(counts));
      return counts.recipients + counts.underWay + counts.due > 0 ? 0 : 1;
    },
  },
});

/** A zero that stands alone would say that nothing waits, which is not so while it is being tried. */
function retryText(c: Waiting & { readonly recipients: number }): string {
  return [
    `${c.recipients} recipient(s) are tried now.\n`,
    c.underWay > 0 ? `${c.underWay} more are being tried at this moment.\n` : '',
    c.due > 0 ? `${c.due} more were due already and are next.\n` : '',
    c.paused > 0 ? `${c.paused} of them wait on, since their destination is paused.\n` : '',
  ].join('');
}

const idFrom = (args: Arguments) => parseId<'message'>(args.positionals[0] ?? '');

function nothing(args: Arguments, context: CliContext, name: string): number {
  return refuse(context, name, `nothing waits of a message "${args.positionals[0]}"`);
}

function shown(i: QueueItem): Record<string, unknown> {
  const { queuedAtMs, nextAtMs, ...rest } = i;
  return { ...rest, queuedAt: new Date(queuedAtMs).toISOString(), nextAt: new Date(nextAtMs).toISOString() };
}

function itemTable(items: readonly QueueItem[]): string {
  const rows = items.map((i) => [
    i.message,
    roughDuration((Date.now() - i.queuedAtMs) / 1000),
    i.isLeased ? 'now' : untilNext(i),
    String(i.attempts),
    i.recipient,
    oneLine(i.lastReply ?? '-', 80),
  ]);
  return table(['ID', 'AGE', 'NEXT TRY', 'TRIES', 'RECIPIENT', 'LAST REPLY'], rows);
}

function itemText(i: QueueItem): string {
  return [
    `${i.recipient} (${i.message})`,
    `  from       ${i.mailFrom === '' ? '<>' : i.mailFrom}`,
    `  subject    ${oneLine(i.subject ?? '-', 200)}`,
    `  size       ${i.size} bytes`,
    `  waits      ${roughDuration((Date.now() - i.queuedAtMs) / 1000)}, ${i.attempts} tries so far`,
    `  next try   ${i.isLeased ? 'under way' : untilNext(i)}`,
    `  last reply ${oneLine(i.lastReply ?? '-', 1000)}`,
    '',
  ].join('\n');
}

function untilNext(i: QueueItem): string {
  if (i.isPaused) return i.pauseReason === null ? 'paused' : `paused (${oneLine(i.pauseReason, 40)})`;
  const s = (i.nextAtMs - Date.now()) / 1000;
  return s <= 0 ? 'due' : `in ${roughDuration(s)}`;
}

/** What strangers wrote does not steer the terminal. */
function oneLine(text: string, max: number): string {
  const clean = text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
  return clean.length > max ? `${clean.slice(0, max - 1)}…` : clean;
}

export const run = queue.run;
