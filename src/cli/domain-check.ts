/** `gatehouse domain check NAME`: what DNS says about a domain today, and what it should say. */
import { readFileSync } from 'node:fs';
import { complaintText } from '#core/complaint.ts';
import { ConfigError } from '#core/errors.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { DomainCheck, RecordToPublish } from '#mail/directory/check-lines.ts';
import { checkDomain, type OurSide } from '#mail/directory/domain-check.ts';
import { listDkimKeys } from '#mail/signing/dkim-keys.ts';
import { txtStrings } from '#mail/signing/key-acts.ts';
import { createWireResolver, type WireResolver } from '#platform/dns/resolver.ts';
import { toAsciiDomain } from '#protocol/address/domain.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import { zoneResolver } from '#protocol/dns/zone-resolver.ts';
import { parseZoneText } from '#protocol/dns/zone-text.ts';
import { type Config, readConfig } from '../config.ts';
import { dnsOf } from '../config-dns.ts';
import { ourTlsKeys } from '../tls-keys.ts';
import type { CliContext } from './context.ts';
import { print, usage, withTenant, type Arguments, type Verb } from './subcommands.ts';

export const domainCheckVerb: Verb = {
  summary: 'Say what is right and wrong in DNS for a domain, and what to publish.',
  positionals: ['NAME'],
  flags: {
    zone: {
      type: 'string',
      value: 'FILE',
      help: 'Ask this zone file instead of DNS; nothing touches the network.',
    },
    hostname: {
      type: 'string',
      value: 'NAME',
      help: 'The name of this gateway; left out: of the configuration.',
    },
    address: {
      type: 'string',
      multiple: true,
      value: 'IP',
      help: 'Our public address; may repeat. Left out: what the hostname resolves to.',
    },
    now: { type: 'string', value: 'TIME', help: 'The time to use, RFC 3339.' },
  },
  run: async (args, context) => {
    const domain = toAsciiDomain(args.positionals[0] ?? '');
    if (domain === undefined)
      return usage(context, 'domain check', `"${args.positionals[0]}" is no domain name`);
    const nowMs = args.text('now') === undefined ? Date.now() : Date.parse(args.text('now') ?? '');
    if (Number.isNaN(nowMs))
      return usage(context, 'domain check', '--now is no time as in 2026-11-21T12:00:00Z');
    const config = configOf(context);
    const host = toAsciiDomain(args.text('hostname') ?? config.hostname);
    if (host === undefined)
      return usage(context, 'domain check', `--hostname: "${args.text('hostname')}" is no host name`);
    const zone = args.text('zone');
    const resolver: Resolver & Partial<Disposable> = zone === undefined ? resolverOf(config) : readZone(zone);
    const ours: OurSide = {
      hostname: host,
      addresses: args.texts('address'),
      dkim: await ourKeys(args, context, domain),
      tlsa: ourTlsKeys(config),
      fetchStsPolicy: zone === undefined ? fetchStsPolicy : undefined,
      nowMs,
    };
    const check = await checkDomain(domain, ours, resolver);
    resolver[Symbol.dispose]?.();
    print(context, args, check, checkText(check));
    return check.lines.some((l) => l.outcome === 'bad') ? 1 : 0;
  },
};

function configOf(context: CliContext): Config {
  const config = readConfig({
    environment: process.env,
    flags: context.globals,
    workingDirectory: process.cwd(),
  });
  if (!config.ok) throw new ConfigError(config.error.map(complaintText));
  return config.value;
}

/** The resolvers that the gateway asks, too: what they do not see, it does not see. */
function resolverOf(config: Config): WireResolver {
  return createWireResolver(dnsOf(config));
}

function readZone(file: string): Resolver {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError([`--zone: ${file} cannot be read`], { cause: error });
  }
  const zone = parseZoneText(text);
  if (!zone.ok) throw new ConfigError(zone.error.map((c) => `${file}: ${c.at}: expected ${c.expected}`));
  return zoneResolver(zone.value);
}

/** Our keys are in the database; offline, or without an installation, there are none to compare with. */
async function ourKeys(args: Arguments, context: CliContext, domain: string): Promise<OurSide['dkim']> {
  if (args.text('zone') !== undefined) return [];
  return await withTenant(args, context, async (db, tenant) => {
    const keys = await listDkimKeys(db, tenant, domain);
    return keys.filter((k) => k.state === 'published' || k.state === 'signing');
  });
}

const POLICY_MS = 10_000;
const MAX_POLICY_BYTES = 65_536;

/** RFC 8461 §3.3: over HTTPS with a certificate for the name, and no redirect is followed. */
async function fetchStsPolicy(domain: string): Promise<Result<string, string>> {
  try {
    const reply = await fetch(`https://mta-sts.${domain}/.well-known/mta-sts.txt`, {
      redirect: 'error',
      signal: AbortSignal.timeout(POLICY_MS),
    });
    if (reply.status !== 200) return err(`the server answers ${reply.status}`);
    const bytes = new Uint8Array(await reply.arrayBuffer());
    if (bytes.length > MAX_POLICY_BYTES) return err('it is larger than 64 KiB');
    return ok(new TextDecoder().decode(bytes));
  } catch (error) {
    // Whatever keeps us from fetching it keeps others from it, too; the reason is told.
    return err(error instanceof Error ? error.message : String(error));
  }
}

/** A line of a zone file that can be pasted; what only a person can fill in is a comment. */
function publishLine(p: RecordToPublish): string {
  const value = p.type === 'TXT' ? txtStrings(p.value) : p.value;
  const line = `${p.name}.  ${p.type}  ${value}`;
  return p.isAdvice === true ? `; ${line}` : line;
}

const MARKS = { good: '✔', warning: '!', bad: '✖', unknown: '?' } as const;

function checkText(check: DomainCheck): string {
  const lines = check.lines.map((l) => `${MARKS[l.outcome]} ${l.area.padEnd(8)} ${l.text}`);
  const publish = check.publish.map(publishLine);
  const head = publish.length === 0 ? [] : ['', 'To publish:', ...publish];
  return `${[check.domain, ...lines, ...head].join('\n')}\n`;
}
