/**
 * The machine configuration as a whole: the sections of each room put together, what must fit across them, and the names by
 * which environment and flags reach them. What belongs to policy and people lives in the database, not here.
 */
import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { isLoopback } from '#api/guards.ts';
import { complaintText, type Complaint } from '#core/complaint.ts';
import { ConfigError } from '#core/errors.ts';
import { err, ok, type Result } from '#core/result.ts';
import {
  absolutePath,
  environmentOverrides,
  loadConfig,
  type ConfigSource,
  type CrossCheck,
  type Loaded,
  type Override,
  type Path,
} from '#platform/config/load.ts';
import * as sections from '#platform/config/sections.ts';
import type { Mistake } from '#platform/config/zod-complaints.ts';
import { enginesSection } from './config-engines.ts';
import { completeListener, DEFAULT_LISTENERS, listenersSection } from './config-listeners.ts';
import type { ListenerConfig } from '#mail/receive/config.ts';

export const configSchema = z.strictObject({
  data: sections.dataSection,
  keys: sections.keysSection,
  hostname: sections.hostnameSection,
  database: sections.databaseSection,
  http: sections.httpSection,
  listeners: listenersSection,
  dns: sections.dnsSection,
  tls: sections.tlsSection,
  policy: sections.policySection,
  authentication: sections.authenticationSection,
  delivery: sections.deliverySection,
  engines: enginesSection,
  workers: sections.workersSection,
  node: sections.nodeSection,
  storage: sections.storageSection,
  tenants: sections.tenantsSection,
  log: sections.logSection,
});

type Parsed = z.output<typeof configSchema>;
/** What the rest of the program sees: every path absolute, nothing left to default. */
export type Config = Readonly<
  Omit<Parsed, 'keys' | 'hostname' | 'listeners' | 'tenants'> & {
    readonly tenants: { readonly deletionGraceS: number; readonly exports: string };
    readonly listeners: readonly ListenerConfig[];
    readonly keys: string;
    readonly hostname: string;
    /** The file that was read, if any. */
    readonly file: string | undefined;
  }
>;

export const ENVIRONMENT: Readonly<Record<string, Path>> = {
  GATEHOUSE_DATA: ['data'],
  GATEHOUSE_KEYS: ['keys'],
  GATEHOUSE_HOSTNAME: ['hostname'],
  GATEHOUSE_DATABASE_URL: ['database', 'url'],
  GATEHOUSE_HTTP_HOST: ['http', 'host'],
  GATEHOUSE_HTTP_PORT: ['http', 'port'],
  GATEHOUSE_LOG_LEVEL: ['log', 'level'],
};
const LISTENER_PORTS: Readonly<Record<string, 'mx' | 'submission' | 'relay'>> = {
  GATEHOUSE_MX_PORT: 'mx',
  GATEHOUSE_SUBMISSION_PORT: 'submission',
  GATEHOUSE_RELAY_PORT: 'relay',
};
/** Ours too, but of the tests and the launcher; a name that ends in `_` stands for all that begin with it. */
const OTHER_NAMES = ['GATEHOUSE_CONFIG', 'GATEHOUSE_CORPORA', 'GATEHOUSE_FAULT', 'GATEHOUSE_TEST_'];

/** `--http-port` is GATEHOUSE_HTTP_PORT. */
export const FLAGS: readonly string[] = [...Object.keys(ENVIRONMENT), ...Object.keys(LISTENER_PORTS)].map(
  (name) => flagOf(name),
);

function flagOf(variable: string): string {
  return `--${variable.slice('GATEHOUSE_'.length).toLowerCase().replaceAll('_', '-')}`;
}

export type ConfigInput = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Flag → value, as `{'--http-port': '0'}`; `--config` names the file. */
  readonly flags: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
};

/** Reads the configuration or throws a ConfigError with every complaint. */
export function openConfig(input: ConfigInput): Config {
  const result = readConfig(input);
  if (!result.ok) throw new ConfigError(result.error.map(complaintText));
  return result.value;
}

export function readConfig(input: ConfigInput): Result<Config, readonly Complaint[]> {
  const named = input.flags['--config'] ?? input.environment['GATEHOUSE_CONFIG'];
  const file = readFile(named, input.workingDirectory);
  if (!file.ok) return file;
  const overrides = gatherOverrides(input);
  if (!overrides.ok) return overrides;
  const { plain, ports } = overrides.value;
  const source: ConfigSource = {
    file: file.value,
    overrides: plain,
    workingDirectory: input.workingDirectory,
  };
  const loaded = loadConfig(configSchema, CROSS_CHECKS, source);
  if (!loaded.ok) return loaded;
  return finish(loaded.value, ports, source);
}

/** The file that is named, or `gatehouse.yaml` where the process was started, if there is one. */
function readFile(
  named: string | undefined,
  workingDirectory: string,
): Result<ConfigSource['file'], readonly Complaint[]> {
  const name = named ?? 'gatehouse.yaml';
  const full = resolve(workingDirectory, name);
  if (named === undefined && !existsSync(full)) return ok(undefined);
  try {
    return ok({ name, text: readFileSync(full, 'utf8') });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return err([{ at: name, text: `the configuration file cannot be read (${code ?? 'unknown reason'})` }]);
  }
}

type Ports = readonly {
  readonly name: string;
  readonly kind: 'mx' | 'submission' | 'relay';
  readonly value: string;
}[];

function gatherOverrides(
  input: ConfigInput,
): Result<{ readonly plain: readonly Override[]; readonly ports: Ports }, readonly Complaint[]> {
  const portNames = Object.keys(LISTENER_PORTS);
  const environment = environmentOverrides(input.environment, ENVIRONMENT, [...OTHER_NAMES, ...portNames]);
  const complaints: Complaint[] = environment.ok ? [] : [...environment.error];
  const plain: Override[] = environment.ok ? [...environment.value] : [];
  const ports = Object.entries(LISTENER_PORTS).flatMap(([name, kind]) => {
    const flag = input.flags[flagOf(name)];
    const value = flag ?? input.environment[name];
    return value === undefined ? [] : [{ name: flag === undefined ? name : flagOf(name), kind, value }];
  });
  for (const [name, path] of Object.entries(ENVIRONMENT)) {
    const value = input.flags[flagOf(name)];
    if (value !== undefined) plain.push({ name: flagOf(name), path, value });
  }
  for (const p of ports)
    if (!/^\d{1,5}$/.test(p.value) || Number(p.value) > 65_535)
      complaints.push({ at: p.name, text: `"${p.value}" is no port number` });
  return complaints.length > 0 ? err(complaints) : ok({ plain, ports });
}

/** Ports by kind of listener: the one listener of that kind gets it, and one is made where the file has none at all. */
function finish(
  { config: parsed, fromFile }: Loaded<Parsed>,
  ports: Ports,
  source: ConfigSource,
): Result<Config, readonly Complaint[]> {
  const complaints: Complaint[] = [];
  let listeners = [...parsed.listeners];
  for (const { name, kind, value } of ports) {
    const those = listeners.filter((l) => l.kind === kind);
    const port = Number(value);
    if (those.length === 0) {
      const made = DEFAULT_LISTENERS[kind];
      listeners.push({ ...made, port });
    } else if (those.length === 1) {
      listeners = listeners.map((l) => (l.kind === kind ? { ...l, port } : l));
    } else {
      complaints.push({
        at: name,
        text: `there are ${those.length} ${kind} listeners: set their ports in the file`,
      });
    }
  }
  const data = absolutePath(parsed.data, fromFile.has('data'), source);
  const keys =
    parsed.keys === undefined
      ? join(dirname(data), 'keys')
      : absolutePath(parsed.keys, fromFile.has('keys'), source);
  const inside = relative(data, keys);
  if (inside === '' || (!inside.startsWith('..') && resolve(data, inside) === keys))
    complaints.push({
      at: source.file?.name ?? '',
      text: `keys: ${keys} is inside the data folder ${data}: whoever copied the data would have the key, too`,
    });
  if (complaints.length > 0) return err(complaints);
  const tls = Object.fromEntries(
    Object.entries(parsed.tls).map(([k, v]) => [k, v === undefined ? v : absolutePath(v, true, source)]),
  );
  const ourName = parsed.hostname ?? ownName();
  const config: Config = {
    ...parsed,
    listeners: listeners.map((l) => completeListener(l, ourName)),
    tls,
    storage: {
      targets: parsed.storage.targets.map((t) => ({
        ...t,
        directory: absolutePath(t.directory, fromFile.has('storage'), source),
      })),
    },
    tenants: {
      ...parsed.tenants,
      exports:
        parsed.tenants.exports === undefined
          ? join(data, 'exports')
          : absolutePath(parsed.tenants.exports, fromFile.has('tenants'), source),
    },
    policy:
      parsed.policy === undefined ? undefined : absolutePath(parsed.policy, fromFile.has('policy'), source),
    data,
    keys,
    hostname: ourName,
    file: source.file?.name,
  };
  return ok(Object.freeze(config));
}

function ownName(): string {
  const name = hostname().toLowerCase();
  return sections.hostName.safeParse(name).success ? name : 'localhost';
}

const CROSS_CHECKS: readonly CrossCheck<Parsed>[] = [
  {
    sections: ['database'],
    check: ({ database }): Mistake[] => {
      const ways = (['url', 'embedded', 'distribution'] as const).filter(
        (w) => database[w] !== undefined && database[w] !== false,
      );
      return ways.length > 1
        ? [{ path: ['database'], text: `cannot have both ${ways.join(' and ')}: choose one database` }]
        : [];
    },
  },
  {
    sections: ['tls'],
    check: ({ tls }): Mistake[] => {
      if ((tls.certificate === undefined) === (tls.key === undefined)) return [];
      return tls.key === undefined
        ? [{ path: ['tls', 'key'], text: 'is missing: a certificate is of no use without its key' }]
        : [{ path: ['tls', 'certificate'], text: 'is missing: a key is of no use without its certificate' }];
    },
  },
  {
    sections: ['http', 'tls'],
    check: ({ http, tls }): Mistake[] =>
      isLoopback(http.host) || tls.certificate !== undefined
        ? []
        : [
            {
              path: ['http', 'host'],
              text: 'must be 127.0.0.1, ::1 or localhost unless tls.certificate and tls.key are set: sessions must not travel in the clear',
            },
          ],
  },
  {
    sections: ['node', 'storage'],
    check: ({ node, storage }): Mistake[] => {
      const names = storage.targets.map((t) => t.name);
      const twice = names.findIndex((n, i) => names.indexOf(n) !== i);
      return [
        ...(twice < 0
          ? []
          : [{ path: ['storage', 'targets', twice, 'name'], text: `"${names[twice]}" is used twice` }]),
        ...node.labels.flatMap((label, i) =>
          names.includes(label)
            ? []
            : [
                {
                  path: ['node', 'labels', i],
                  text: `"${label}" has no entry in storage.targets: mail for that place could not be stored`,
                },
              ],
        ),
      ];
    },
  },
  {
    sections: ['dns'],
    check: ({ dns }): Mistake[] =>
      dns.validating && dns.servers.length === 0
        ? [
            {
              path: ['dns', 'validating'],
              text: 'needs dns.servers: only a resolver you name can be trusted to validate',
            },
          ]
        : [],
  },
  {
    sections: ['listeners', 'http'],
    check: ({ listeners, http }): Mistake[] => {
      const mistakes: Mistake[] = [];
      const names = new Set<string>();
      const places = new Map([[`${http.host}:${http.port}`, 'http']]);
      listeners.forEach((l, i) => {
        if (names.has(l.name))
          mistakes.push({ path: ['listeners', i, 'name'], text: `"${l.name}" is used twice` });
        names.add(l.name);
        const place = `${l.host}:${l.port}`;
        const other = places.get(place);
        if (l.port !== 0 && other !== undefined)
          mistakes.push({ path: ['listeners', i, 'port'], text: `${place} is already taken by ${other}` });
        places.set(place, l.name);
      });
      return mistakes;
    },
  },
];
