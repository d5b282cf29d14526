/** The arguments of `gatehouse check`, read into what checking needs. All mistakes are told at once, one sentence each. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseIp } from '#core/ip.ts';
import { err, ok, type Result } from '#core/result.ts';
import { defaultPolicy } from '#mail/decide/default-policy.ts';
import { parsePolicy } from '#mail/decide/parse-policy.ts';
import type { Policy } from '#mail/decide/policy.ts';
import type { Direction } from '#mail/envelope.ts';
import { LANGUAGES, type Language } from '#mail/texts/text.ts';
import type { ClamdAddress } from '#platform/clamd.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import { zoneResolver } from '#protocol/dns/zone-resolver.ts';
import { parseZoneText } from '#protocol/dns/zone-text.ts';
import { readConfig } from '../config.ts';
import { dnsOf, type WireOptions } from '../config-dns.ts';
import { clamdAddress } from '../config-engines.ts';

export const CHECK_USAGE = `Usage: gatehouse check FILE|- [options]
       gatehouse check --spf FILE|-

Puts one message through every check and the policy, as the gateway would, and says what comes of it. Needs no database.

  --ip ADDRESS           the client it came from          --helo NAME     what the client called itself
  --from ADDRESS         envelope sender, "" for none     --to ADDRESS    recipient, may be repeated
  --zone FILE            DNS as JSON, such as {"example.org": [{"MX": [10, "mx.example.org"]}, {"TXT": "v=spf1 mx -all"}]},
                         in place of the network, which is then never used; docs/operations/zone-file.md tells all of it
  --now TIME             the clock, such as 2026-06-02T12:00:00Z
  --direction in|out     default: in
  --config FILE          takes hostname, DNS servers, engines, trusted sealers and policy from it
  --policy FILE          in place of the built-in policy
  --lang en|de|nl        language of the sentences
  --json                 prints everything as JSON
  --spf FILE|-           SPF alone: JSON lines {"ip", "helo", "mailfrom", "zone"} in, one result a line out

Exit codes: 0 accepted (with or without a tag), 1 held, rejected or put off, 2 bad usage.
`;

const OPTIONS = {
  ip: { type: 'string' },
  helo: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string', multiple: true },
  zone: { type: 'string' },
  now: { type: 'string' },
  direction: { type: 'string' },
  config: { type: 'string' },
  policy: { type: 'string' },
  lang: { type: 'string' },
  json: { type: 'boolean' },
  spf: { type: 'string' },
  help: { type: 'boolean' },
} as const;

export type CheckOptions = {
  readonly source: string;
  readonly ip: string | undefined;
  readonly helo: string | undefined;
  readonly from: string | undefined;
  readonly to: readonly string[];
  /** Undefined: ask real servers. */
  readonly resolver: Resolver | undefined;
  readonly nowMs: number;
  readonly direction: Direction;
  readonly policy: Policy;
  readonly language: Language;
  readonly isJson: boolean;
  readonly hostname: string;
  readonly trustedSealers: ReadonlySet<string>;
  readonly clamd: { readonly address: ClamdAddress; readonly timeoutMs: number } | undefined;
  /** Those of the configuration; the system's where it names none. */
  readonly dns: WireOptions;
};

export type CheckOrder =
  | { readonly kind: 'help' }
  | { readonly kind: 'spf'; readonly source: string; readonly nowMs: number }
  | { readonly kind: 'check'; readonly options: CheckOptions };

export function readCheckOptions(
  args: readonly string[],
  nowMs: number,
): Result<CheckOrder, readonly string[]> {
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    // Not rethrown: a wrong option is an expected outcome, and the parser's sentence names it.
    return err([error instanceof Error ? error.message : 'the arguments cannot be read']);
  }
  const { values, positionals } = parsed;
  if (values.help === true) return ok({ kind: 'help' });
  const complaints: string[] = [];
  const clock = values.now === undefined ? nowMs : readTime(values.now, complaints);
  if (values.spf !== undefined) {
    if (positionals.length > 0) complaints.push(`--spf takes one file; "${positionals[0]}" is too much`);
    return complaints.length > 0 ? err(complaints) : ok({ kind: 'spf', source: values.spf, nowMs: clock });
  }
  const [source, stray] = positionals;
  if (source === undefined) complaints.push('a FILE is missing (or - for standard input)');
  if (stray !== undefined) complaints.push(`only one FILE can be checked at a time, "${stray}" is too much`);
  const ip =
    values.ip === undefined
      ? undefined
      : oneOf(values.ip, parseIp(values.ip) !== undefined, '--ip', 'an IP address', complaints);
  const from = addressOption('--from', values.from, complaints, true);
  const to = (values.to ?? []).map((t) => addressOption('--to', t, complaints, false) ?? t);
  const direction = wordOption('--direction', values.direction, ['in', 'out'] as const, 'in', complaints);
  const language = wordOption('--lang', values.lang, LANGUAGES, 'en', complaints);
  const settings = configOption(values.config, complaints);
  const options: CheckOptions = {
    source: source ?? '-',
    ip,
    helo: values.helo,
    from,
    to,
    resolver: zoneOption(values.zone, complaints),
    nowMs: clock,
    direction,
    policy: policyOption(values.policy ?? settings.policy, complaints),
    language,
    isJson: values.json === true,
    hostname: settings.hostname,
    trustedSealers: new Set(settings.trustedSealers),
    // An engine over TCP is the network; --zone promises not to touch it.
    dns: settings.dns,
    clamd: values.zone !== undefined && settings.clamd?.address.kind === 'tcp' ? undefined : settings.clamd,
  };
  return complaints.length > 0 ? err(complaints) : ok({ kind: 'check', options });
}

function oneOf(value: string, isGood: boolean, name: string, what: string, complaints: string[]): string {
  if (!isGood) complaints.push(`${name} must be ${what}, not "${value}"`);
  return value;
}

function wordOption<T extends string>(
  name: string,
  value: string | undefined,
  known: readonly T[],
  fallback: T,
  complaints: string[],
): T {
  if (value === undefined) return fallback;
  const word = known.find((k) => k === value);
  if (word === undefined) complaints.push(`${name} must be one of ${known.join(', ')}, not "${value}"`);
  return word ?? fallback;
}

function addressOption(
  name: string,
  value: string | undefined,
  complaints: string[],
  mayBeNull: boolean,
): string | undefined {
  if (value === undefined) return undefined;
  const bare = value.replace(/^<(.*)>$/, '$1');
  const isNull = bare === '';
  if (isNull ? !mayBeNull : !/^[^@].*@[^@\s]+$/.test(bare) || /[\p{Cc}]/u.test(bare))
    complaints.push(`${name} must be an address like user@name.example, not "${value}"`);
  return bare;
}

function readTime(value: string, complaints: string[]): number {
  // RFC 3339 §5.6.
  const isForm = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/.test(value);
  const atMs = isForm ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(atMs)) complaints.push(`--now must be a time like 2026-06-02T12:00:00Z, not "${value}"`);
  return Number.isNaN(atMs) ? 0 : atMs;
}

function readText(name: string, file: string, complaints: string[]): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    // Not rethrown: a file that cannot be read is an expected outcome of a command.
    complaints.push(`${name} ${file}: ${(error as NodeJS.ErrnoException).code ?? 'cannot be read'}`);
    return undefined;
  }
}

function zoneOption(file: string | undefined, complaints: string[]): Resolver | undefined {
  const text = file === undefined ? undefined : readText('--zone', file, complaints);
  if (file === undefined || text === undefined) return undefined;
  const zone = parseZoneText(text);
  if (zone.ok) return zoneResolver(zone.value);
  complaints.push(...zone.error.map((c) => `--zone ${file}: ${c.at}: expected ${c.expected}`));
  return undefined;
}

function policyOption(file: string | undefined, complaints: string[]): Policy {
  const text = file === undefined ? undefined : readText('--policy', file, complaints);
  if (file === undefined || text === undefined) return defaultPolicy();
  const policy = parsePolicy(text, file);
  if (policy.ok) return policy.value;
  complaints.push(...policy.error);
  return defaultPolicy();
}

type Settings = Pick<CheckOptions, 'hostname' | 'clamd' | 'dns'> & {
  readonly policy: string | undefined;
  readonly trustedSealers: readonly string[];
};
/** Where no configuration is named: a name that belongs to nobody, and no engine. */
const NO_CONFIG: Settings = {
  hostname: 'gatehouse.invalid',
  clamd: undefined,
  dns: {},
  policy: undefined,
  trustedSealers: [],
};

/** What a configuration says that matters to one message; later sections of it may be absent. */
type Configured = {
  readonly hostname: string;
  readonly policy?: string | undefined;
  readonly authentication?: { readonly trustedSealers: readonly string[] };
};

function configOption(file: string | undefined, complaints: string[]): Settings {
  if (file === undefined) return NO_CONFIG;
  const config = readConfig({
    environment: {},
    flags: { '--config': file },
    workingDirectory: process.cwd(),
  });
  if (!config.ok) {
    complaints.push(...config.error.map((c) => `${c.at}: ${c.text}`));
    return NO_CONFIG;
  }
  const said: Configured = config.value;
  const engine = config.value.engines.clamav;
  return {
    hostname: said.hostname,
    dns: dnsOf(config.value),
    policy: said.policy,
    trustedSealers: said.authentication?.trustedSealers ?? [],
    clamd: engine === undefined ? undefined : { address: clamdAddress(engine), timeoutMs: engine.timeoutMs },
  };
}
