/**
 * `gatehouse witness`: a process of somebody else, on a machine of their own, that signs the checkpoints of logs it has seen
 * grow. It needs no database and nothing of the installation it watches: a folder for its memory is all.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { followOnce, type Followed } from '#assurance/audit/follow-log.ts';
import { createWitnessing, type Witness } from '#assurance/audit/witness.ts';
import { createWitness, openWitness, type WitnessState } from '#assurance/audit/witness-state.ts';
import { ConfigError } from '#core/errors.ts';
import { claimFolder } from '#platform/claims.ts';
import { MAX_ADD_CHECKPOINT_BYTES } from '#protocol/tlog/add-checkpoint.ts';
import { formatKey } from '#protocol/tlog/keys.ts';
import type { CliContext } from './context.ts';
import { type Arguments, commandOf, type Flags, plain, print, usage } from './subcommands.ts';

const STATE: Flags = {
  state: { type: 'string', value: 'FOLDER', help: 'Keys and memory of the witness (./witness).' },
};
const folderOf = (args: Arguments): string => args.text('state') ?? 'witness';

export const witness = commandOf('witness', 'Signs that logs were only ever added to.', {
  init: {
    summary: 'Make the keys of a new witness and print their public halves.',
    positionals: ['NAME'],
    flags: STATE,
    notes:
      'NAME is a URL without scheme, such as witness.example/1. Whoever wants to count on it adds the keys.',
    run: async (args, context) => {
      const [name = ''] = args.positionals;
      const vkeys = await createWitness(folderOf(args), name);
      print(context, args, { name, vkeys }, `${vkeys.join('\n')}\n`);
      return 0;
    },
  },
  trust: {
    summary: 'Let the witness sign for a log: its key, or a policy file with the keys.',
    positionals: ['KEY|FILE'],
    flags: STATE,
    run: async (args, context) => {
      const [word = ''] = args.positionals;
      const vkeys = existsSync(word) ? logLines(readFileSync(word, 'utf8')) : [word];
      if (vkeys.length === 0) return usage(context, 'witness trust', `${word} has no line "log KEY"`);
      return await withState(args, async (state) => {
        for (const vkey of vkeys) {
          const complaint = await state.trust(vkey);
          if (complaint !== undefined) return usage(context, 'witness trust', complaint);
        }
        const origins = [...new Set(state.logKeys().map((k) => k.name))];
        print(context, args, { origins }, origins.map((o) => `${o}\n`).join(''));
        return 0;
      });
    },
  },
  follow: {
    summary: 'Fetch checkpoints of a Gatehouse, sign them, and bring the signatures back.',
    positionals: ['URL'],
    flags: {
      ...STATE,
      origin: { type: 'string', value: 'LOG', help: 'Which log, when more than one is trusted.' },
      'key-file': { type: 'string', value: 'FILE', help: 'An API key that may read and cosign the log.' },
      every: { type: 'string', value: 'SECONDS', help: 'How often (5).' },
      once: { type: 'boolean', help: 'Once, and exit: 0 signed, 1 alarm or not reachable.' },
    },
    notes:
      'URL ends in /api/v1. An alarm means that the log was cut or rewritten; the proof is kept in FOLDER/evidence.',
    run: follow,
  },
  serve: {
    summary: 'Answer add-checkpoint requests (C2SP tlog-witness) over HTTP.',
    positionals: [],
    flags: {
      ...STATE,
      listen: { type: 'string', value: 'HOST:PORT', help: 'Where (127.0.0.1:8090); TLS belongs before it.' },
    },
    run: serve,
  },
});
export const run = witness.run;

/** One process at a time: two memories of one witness would be none. */
async function withState<T>(args: Arguments, work: (state: WitnessState) => Promise<T>): Promise<T> {
  const folder = folderOf(args);
  if (!existsSync(folder)) throw new ConfigError([`${folder} does not exist; see "gatehouse witness init"`]);
  const release = claim(folder);
  try {
    return await work(await openWitness(folder));
  } finally {
    release();
  }
}

function claim(folder: string): () => void {
  try {
    return claimFolder(folder);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError([`${folder} is in use by a witness that runs already`], { cause: error });
  }
}

function logLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/[ \t]+/))
    .filter(([verb]) => verb === 'log')
    .map(([, vkey = '']) => vkey);
}

function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
  return stopping.signal;
}

async function follow(args: Arguments, context: CliContext): Promise<number> {
  const [url = ''] = args.positionals;
  const seconds = Number(args.text('every') ?? '5');
  if (!/^https?:\/\//.test(url)) return usage(context, 'witness follow', `"${url}" is no http(s) address`);
  if (!(seconds >= 1 && seconds <= 86_400))
    return usage(context, 'witness follow', '--every takes 1 to 86400');
  const keyFile = args.text('key-file');
  const apiKey = keyFile === undefined ? undefined : readFileSync(keyFile, 'utf8').trim();
  return await withState(args, async (state) => {
    const origins = [...new Set(state.logKeys().map((k) => k.name))];
    const origin = args.text('origin') ?? (origins.length === 1 ? origins[0] : undefined);
    if (origin === undefined)
      return usage(context, 'witness follow', `name one of ${origins.join(', ') || 'no logs'} with --origin`);
    const signal = args.is('once') ? new AbortController().signal : stopSignal();
    const witnessing = createWitnessing(state, Date.now);
    const options = { url: url.replace(/\/$/, ''), apiKey, origin, signal };
    for (let said = ''; ;) {
      const done = await followOnce(state, witnessing, options);
      said = tell(context, args, done, said);
      if (args.is('once')) return done.kind === 'signed' || done.kind === 'unchanged' ? 0 : 1;
      await sleep(seconds * 1000, undefined, { signal }).catch(() => {}); // a signal to stop is looked at below
      if (signal.aborted) return 0;
    }
  });
}

/** What is new is said; the same again is not, unless it is an alarm. */
function tell(context: CliContext, args: Arguments, done: Followed, before: string): string {
  const now = JSON.stringify(done);
  if (now === before && done.kind !== 'alarm') return before;
  if (done.kind === 'unchanged' && !args.is('once')) return now;
  if (args.is('json')) context.stdout(`${now}\n`);
  else if (done.kind === 'alarm')
    context.stderr(
      `ALARM: ${plain(done.reason)}${done.evidence === undefined ? '' : ` (kept: ${done.evidence})`}\n`,
    );
  else if (done.kind === 'unreachable') context.stderr(`nothing was signed: ${plain(done.reason)}\n`);
  else context.stdout(`signed up to ${done.size} entries\n`);
  return now;
}

async function serve(args: Arguments, context: CliContext): Promise<number> {
  const [host = '', port = ''] = (args.text('listen') ?? '127.0.0.1:8090').split(/:(?=\d+$)/);
  if (!/^\d{1,5}$/.test(port)) return usage(context, 'witness serve', '--listen takes HOST:PORT');
  return await withState(args, async (state) => {
    const signal = stopSignal();
    const server = witnessServer(createWitnessing(state, Date.now), (line) => context.stderr(line));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(Number(port), host, resolve);
    });
    context.stdout(`${state.name} listens on ${host}:${port}\n${state.keys.map(formatKey).join('\n')}\n`);
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve());
    });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    return 0;
  });
}

/** POST add-checkpoint below any prefix; everything else is not here. */
export function witnessServer(witnessing: Witness, say: (line: string) => void): Server {
  return createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    const answer = async (): Promise<void> => {
      if (request.method !== 'POST' || !(request.url ?? '').endsWith('/add-checkpoint'))
        return void response.writeHead(404).end();
      const body = await bodyOf(request);
      if (body === undefined) return void response.writeHead(413, { connection: 'close' }).end();
      const done = await witnessing.add(body);
      if (done.evidence !== undefined) say(`ALARM: ${done.body.trimEnd()} (kept: ${done.evidence})\n`);
      return void response.writeHead(done.status, { 'content-type': done.type }).end(done.body);
    };
    answer().catch((error: unknown) => {
      say(`witness: ${error instanceof Error ? error.message : String(error)}\n`);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk as Uint8Array); // no encoding was set, so chunks are bytes
    size += bytes.length;
    if (size > MAX_ADD_CHECKPOINT_BYTES) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
