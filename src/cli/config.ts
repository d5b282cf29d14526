/** `gatehouse config`: what the machine configuration says, and what is wrong with it. */
import { complaintText } from '#core/complaint.ts';
import { readConfig, type Config } from '../config.ts';
import { fileComplaints } from '../config-files.ts';
import type { CliContext } from './context.ts';
import { commandOf, print } from './subcommands.ts';

export const config = commandOf('config', 'Check the machine configuration.', {
  check: {
    summary: 'Read the configuration and the policy and certificates it names, and name every mistake.',
    positionals: ['[FILE]'],
    flags: {},
    run: async (args, context) => {
      const result = readConfig({
        environment: process.env,
        flags: flagsFrom(context, args.positionals[0]),
        workingDirectory: process.cwd(),
      });
      if (!result.ok) {
        if (args.is('json')) context.stdout(`${JSON.stringify({ complaints: result.error }, null, 2)}\n`);
        else for (const c of result.error) context.stderr(`${complaintText(c)}\n`);
        return 1;
      }
      const wrong = await fileComplaints(result.value);
      if (wrong.length > 0) {
        const complaints = wrong.map((text) => ({ at: '', text }));
        if (args.is('json')) context.stdout(`${JSON.stringify({ complaints }, null, 2)}\n`);
        else for (const text of wrong) context.stderr(`${text}\n`);
        return 1;
      }
      const shown = withoutPassword(result.value);
      print(context, args, shown, `${result.value.file ?? 'The defaults'}: good.\n`);
      return 0;
    },
  },
});

function flagsFrom(context: CliContext, file: string | undefined): Record<string, string> {
  const globals = Object.entries(context.globals).map(([name, value]) => [
    name.startsWith('--') ? name : `--${name}`,
    value,
  ]);
  return { ...Object.fromEntries(globals), ...(file === undefined ? {} : { '--config': file }) };
}

function withoutPassword(config: Config): unknown {
  const { url } = config.database;
  if (url === undefined) return config;
  const shown = url.replace(/^([^:]+:\/\/[^:@/]*):[^@]*@/, '$1:[secret]@');
  return { ...config, database: { ...config.database, url: shown } };
}

export const run = config.run;
