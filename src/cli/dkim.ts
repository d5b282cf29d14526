/** `gatehouse dkim`: the keys we sign with, and what must stand in DNS for them. */
import type { Result } from '#core/result.ts';
import { type DkimKeyRow, listDkimKeys } from '#mail/signing/dkim-keys.ts';
import { keyNote, makeSuccessors, putAway, useKeys, zoneLine } from '#mail/signing/key-acts.ts';
import { ROTATION_JOB } from '#mail/signing/rotate.ts';
import { jobSoon } from '#platform/jobs.ts';
import type { CliContext } from './context.ts';
import {
  type Arguments,
  commandOf,
  inOneAct,
  print,
  table,
  tenantOf,
  withAct,
  withTenant,
} from './subcommands.ts';
import { nameOf, refuse } from './things.ts';

const ALL = { all: { type: 'boolean', help: 'Removed keys, too.' } } as const;

async function rowsOf(args: Arguments, context: CliContext, all: boolean): Promise<DkimKeyRow[]> {
  const domain = args.positionals[0]?.toLowerCase();
  const rows = await withTenant(args, context, (db, tenant) => listDkimKeys(db, tenant, domain));
  return rows.filter((r) => all || r.state !== 'removed');
}

const day = (ms: number | null): string => (ms === null ? '-' : new Date(ms).toISOString().slice(0, 10));

export const dkim = commandOf('dkim', 'The keys our mail is signed with.', {
  list: {
    summary: 'List keys, their state, and what DNS says of them.',
    positionals: ['[DOMAIN]'],
    flags: ALL,
    run: async (args, context) => {
      const rows = await rowsOf(args, context, args.is('all'));
      const cells = rows.map((r) => [
        r.domain,
        r.selector,
        r.algorithm,
        r.state,
        day(r.signingFromMs ?? r.createdAtMs),
        keyNote(r),
      ]);
      const text = table(['DOMAIN', 'SELECTOR', 'ALGORITHM', 'STATE', 'SINCE', 'DNS'], cells);
      print(context, args, rows.map(shown), rows.length === 0 ? NO_KEYS : text);
      return 0;
    },
  },
  records: {
    summary: 'Print the records to publish, as lines of a zone file.',
    positionals: ['[DOMAIN]'],
    flags: {},
    run: async (args, context) => {
      const rows = await rowsOf(args, context, false);
      const lines = rows.map((r) => `; ${r.state}: ${keyNote(r)}\n${zoneLine(r)}\n`).join('');
      print(context, args, rows.map(shown), rows.length === 0 ? `; ${NO_KEYS}` : lines);
      return rows.length === 0 ? 1 : 0;
    },
  },
  check: {
    summary: 'Have the gateway look into DNS now, and take the steps that are due.',
    positionals: [],
    flags: {},
    run: async (args, context) => {
      const done = await withTenant(args, context, (db) => jobSoon(db, ROTATION_JOB, CHECK_MS));
      if (done === true) {
        print(context, args, { done }, 'DNS was looked into; "gatehouse dkim list" says what it shows.\n');
        return 0;
      }
      return refuse(
        context,
        'dkim check',
        done === undefined
          ? 'no gateway took it up: is one running?'
          : 'it failed; the log of the gateway says why',
      );
    },
  },
  use: {
    summary:
      'Sign with a key now, on your word that its record is in DNS (the newest pair when none is named).',
    positionals: ['DOMAIN', '[SELECTOR]'],
    flags: {},
    run: async (args, context) => {
      const done = await withAct(args, context, (act) =>
        useKeys(act, nameOf(args), args.positionals[1], Date.now()),
      );
      return told(args, context, 'dkim use', done, (rows) =>
        rows.map((r) => `${r.selector}._domainkey.${r.domain} signs now. ${advice(r)}\n`).join(''),
      );
    },
  },
  rotate: {
    summary: 'Make the next keys; they take over by themselves once DNS shows them.',
    positionals: ['DOMAIN'],
    flags: {},
    run: async (args, context) => {
      await using stores = await context.openStores();
      const { db, keys } = stores;
      const done = await inOneAct(db, await tenantOf(args, db), (act) =>
        makeSuccessors(act, keys, nameOf(args), Date.now()),
      );
      return told(args, context, 'dkim rotate', done, (rows) =>
        ['Publish these, the rest goes by itself:\n', ...rows.map((r) => `${zoneLine(r)}\n`)].join(''),
      );
    },
  },
  retire: {
    summary: 'Sign with a key no more.',
    positionals: ['DOMAIN', 'SELECTOR'],
    flags: {
      destroy: {
        type: 'boolean',
        help: 'Others may know it: destroy it now. Take its record out of DNS at once.',
      },
    },
    run: async (args, context) => {
      const [, selector = ''] = args.positionals;
      const done = await withAct(args, context, (act) =>
        putAway(act, nameOf(args), selector, args.is('destroy'), Date.now()),
      );
      return told(args, context, 'dkim retire', done, ({ stillSigning }) =>
        stillSigning === 0
          ? `${selector} signs no more, and no other key does: mail of ${nameOf(args)} leaves unsigned.\n`
          : `${selector} signs no more; ${stillSigning} other(s) of ${nameOf(args)} do.\n`,
      );
    },
  },
});

const CHECK_MS = 30_000;
const NO_KEYS =
  'There is no DKIM key. Keys are made by themselves within a minute after a domain is added.\n';

/** JSON with everything a program needs to publish it. */
function shown(r: DkimKeyRow): Record<string, unknown> {
  const { tenant: _tenant, ...row } = r;
  return { ...row, name: `${r.selector}._domainkey.${r.domain}`, zoneLine: zoneLine(r), note: keyNote(r) };
}

const advice = (r: DkimKeyRow): string =>
  r.dnsSays === 'right' ? '' : `DNS was not seen to show its record: "gatehouse dkim records ${r.domain}".`;

function told<T>(
  args: Arguments,
  context: CliContext,
  name: string,
  done: Result<T, { readonly text: string }>,
  text: (value: T) => string,
): number {
  if (!done.ok) return refuse(context, name, done.error.text);
  const json = Array.isArray(done.value) ? (done.value as DkimKeyRow[]).map(shown) : done.value; // `as`: the only list here
  print(context, args, json, text(done.value));
  return 0;
}

export const run = dkim.run;
