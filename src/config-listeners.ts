/** Where mail comes in. The rules of a listener belong to mail/receive; here they meet the rest of the configuration. */
import { z } from 'zod';
import { parseNetwork } from '#core/ip.ts';
import { hostName, path, port } from '#platform/config/sections.ts';
import { listenerDefaults, listenerFields, type ListenerConfig } from '#mail/receive/config.ts';

const network = z
  .string()
  .refine((text) => parseNetwork(text) !== undefined, 'must be an address or a network like 192.0.2.0/24');
const networks = z.array(network).max(1000);
const count = z.int().min(0).max(10_000_000);
const atLeastOne = z.int().min(1).max(10_000_000);
const bytes = z
  .int()
  .min(1024)
  .max(2 ** 31);
const ms = z.int().min(0).max(86_400_000);
const score = z.number().min(-1000).max(1000);
const octets = z.union([z.ipv4()], { error: 'must be an answer like 127.0.0.2' });

const dnsbl = z.strictObject({
  zone: hostName.describe('Zone of the list.'),
  weight: score.describe(
    'Points for any answer in 127.0.0.0/8 where `codes` is empty; negative for an allow list.',
  ),
  codes: z
    .array(z.strictObject({ value: octets, mask: octets.default('255.255.255.255'), weight: score }))
    .default([])
    .describe('Points by answer: those of each code where `answer & mask` equals `value & mask`.'),
});

const listener = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be a short name of lower-case letters, digits and hyphens')
    .describe('Its name in logs, findings and policy.'),
  kind: z
    .enum(['mx', 'submission', 'relay'])
    .describe(
      "Strangers' mail in (`mx`), our people's mail out (`submission`), our own servers' mail through (`relay`).",
    ),
  host: z
    .union([z.ipv4(), z.ipv6()], { error: 'must be an IP address' })
    .default('127.0.0.1')
    .describe('Address to listen on.'),
  port: port.describe('Port to listen on; 0 takes a free one.'),
  ...described({
    hostname: hostName,
    tls: z.enum(['off', 'starttls', 'required', 'implicit']),
    tlsCertFile: path,
    tlsKeyFile: path,
    tlsClientCaFile: path,
    tlsClientCertificates: z.enum(['off', 'optional']),
    tlsGroups: z.string().regex(/^[\w-]+(:[\w-]+)*$/, 'must be group names joined by colons'),
    admit: z.array(z.enum(['password', 'certificate', 'network'])),
    proxyFrom: networks,
    xclientFrom: networks,
    bareNewlines: z.enum(['reject', 'normalise']),
    earlyTalkers: z.enum(['reject', 'note']),
    greetingDelayMs: ms,
    chunking: z.boolean(),
    binaryMime: z.boolean(),
    maxMessageBytes: bytes,
    maxHeaderBytes: bytes,
    memoryBytes: bytes,
    maxRecipients: z.int().min(100, 'must be at least 100 (RFC 5321 §4.5.3.1.8)').max(100_000),
    maxErrors: atLeastOne,
    maxRefusedRecipients: atLeastOne,
    maxIdleCommands: atLeastOne,
    maxMessagesPerConnection: atLeastOne,
    maxAuthFailures: atLeastOne,
    maxReceivedFields: atLeastOne,
    maxOwnReceivedFields: atLeastOne,
    maxConnections: atLeastOne,
    maxConnectionsPerNetwork: atLeastOne,
    connectionsPerMinute: count,
    messagesPerMinute: count,
    recipientsPerMinute: count,
    errorsPerHour: count,
    unknownRecipientsPerHour: count,
    banMs: ms,
    limitExempt: networks,
    tarpitMs: ms,
    maxTarpitMs: ms,
    commandTimeoutMs: ms,
    dataTimeoutMs: ms,
    messageTimeoutMs: ms,
    handshakeTimeoutMs: ms,
    lookupTimeoutMs: ms,
    shutdownTimeoutMs: ms,
    dnsbl: z.array(dnsbl).max(50),
    dnsblRefuseScore: score,
    greylistScore: score,
  }),
});
type Listener = z.output<typeof listener>;

type Optional<S extends Record<string, z.ZodType>> = { [K in keyof S]: z.ZodOptional<S[K]> };

/** Each field optional, with the help and the default that mail/receive gives it. */
function described<S extends Record<string, z.ZodType>>(shape: S): Optional<S> {
  const defaults = listenerDefaults('mx');
  const entries = Object.entries(shape).map(([name, schema]) => {
    const key = name as keyof ListenerConfig; // listenerFields below is the list of them, and a test walks it
    const preset = JSON.stringify(defaults[key]);
    const help = `${listenerFields[key].help}${preset === undefined ? '' : ` Default for mx: ${preset}.`}`;
    return [name, schema.optional().describe(help)] as const;
  });
  return Object.fromEntries(entries) as Optional<S>; // the same keys, each made optional
}

export const DEFAULT_LISTENERS: Readonly<Record<'mx' | 'submission' | 'relay', Listener>> = {
  mx: { name: 'mx', kind: 'mx', host: '127.0.0.1', port: 2525 },
  submission: { name: 'submission', kind: 'submission', host: '127.0.0.1', port: 2587 },
  relay: { name: 'relay', kind: 'relay', host: '127.0.0.1', port: 2526 },
};

export const listenersSection = z
  .array(listener)
  .max(64)
  .default([DEFAULT_LISTENERS.mx, DEFAULT_LISTENERS.submission])
  .describe('The SMTP listeners. Default: `mx` on port 2525 and `submission` on 2587, both on loopback.');

/** The listener with everything its operator left out. */
export function completeListener(given: Listener, hostname: string): ListenerConfig {
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...listenerDefaults(given.kind), hostname, ...said };
}
