/**
 * `gatehouse check`: the whole pipeline on one message, without an installation. It runs the same stations as the gateway;
 * nothing is kept and nothing is sent.
 */
import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { newId, type MessageId, type TenantId } from '#core/id.ts';
import { err, ok, type Result } from '#core/result.ts';
import { authenticationResults } from '#mail/act/authentication-results.ts';
import { decide } from '#mail/decide/decide.ts';
import type { Envelope } from '#mail/envelope.ts';
import { createAuthenticate } from '#mail/inspect/authenticate.ts';
import { CHECKS } from '#mail/inspect/checks.ts';
import { fromMailFile, readMessage } from '#mail/inspect/offline.ts';
import { inspect } from '#mail/inspect/run-checks.ts';
import { confirmedName } from '#mail/receive/client-name.ts';
import type { SpooledMessage } from '#mail/spooled.ts';
import { createClamd } from '#platform/clamd.ts';
import { createWireResolver } from '#platform/dns/resolver.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import { fieldLatin1, fieldsNamed } from '#protocol/message/header.ts';
import { checkSpf } from './check-spf.ts';
import { CHECK_USAGE, readCheckOptions, type CheckOptions } from './check-options.ts';
import { reportJson, reportText, type CheckReport } from './check-report.ts';
import type { CliContext } from './context.ts';
import { plain } from './subcommands.ts';

/** The tenant of a message that belongs to no installation. */
const NOBODY = '00000000-0000-7000-8000-000000000000' as TenantId;
const MAX_FILE_BYTES = 256 * 1024 * 1024;
const MAX_SCAN_BYTES = 100 * 1024 * 1024;

export async function run(
  args: readonly string[],
  context: Pick<CliContext, 'stdout' | 'stderr'>,
): Promise<number> {
  const order = readCheckOptions(args, Date.now());
  if (!order.ok) return complain(context, order.error);
  if (order.value.kind === 'help') {
    context.stdout(CHECK_USAGE);
    return 0;
  }
  if (order.value.kind === 'spf')
    return await checkSpf(order.value.source, context.stdout, order.value.nowMs);
  const { options } = order.value;
  const startedMs = performance.now();
  const file = await readFile(options.source);
  if (!file.ok) return complain(context, [file.error]);
  const { bytes, notes } = fromMailFile(file.value);
  const message = readMessage(bytes);
  const readUs = Math.round((performance.now() - startedMs) * 1000);
  using wire = options.resolver === undefined ? createWireResolver(options.dns) : undefined;
  const resolver = options.resolver ?? wire!; // `!`: made above where no zone was given
  const report = await judge(options, message, resolver, context, { notes, readUs });
  context.stdout(options.isJson ? reportJson(report) : reportText(report, options.language));
  return report.verdict.recipients.every((r) => r.action === 'accept' || r.action === 'tag') ? 0 : 1;
}

function complain(context: Pick<CliContext, 'stderr'>, complaints: readonly string[]): number {
  for (const c of complaints) context.stderr(`gatehouse check: ${plain(c)}\n`);
  context.stderr('"gatehouse check --help" tells more.\n');
  return 2;
}

async function readFile(source: string): Promise<Result<Uint8Array, string>> {
  try {
    const bytes = source === '-' ? await buffer(process.stdin) : readFileSync(source);
    return bytes.length > MAX_FILE_BYTES ? err(`${source}: larger than ${MAX_FILE_BYTES} bytes`) : ok(bytes);
  } catch (error) {
    // Not rethrown: a file that cannot be read is an expected outcome of a command.
    return err(`${source}: ${(error as NodeJS.ErrnoException).code ?? 'cannot be read'}`);
  }
}

async function judge(
  options: CheckOptions,
  message: SpooledMessage,
  resolver: Resolver,
  context: Pick<CliContext, 'stderr'>,
  read: Pick<CheckReport, 'notes' | 'readUs'>,
): Promise<CheckReport> {
  const envelope = await envelopeOf(options, message, resolver);
  const onCrash = (check: string, reason: string): void =>
    context.stderr(`gatehouse check: ${check} crashed: ${reason}\n`);
  const inspector = { checks: CHECKS, authenticate: createAuthenticate(onCrash), onCrash };
  const clamd =
    options.clamd && createClamd({ ...options.clamd, maxConcurrent: 1, maxBytes: MAX_SCAN_BYTES });
  const { findings, auth } = await inspect(inspector, envelope, message, {
    resolver,
    clock: () => options.nowMs,
    hostname: options.hostname,
    clamd,
    trustedSealers: options.trustedSealers,
    dnsbl: [],
  });
  const decidingMs = performance.now();
  const verdict = decide(options.policy, envelope, findings);
  const decideUs = Math.round((performance.now() - decidingMs) * 1000);
  const results = authenticationResults(options.hostname, envelope, findings);
  return {
    envelope,
    message,
    auth,
    findings,
    verdict,
    authenticationResults: results,
    decideUs,
    language: options.language,
    ...read,
  };
}

async function envelopeOf(
  options: CheckOptions,
  message: SpooledMessage,
  resolver: Resolver,
): Promise<Envelope> {
  const to = options.to.length > 0 ? options.to : [`postmaster@${options.hostname}`];
  const isOut = options.direction === 'out';
  return {
    id: newId<'message'>(options.nowMs) satisfies MessageId,
    tenant: NOBODY,
    direction: options.direction,
    listener: isOut ? { name: 'submission', kind: 'submission' } : { name: 'mx', kind: 'mx' },
    receivedAtMs: options.nowMs,
    peer: {
      ip: options.ip ?? '',
      port: 0,
      name: options.ip === undefined || isOut ? undefined : await confirmedName(resolver, options.ip),
    },
    helo: options.helo ?? '',
    protocol: 'ESMTP',
    tls: undefined,
    auth: isOut ? { method: 'network', who: 'check' } : undefined,
    mailFrom: options.from ?? returnPath(message),
    // A file does not say; eight bits in it are no fault of its sender.
    body: '8BITMIME',
    smtpUtf8: false,
    requireTls: false,
    ret: undefined,
    envid: undefined,
    recipients: to.map((address) => ({
      address,
      domain: address.slice(address.lastIndexOf('@') + 1).toLowerCase(),
      notify: undefined,
      orcpt: undefined,
    })),
  };
}

/** A delivered message carries its envelope sender (RFC 5321 §4.4); empty where it does not. */
function returnPath(message: SpooledMessage): string {
  const [field] = fieldsNamed(message.header, 'return-path');
  if (field === undefined) return '';
  return /^<([^<>\s]*)>$/.exec(fieldLatin1(message.header, field))?.[1] ?? '';
}
