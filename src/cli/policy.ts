/** `gatehouse policy`: looks at a policy file before the gateway does. */
import { ConfigError } from '#core/errors.ts';
import { complaintText } from '#core/complaint.ts';
import { doubtsAbout } from '#mail/decide/doubts.ts';
import { parsePolicy } from '#mail/decide/parse-policy.ts';
import { readConfig } from '../config.ts';
import type { CliContext } from './context.ts';
import { readText } from './hop-flags.ts';
import { commandOf, print } from './subcommands.ts';

export const policy = commandOf('policy', 'The rules that decide about messages.', {
  check: {
    summary:
      'Say whether a policy file is right, or everything that is wrong with it; its listeners are those of the configuration.',
    positionals: ['FILE'],
    flags: {},
    run: (args, context) => {
      const [file = ''] = args.positionals;
      const parsed = parsePolicy(readText('FILE', file), file);
      if (!parsed.ok) {
        print(context, args, { ok: false, complaints: parsed.error }, '');
        if (!args.is('json')) for (const complaint of parsed.error) context.stderr(`${complaint}\n`);
        return Promise.resolve(1);
      }
      const doubts = doubtsAbout(parsed.value, listenersOf(context)).map((d) => `${file}: ${d}`);
      if (doubts.length > 0) {
        print(context, args, { ok: false, complaints: doubts }, '');
        if (!args.is('json')) for (const doubt of doubts) context.stderr(`${doubt}\n`);
        return Promise.resolve(1);
      }
      const { rules, version } = parsed.value;
      print(
        context,
        args,
        { ok: true, rules: rules.length, version },
        `${file} is right: ${rules.length} rules, version ${version}. A running gateway takes it over on SIGHUP.\n`,
      );
      return Promise.resolve(0);
    },
  },
});

function listenersOf(context: CliContext): readonly string[] {
  const config = readConfig({
    environment: process.env,
    flags: context.globals,
    workingDirectory: process.cwd(),
  });
  if (!config.ok) throw new ConfigError(config.error.map(complaintText));
  return config.value.listeners.map((l) => l.name);
}

export const run = policy.run;
