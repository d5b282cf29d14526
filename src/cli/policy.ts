/** `gatehouse policy`: looks at a policy file before the gateway does. */
import { parsePolicy } from '#mail/decide/parse-policy.ts';
import { readText } from './hop-flags.ts';
import { commandOf, print } from './subcommands.ts';

export const policy = commandOf('policy', 'The rules that decide about messages.', {
  check: {
    summary: 'Say whether a policy file is right, or everything that is wrong with it.',
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

export const run = policy.run;
