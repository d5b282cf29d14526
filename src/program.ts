/**
 * The program: which command, with what, and one door where every surprise ends as a sentence and an exit code.
 *
 * Exit codes: 0 good · 1 a negative result or a failure · 2 bad usage or configuration.
 */
import { ConfigError, errorChain, TransientError } from '#core/errors.ts';
import type { CliContext } from '#cli/context.ts';
import { plain } from '#cli/subcommands.ts';
import { type Config, FLAGS, openConfig } from './config.ts';
import { COMMANDS, help } from './commands.ts';
import { consoleUrl } from './identity.ts';
import { openRunningDatabase, openStores } from './installation.ts';
import { version } from './version.ts';

type Invocation = {
  readonly command: string;
  readonly args: readonly string[];
  readonly flags: Readonly<Record<string, string>>;
};

const GLOBAL_FLAGS: readonly string[] = ['--config', ...FLAGS];

/** Splits `gatehouse [--data D …] COMMAND ARGS…`. The flags of the configuration may also follow `up`. */
function parseInvocation(argv: readonly string[]): Invocation {
  const flags: Record<string, string> = {};
  const rest: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const [name, inline] = splitOnce(argv[i]!, '=');
    const isGlobal = GLOBAL_FLAGS.includes(name) && (rest.length === 0 || rest[0] === 'up');
    if (!isGlobal) {
      rest.push(argv[i]!);
      continue;
    }
    const value = inline ?? argv[++i];
    if (value === undefined) throw new ConfigError([`${name} needs a value`]);
    flags[name] = value;
  }
  return { command: rest[0] ?? 'help', args: rest.slice(1), flags };
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 || !text.startsWith('--') ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function contextOf(flags: Readonly<Record<string, string>>): CliContext {
  let config: Config | undefined;
  const loaded = (): Config =>
    (config ??= openConfig({ environment: process.env, flags, workingDirectory: process.cwd() }));
  return {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    openDatabase: () => openRunningDatabase(loaded()),
    openStores: async () => {
      await using stack = new AsyncDisposableStack();
      const db = stack.use(await openRunningDatabase(loaded()));
      const system = stack.use(await openRunningDatabase(loaded(), 'system'));
      const { keys, blobs } = await openStores(loaded(), system);
      const opened = stack.move();
      return { db, system, keys, blobs, [Symbol.asyncDispose]: () => opened.disposeAsync() };
    },
    consoleUrl: () => consoleUrl(loaded(), loaded().http.port),
    globals: flags,
  };
}

async function main(argv: readonly string[]): Promise<number> {
  const { command, args, flags } = parseInvocation(argv);
  if (command === 'help' || command === '--help' || command === '-h') {
    process.stdout.write(help());
    return 0;
  }
  if (command === '--version' || command === 'version') {
    process.stdout.write(`gatehouse ${version()}\n`);
    return 0;
  }
  if (command === 'up') {
    const { up } = await import('./up.ts');
    return await up(args, flags);
  }
  const entry = COMMANDS[command];
  if (entry === undefined) {
    process.stderr.write(`gatehouse: there is no command "${plain(command)}"; "gatehouse help" lists them\n`);
    return 2;
  }
  const run = await entry.load();
  return await run(args, contextOf(flags));
}

// A reader that went away (`| head`) is not an error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof ConfigError) {
    for (const complaint of error.complaints) process.stderr.write(`gatehouse: ${plain(complaint)}\n`);
    process.exitCode = 2;
  } else if (error instanceof TransientError) {
    process.stderr.write(`gatehouse: ${errorChain(error)}; try again\n`);
    process.exitCode = 1;
  } else {
    process.stderr.write(`gatehouse: this should not have happened: ${errorChain(error)}\n`);
    if (error instanceof Error && process.env['GATEHOUSE_LOG_LEVEL'] === 'debug')
      process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  }
}
