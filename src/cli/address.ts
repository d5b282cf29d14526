/** `gatehouse address`: the addresses we know. */
import { complaintText, type Complaint } from '#core/complaint.ts';
import {
  changeAddresses,
  importAddresses,
  listAddresses,
  type ImportPreview,
} from '#mail/directory/addresses.ts';
import { findThing } from '#mail/directory/commands.ts';
import { domainKind } from '#mail/directory/kinds.ts';
import { toAsciiDomain } from '#protocol/address/domain.ts';
import type { CliContext } from './context.ts';
import { readBytes } from './hop-flags.ts';
import { commandOf, print, usage, withAct, withTenant, type Arguments } from './subcommands.ts';
import { refuse } from './things.ts';

const MAX_SHOWN = 20;

export const address = commandOf('address', 'The addresses we know, for domains with --recipients list.', {
  import: {
    summary: 'Import addresses from a CSV file (- for standard input).',
    positionals: ['FILE.csv'],
    flags: {
      replace: {
        type: 'boolean',
        help: 'Remove the addresses that the file does not name, in the domains it names.',
      },
      domain: { type: 'string', value: 'NAME', help: 'Only addresses of this domain may be in the file.' },
      'dry-run': { type: 'boolean', help: 'Show what would change, and change nothing.' },
    },
    notes: `FILE.csv is UTF-8, with comma or semicolon; a heading names the column: address, email or e-mail, in any case. A plain
list, one address a line, needs no heading. With any mistake nothing is changed.`,
    run: async (args, context) => {
      const file = args.positionals[0] ?? '';
      const domain = args.text('domain');
      const options = {
        mode: args.is('replace') ? ('replace' as const) : ('merge' as const),
        domain: domain === undefined ? undefined : (toAsciiDomain(domain) ?? domain),
        dryRun: args.is('dry-run'),
      };
      const bytes = readBytes('FILE.csv', file);
      const done = await withAct(args, context, (act) => importAddresses(act, bytes, options));
      if (!done.ok) return complain(context, args, file, done.error);
      print(context, args, done.value, previewText(done.value, options.dryRun));
      return 0;
    },
  },
  list: {
    summary: 'List the addresses of a domain.',
    positionals: ['DOMAIN'],
    flags: {},
    run: async (args, context) => {
      const name = toAsciiDomain(args.positionals[0] ?? '') ?? '';
      return await withTenant(args, context, async (db, tenant) => {
        if ((await findThing(db, tenant, domainKind, name)) === undefined)
          return refuse(context, 'address list', `There is no domain named "${args.positionals[0]}".`);
        const all = (await listAddresses(db, tenant, name, '', null)).map((a) => a.address);
        const lines = all.map((a) => `${a}\n`).join('');
        print(context, args, all, all.length === 0 ? `No address of ${name} is known.\n` : lines);
        return 0;
      });
    },
  },
  add: changeVerb('add', 'Add addresses.'),
  remove: changeVerb('remove', 'Remove addresses.'),
});

function changeVerb(verb: 'add' | 'remove', summary: string) {
  return {
    summary,
    positionals: ['ADDRESS…'],
    flags: {},
    run: async (args: Arguments, context: CliContext): Promise<number> => {
      const list = args.positionals;
      if (list.length === 0) return usage(context, `address ${verb}`, 'ADDRESS is missing');
      const done = await withAct(args, context, (act) =>
        verb === 'add' ? changeAddresses(act, list, []) : changeAddresses(act, [], list),
      );
      if (!done.ok) return complain(context, args, '', done.error);
      print(context, args, done.value, previewText(done.value, false));
      return 0;
    },
  };
}

function complain(
  context: CliContext,
  args: Arguments,
  file: string,
  complaints: readonly Complaint[],
): number {
  if (args.is('json')) context.stdout(`${JSON.stringify({ complaints }, null, 2)}\n`);
  for (const c of complaints) context.stderr(`${file === '' ? '' : `${file}: `}${complaintText(c)}\n`);
  context.stderr(
    `Nothing was changed: ${complaints.length} ${complaints.length === 1 ? 'mistake' : 'mistakes'}.\n`,
  );
  return 1;
}

function previewText(p: ImportPreview, isDryRun: boolean): string {
  const some = (sign: string, list: readonly string[]): string[] => [
    ...list.slice(0, MAX_SHOWN).map((a) => `${sign} ${a}`),
    ...(list.length > MAX_SHOWN ? [`${sign} … and ${list.length - MAX_SHOWN} more`] : []),
  ];
  const count = `${p.added.length} added, ${p.removed.length} removed, ${p.unchanged} unchanged`;
  const lines = [
    ...some('+', p.added),
    ...some('-', p.removed),
    isDryRun ? `Would be: ${count}.` : `${count}.`,
  ];
  return `${lines.join('\n')}\n`;
}

export const run = address.run;
