/** `gatehouse apply`: makes the directory what a file says. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InvariantError } from '#core/errors.ts';
import { complaintText } from '#core/complaint.ts';
import { err, ok } from '#core/result.ts';
import {
  applyDeclaration,
  DECLARATION_SECTIONS,
  type ApplyOptions,
  type SecretReader,
  type Step,
} from '#mail/directory/declaration.ts';
import type { CliContext, Stores } from './context.ts';
import { readText } from './hop-flags.ts';
import { print, singleCommand, withAct } from './subcommands.ts';

export const apply = singleCommand('apply', {
  summary: 'Make domains, senders and routes what a YAML file says, all or nothing.',
  positionals: ['FILE'],
  flags: {
    'dry-run': { type: 'boolean', help: 'Show the plan, and change nothing.' },
    delete: {
      type: 'boolean',
      help: 'Also remove what a section of the file does not name; refused without this.',
    },
  },
  notes: `FILE (- for standard input) has any of the sections ${DECLARATION_SECTIONS.join(', ')}.
A section that is absent is left alone. A section that is there says all there shall be of its kind: what it does not
name is removed, which needs --delete. docs/operations/directory-file.md has every key, with an example.`,
  run: async (args, context) => {
    const file = args.positionals[0] ?? '';
    const text = readText('FILE', file);
    const isDryRun = args.is('dry-run');
    await using keys = lazyKeys(context);
    const mayRemove = isDryRun || args.is('delete');
    const options = { keys, readSecret: secretsBeside(file), mayRemove };
    const done = await withAct(
      args,
      context,
      (act) => applyDeclaration(act, { name: file, text }, options),
      !isDryRun,
    );
    if (!done.ok) {
      if (args.is('json')) context.stdout(`${JSON.stringify({ complaints: done.error }, null, 2)}\n`);
      for (const c of done.error) context.stderr(`${complaintText(c)}\n`);
      const wouldRemove = done.error.some((c) => c.text.startsWith('would remove '));
      context.stderr(`Nothing was changed${wouldRemove ? '; --delete allows removing' : ''}.\n`);
      return 1;
    }
    print(context, args, { applied: !isDryRun, steps: done.value }, planText(done.value, isDryRun));
    return 0;
  },
});

function planText(steps: readonly Step[], isDryRun: boolean): string {
  if (steps.length === 0) return 'Everything is already as the file says.\n';
  const sign = { add: '+', change: '~', remove: '-' };
  const lines = steps.flatMap((s) => [
    `${sign[s.verb]} ${s.what} ${s.name}`,
    ...s.changes.map((c) => `    ${c.field}: ${c.from} → ${c.to}`),
  ]);
  const removed = steps.filter((s) => s.verb === 'remove').length;
  const warning =
    isDryRun && removed > 0
      ? `${removed} of them ${removed === 1 ? 'removes' : 'remove'}: that needs --delete.\n`
      : '';
  return `${lines.join('\n')}\n${warning}${steps.length} ${steps.length === 1 ? 'step' : 'steps'} ${isDryRun ? 'would be taken' : 'taken'}.\n`;
}

/** The key store, opened only when there is a secret to seal. */
function lazyKeys(context: CliContext): ApplyOptions['keys'] & AsyncDisposable {
  let stores: Stores | undefined;
  const opened = (): Stores => {
    if (stores === undefined) throw new InvariantError('keys were used before ensureTenant()');
    return stores;
  };
  return {
    ensureTenant: async (tenant) => {
      stores ??= await context.openStores();
      await stores.keys.ensureTenant(tenant);
    },
    seal: (tenant, purpose, plain) => opened().keys.seal(tenant, purpose, plain),
    open: (tenant, purpose, sealed) => opened().keys.open(tenant, purpose, sealed),
    [Symbol.asyncDispose]: async () => {
      await stores?.[Symbol.asyncDispose]();
    },
  };
}

function secretsBeside(file: string): SecretReader {
  return (name) => {
    const path = resolve(dirname(resolve(file)), name);
    try {
      return ok(readFileSync(path, 'utf8').replace(/\r?\n$/, ''));
    } catch (error) {
      return err(
        `bindPasswordFile: ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`,
      );
    }
  };
}

export const run = apply.run;
