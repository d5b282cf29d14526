/**
 * What an operator may set about a listener, with unit, default and a help sentence for each field. The YAML reader, the
 * sample configuration and the docs are made from `listenerFields`; `listenerDefaults` fills what was left out.
 */
import type { ListenerKind } from '#mail/envelope.ts';

export type TlsMode = 'off' | 'starttls' | 'required' | 'implicit';
export type AdmissionMethod = 'password' | 'certificate' | 'network';

/** A DNS list and what its answers mean. */
export type DnsblList = {
  readonly zone: string;
  /** Added for any answer in 127.0.0.0/8 when `codes` is empty; may be negative for an allow list. */
  readonly weight: number;
  /** An answer counts with the weight of each code where `answer & mask` equals `value & mask`. */
  readonly codes: readonly { readonly value: string; readonly mask: string; readonly weight: number }[];
};

export type ListenerConfig = {
  readonly name: string;
  readonly kind: ListenerKind;
  readonly host: string;
  readonly port: number;
  readonly hostname: string;
  readonly tls: TlsMode;
  readonly tlsCertFile: string | undefined;
  readonly tlsKeyFile: string | undefined;
  readonly tlsClientCaFile: string | undefined;
  readonly tlsClientCertificates: 'off' | 'optional';
  readonly tlsGroups: string;
  readonly admit: readonly AdmissionMethod[];
  readonly proxyFrom: readonly string[];
  readonly xclientFrom: readonly string[];
  readonly bareNewlines: 'reject' | 'normalise';
  readonly earlyTalkers: 'reject' | 'note';
  readonly greetingDelayMs: number;
  readonly chunking: boolean;
  readonly binaryMime: boolean;
  readonly maxMessageBytes: number;
  readonly maxHeaderBytes: number;
  readonly memoryBytes: number;
  readonly maxRecipients: number;
  readonly maxErrors: number;
  readonly maxRefusedRecipients: number;
  readonly maxIdleCommands: number;
  readonly maxMessagesPerConnection: number;
  readonly maxAuthFailures: number;
  readonly maxReceivedFields: number;
  readonly maxOwnReceivedFields: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerNetwork: number;
  readonly connectionsPerMinute: number;
  readonly messagesPerMinute: number;
  readonly recipientsPerMinute: number;
  readonly errorsPerHour: number;
  readonly unknownRecipientsPerHour: number;
  readonly banMs: number;
  readonly limitExempt: readonly string[];
  readonly tarpitMs: number;
  readonly maxTarpitMs: number;
  readonly commandTimeoutMs: number;
  readonly dataTimeoutMs: number;
  readonly messageTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
  readonly lookupTimeoutMs: number;
  readonly shutdownTimeoutMs: number;
  readonly dnsbl: readonly DnsblList[];
  readonly dnsblRefuseScore: number;
  readonly greylistScore: number;
};

export type FieldDoc = {
  readonly unit: 'ms' | 'bytes' | 'count' | 'score' | 'none';
  readonly help: string;
};

/** Unit and help of every field; the default is in `listenerDefaults`, which depends on the kind. */
export const listenerFields = {
  name: { unit: 'none', help: 'Name of the listener in logs, metrics and policy.' },
  kind: {
    unit: 'none',
    help: 'mx takes strangers’ mail in, submission people’s mail out, relay servers’ mail.',
  },
  host: { unit: 'none', help: 'Address to listen on; :: is every address.' },
  port: { unit: 'none', help: 'TCP port; 0 takes a free one.' },
  hostname: { unit: 'none', help: 'Our name in the greeting, in EHLO and in Received fields.' },
  tls: {
    unit: 'none',
    help: 'off, starttls (offered), required (nothing before it), implicit (from the first byte).',
  },
  tlsCertFile: { unit: 'none', help: 'PEM file with the certificate and its chain.' },
  tlsKeyFile: { unit: 'none', help: 'PEM file with the private key.' },
  tlsClientCaFile: {
    unit: 'none',
    help: 'PEM file with the anchors that client certificates are trusted by.',
  },
  tlsClientCertificates: { unit: 'none', help: 'Whether a client certificate is asked for.' },
  tlsGroups: {
    unit: 'none',
    help: 'Key exchange groups in order; those OpenSSL does not know are left out.',
  },
  admit: {
    unit: 'none',
    help: 'By what a client may become a known sender here: password, certificate, network.',
  },
  proxyFrom: {
    unit: 'none',
    help: 'Addresses of load balancers; they must begin with a PROXY protocol header.',
  },
  xclientFrom: { unit: 'none', help: 'Addresses of proxies whose XCLIENT is believed.' },
  bareNewlines: {
    unit: 'none',
    help: 'Bare CR, bare LF and NUL in content: reject, or normalise for broken clients.',
  },
  earlyTalkers: {
    unit: 'none',
    help: 'Clients that talk before the greeting: reject, or note as a finding.',
  },
  greetingDelayMs: {
    unit: 'ms',
    help: 'How long the greeting waits, so that early talkers show themselves.',
  },
  chunking: { unit: 'none', help: 'Whether CHUNKING (BDAT) is offered.' },
  binaryMime: { unit: 'none', help: 'Whether BINARYMIME is offered; every next hop must then offer it too.' },
  maxMessageBytes: { unit: 'bytes', help: 'Largest message.' },
  maxHeaderBytes: { unit: 'bytes', help: 'Largest header section of a message.' },
  memoryBytes: {
    unit: 'bytes',
    help: 'Messages up to this size are kept in memory besides on disk until decided.',
  },
  maxRecipients: { unit: 'count', help: 'Recipients of one message; at least 100 by RFC 5321.' },
  maxErrors: { unit: 'count', help: 'Wrong commands before the connection is closed.' },
  maxRefusedRecipients: { unit: 'count', help: 'Refused recipients before the connection is closed.' },
  maxIdleCommands: { unit: 'count', help: 'Commands that bring no message before the connection is closed.' },
  maxMessagesPerConnection: { unit: 'count', help: 'Messages before the client must connect again.' },
  maxAuthFailures: { unit: 'count', help: 'Failed AUTH before the connection is closed.' },
  maxReceivedFields: { unit: 'count', help: 'Received fields from which on a message is taken to loop.' },
  maxOwnReceivedFields: {
    unit: 'count',
    help: 'Received fields with our hostname from which on it is taken to loop.',
  },
  maxConnections: { unit: 'count', help: 'Connections of this listener at once.' },
  maxConnectionsPerNetwork: { unit: 'count', help: 'Connections at once from one /24 or /64.' },
  connectionsPerMinute: {
    unit: 'count',
    help: 'New connections a minute from one /24 or /64; 0 is no limit.',
  },
  messagesPerMinute: { unit: 'count', help: 'Messages a minute from one /24 or /64; 0 is no limit.' },
  recipientsPerMinute: { unit: 'count', help: 'Recipients a minute from one /24 or /64; 0 is no limit.' },
  errorsPerHour: {
    unit: 'count',
    help: 'Wrong commands and failed AUTH an hour before the network is banned; 0 is never.',
  },
  unknownRecipientsPerHour: {
    unit: 'count',
    help: 'Unknown recipients an hour before the network is banned; 0 is never.',
  },
  banMs: { unit: 'ms', help: 'How long a ban lasts.' },
  limitExempt: { unit: 'none', help: 'Networks that the limits and bans do not apply to.' },
  tarpitMs: { unit: 'ms', help: 'Delay of each refusal, times the refusals so far; 0 is none.' },
  maxTarpitMs: { unit: 'ms', help: 'Longest such delay.' },
  commandTimeoutMs: { unit: 'ms', help: 'Wait for a whole command (RFC 5321 asks for 5 minutes).' },
  dataTimeoutMs: { unit: 'ms', help: 'Wait for the next piece of content (RFC 5321 asks for 3 minutes).' },
  messageTimeoutMs: { unit: 'ms', help: 'Longest time for the content of one message.' },
  handshakeTimeoutMs: { unit: 'ms', help: 'Longest TLS handshake or PROXY header.' },
  lookupTimeoutMs: { unit: 'ms', help: 'Longest wait for the client’s name and DNS lists.' },
  shutdownTimeoutMs: { unit: 'ms', help: 'How long running messages may go on when we stop.' },
  dnsbl: { unit: 'none', help: 'DNS lists asked about the client’s address, with weights.' },
  dnsblRefuseScore: {
    unit: 'score',
    help: 'DNS list score from which on recipients are refused; 0 never refuses.',
  },
  greylistScore: {
    unit: 'score',
    help: 'Score from which on an unknown client must try again; 0 is no greylisting.',
  },
} as const satisfies Record<keyof ListenerConfig, FieldDoc>;

const MINUTE_MS = 60_000;

const COMMON: ListenerConfig = {
  name: 'mx',
  kind: 'mx',
  host: '::',
  port: 2525,
  hostname: 'localhost',
  tls: 'starttls',
  tlsCertFile: undefined,
  tlsKeyFile: undefined,
  tlsClientCaFile: undefined,
  tlsClientCertificates: 'optional',
  tlsGroups: 'X25519MLKEM768:X25519:P-256:P-384',
  admit: ['certificate', 'network'],
  proxyFrom: [],
  xclientFrom: [],
  bareNewlines: 'reject',
  earlyTalkers: 'reject',
  greetingDelayMs: 0,
  chunking: true,
  binaryMime: false,
  maxMessageBytes: 50 * 1024 * 1024,
  maxHeaderBytes: 256 * 1024,
  memoryBytes: 256 * 1024,
  maxRecipients: 1000,
  maxErrors: 10,
  maxRefusedRecipients: 50,
  maxIdleCommands: 100,
  maxMessagesPerConnection: 1000,
  maxAuthFailures: 3,
  maxReceivedFields: 50,
  maxOwnReceivedFields: 5,
  maxConnections: 1000,
  maxConnectionsPerNetwork: 50,
  connectionsPerMinute: 600,
  messagesPerMinute: 3000,
  recipientsPerMinute: 6000,
  errorsPerHour: 300,
  unknownRecipientsPerHour: 100,
  banMs: 60 * MINUTE_MS,
  limitExempt: ['127.0.0.0/8', '::1/128'],
  tarpitMs: 500,
  maxTarpitMs: 10_000,
  commandTimeoutMs: 5 * MINUTE_MS, // RFC 5321 §4.5.3.2.7
  dataTimeoutMs: 3 * MINUTE_MS, // RFC 5321 §4.5.3.2.5
  messageTimeoutMs: 30 * MINUTE_MS,
  handshakeTimeoutMs: 30_000,
  lookupTimeoutMs: 5_000,
  shutdownTimeoutMs: 20_000,
  dnsbl: [],
  dnsblRefuseScore: 0,
  greylistScore: 0,
};

/** The defaults for a kind of listener; an operator's fields are laid over them. */
export function listenerDefaults(kind: ListenerKind): ListenerConfig {
  if (kind === 'mx') return COMMON;
  if (kind === 'relay')
    return { ...COMMON, name: 'relay', kind, port: 2526, earlyTalkers: 'note', tarpitMs: 0 };
  return {
    ...COMMON,
    name: 'submission',
    kind,
    port: 2587,
    tls: 'required',
    admit: ['password', 'certificate'],
    earlyTalkers: 'note',
    maxConnectionsPerNetwork: 200,
  };
}
