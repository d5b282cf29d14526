/**
 * `gatehouse up`: configuration → database → keys and bodies → mail and API → wait for a signal → all down in reverse order.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { authenticator } from '#api/authenticate.ts';
import { clockTrouble } from '#assurance/audit/clock-skew.ts';
import { sequencerTrouble } from '#assurance/audit/sequencer.ts';
import { readConsole } from '#api/console.ts';
import { isLoopback } from '#api/guards.ts';
import type { Probe } from '#api/probes.ts';
import { openApi } from '#api/server.ts';
import { startStream } from '#assurance/siem/stream.ts';
import { errorChain } from '#core/errors.ts';
import { claimFolder, probePort } from '#platform/claims.ts';
import { type Logger, openLog } from '#platform/log.ts';
import { openQueueMetrics } from '#mail/queue/queue-metrics.ts';
import { aboutGateway } from './about.ts';
import { apiRoutes } from './api-routes.ts';
import { type Config, openConfig } from './config.ts';
import { clamdAddress } from './config-engines.ts';
import {
  type DatabaseServer,
  openConfiguredDatabase,
  openStores,
  prepareDatabase,
  startDatabaseServer,
} from './installation.ts';
import { consoleUrl, openIdentity, setUpLines } from './identity.ts';
import { openJobs } from './jobs.ts';
import { startMailProcesses } from './mail-processes.ts';
import { clamdProbe, spaceProbe } from './readiness.ts';
import { version } from './version.ts';

/** Built by tools/build-console.sh. */
const CONSOLE_FOLDER = resolve(import.meta.dirname, '../web/dist');

const USAGE = `Usage: gatehouse up [--config FILE] [--data FOLDER] [--mx-port N] [--submission-port N] [--http-port N] …

Starts the gateway in the foreground; SIGTERM or Ctrl-C stops it cleanly, SIGHUP reads the policy file and the
certificates again. Every flag is also an environment variable
(--mx-port is GATEHOUSE_MX_PORT); port 0 takes a free one and says which. docs/operations/configuration.md lists all settings.
`;

/** Jobs run one after another, mostly; the rest is for metrics and keys. */
const JOB_CONNECTIONS = 6;
/** Audit events that wait this long for their place in the log are an alarm; they are never lost. */
const MAX_AUDIT_LAG_MS = 10_000;

export async function up(args: readonly string[], flags: Readonly<Record<string, string>>): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(USAGE);
    return 0;
  }
  const stray = args[0];
  if (stray !== undefined) {
    process.stderr.write(
      `gatehouse up: "${stray}" is not an option of it; "gatehouse up --help" lists them\n`,
    );
    return 2;
  }
  // A terminal that closes, or an early `reload`, must not end the gateway; run() says what else it means.
  process.on('SIGHUP', () => {});
  // From here on a signal is an order to stop cleanly, also while still starting.
  const stopping = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, resolve);
  });
  const startedMs = performance.now();
  const config = openConfig({ environment: process.env, flags, workingDirectory: process.cwd() });
  const log = openLog({ level: config.log.level });
  mkdirSync(config.data, { recursive: true });
  const release = claimFolder(config.data);
  try {
    await probePort('http', config.http.host, config.http.port);
    for (const l of config.listeners) await probePort(`listeners ${l.name}`, l.host, l.port);
    const server = await startDatabaseServer(config);
    try {
      await run(config, server, log, stopping, startedMs);
      return 0;
    } finally {
      await server.stop();
    }
  } finally {
    release();
  }
}

/** The certificate of mail serves HTTP, too, where others than this machine reach us. */
function httpTls(config: Config): { readonly cert: string; readonly key: string } | undefined {
  const { certificate, key } = config.tls;
  if (certificate === undefined || key === undefined || isLoopback(config.http.host)) return undefined;
  return { cert: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
}

async function run(
  config: Config,
  server: DatabaseServer,
  log: Logger,
  stopping: Promise<NodeJS.Signals>,
  startedMs: number,
): Promise<void> {
  const applied = await prepareDatabase(config, server.url);
  if (applied.length > 0) log.info('database schema brought up to date', { applied });
  await using db = openConfiguredDatabase(config, server.url, 'app', 'gatehouse-web');
  await using system = openConfiguredDatabase(
    config,
    server.url,
    'system',
    'gatehouse-jobs',
    JOB_CONNECTIONS,
  );
  const stores = await openStores(config, system);
  const mail = await startMailProcesses(config, server.url, log);
  try {
    process.on('SIGHUP', () => {
      log.info('reading policy and certificates again');
      mail.reload();
    });
    await using _jobs = await openJobs(config, stores, db, log);
    await using siem = startStream({
      db: system,
      keys: stores.keys,
      log: log.child({ part: 'siem' }),
      hostname: config.hostname,
      version: version(),
    });
    const watchQueue = openQueueMetrics(system);
    const probes: readonly Probe[] = [
      { name: 'database', check: async () => void (await db.query('select 1')) },
      { name: 'mail', check: mail.trouble },
      { name: 'audit', check: () => sequencerTrouble(system, MAX_AUDIT_LAG_MS) },
      { name: 'clock', check: () => clockTrouble(system, () => Date.now()) },
      { name: 'siem', check: siem.trouble, isAdvisory: true },
      spaceProbe(config.data),
      ...(config.engines.clamav === undefined ? [] : [clamdProbe(clamdAddress(config.engines.clamav))]),
    ];
    using about = aboutGateway(config, probes);
    const identity = openIdentity(config, db, stores.keys);
    let url = consoleUrl(config, config.http.port);
    const api = await openApi({
      routes: apiRoutes({ stores, about, identity, publicUrl: () => url }),
      db,
      authenticate: authenticator(identity),
      publicUrl: config.http.publicUrl,
      tls: httpTls(config),
      log,
      otherMetrics: async () => {
        await watchQueue();
        // Losing the error is right here: the probe of the database tells of it.
        await siem.measure().catch(() => {});
        return await mail.metrics();
      },
      console: readConsole(CONSOLE_FOLDER),
      probes,
      host: config.http.host,
      port: config.http.port,
    });
    try {
      url = consoleUrl(config, api.port);
      announce(config, server, mail.listeners, url, performance.now() - startedMs);
      process.stdout.write((await setUpLines(db, url)).map((line) => `${line}\n`).join(''));
      const signal = await stopping;
      log.info('stopping', { signal });
    } finally {
      await api.close();
    }
  } finally {
    await mail
      .stop()
      .catch((error: unknown) => log.error('mail did not stop cleanly', { error: errorChain(error) }));
  }
}

function announce(
  config: Config,
  server: DatabaseServer,
  listeners: readonly {
    readonly name: string;
    readonly kind: string;
    readonly host: string;
    readonly port: number;
  }[],
  api: string,
  startMs: number,
): void {
  const lines = [
    `Gatehouse is running as ${config.hostname} (started in ${(startMs / 1000).toFixed(1)} s).`,
    ...listeners.map(
      (l) => `  SMTP ${l.kind.padEnd(11)} ${l.host}:${l.port}${l.name === l.kind ? '' : `  (${l.name})`}`,
    ),
    `  console, API     ${api}${config.http.publicUrl === undefined ? '  (this machine only)' : ''}`,
    ...(existsSync(join(CONSOLE_FOLDER, 'index.html'))
      ? []
      : ['  not built        the console: run "sh tools/build-console.sh" and start again']),
    `  data             ${config.data}`,
    `  keys             ${config.keys}  (back them up apart from the data)`,
    ...(server.elsewhere === undefined
      ? []
      : [`  database         ${server.elsewhere}  (outside the data folder: back it up, too)`]),
    ...(server.kind === 'evaluation'
      ? [
          '  database         evaluation binaries from npm: use your distribution’s PostgreSQL in production (database.url)',
        ]
      : []),
    ...(config.engines.clamav === undefined
      ? ['  not configured   ClamAV: content is not scanned for malware']
      : []),
    'Try it: "bin/gatehouse try" in another terminal. Stop with Ctrl-C.',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
