/**
 * Syslog messages as bytes: RFC 5424, framed for a stream by counting octets (RFC 6587 §3.4.1, RFC 5425 §4.3). Encoding only.
 *
 * Whatever the fields hold, the message is one message: header fields are cut to printable ASCII, values of structured data
 * are escaped, control characters in the text become spaces, and nothing is longer than its limit.
 */
import { concat, fromUtf8 } from '#core/bytes.ts';

export type Severity = 'alert' | 'error' | 'warning' | 'notice' | 'informational';
/** RFC 5424 §6.2.1. */
const SEVERITIES: Readonly<Record<Severity, number>> = {
  alert: 1,
  error: 3,
  warning: 4,
  notice: 5,
  informational: 6,
};
/** RFC 5424 §6.2.1: log audit. */
const AUDIT_FACILITY = 13;

export type StructuredData = {
  /** `name@enterprise`, RFC 5424 §6.3.2. */
  readonly id: string;
  readonly params: Readonly<Record<string, string>>;
};
export type SyslogMessage = {
  readonly severity: Severity;
  /** RFC 3339 in UTC; at most microseconds (RFC 5424 §6.2.3). */
  readonly at: string;
  readonly hostname: string;
  readonly appName: string;
  readonly procId: string;
  /** RFC 5424 §6.2.7: what kind of message it is. */
  readonly msgId: string;
  readonly data: readonly StructuredData[];
  readonly text: string;
};

/** RFC 5425 §4.3.1: receivers should take 8192 octets; what is cut away says so. */
export const MAX_MESSAGE_BYTES = 8192;
const MAX_VALUE_CHARS = 1024;
const BOM = Uint8Array.of(0xef, 0xbb, 0xbf);

export function encodeMessage(m: SyslogMessage): Uint8Array {
  const priority = AUDIT_FACILITY * 8 + SEVERITIES[m.severity];
  const header = [
    `<${priority}>1`,
    isTimestamp(m.at) ? m.at : '-',
    field(m.hostname, 255),
    field(m.appName, 48),
    field(m.procId, 128),
    field(m.msgId, 32),
    m.data.length === 0 ? '-' : m.data.map(element).join(''),
  ].join(' ');
  const head = fromUtf8(`${header} `);
  // RFC 5424 §6.4: text in UTF-8 says so with a byte order mark.
  const text = fromUtf8(oneLine(m.text));
  const room = MAX_MESSAGE_BYTES - head.length - BOM.length;
  return concat([head, BOM, text.length <= room ? text : cut(text, room)]);
}

/** RFC 6587 §3.4.1: the length, a space, the message. */
export function frame(message: Uint8Array): Uint8Array {
  return concat([fromUtf8(`${message.length} `), message]);
}

/** RFC 5424 §6.2: header fields are printable ASCII without spaces, `-` where there is nothing. */
function field(text: string, max: number): string {
  const clean = text.replaceAll(/[^\x21-\x7e]/g, '_').slice(0, max);
  return clean === '' ? '-' : clean;
}

const isTimestamp = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$/.test(text);

function element({ id, params }: StructuredData): string {
  const pairs = Object.entries(params).map(([name, value]) => ` ${sdName(name)}="${escaped(value)}"`);
  return `[${sdName(id)}${pairs.join('')}]`;
}

/** RFC 5424 §6.3.3: a name holds none of `=`, space, `]`, `"`. */
const sdName = (name: string): string => name.replaceAll(/[^\x21-\x7e]|[=\]"]/g, '_').slice(0, 32);

/** RFC 5424 §6.3.3: `"`, `\` and `]` are escaped with a backslash. */
function escaped(value: string): string {
  return oneLine(value)
    .slice(0, MAX_VALUE_CHARS)
    .toWellFormed()
    .replaceAll(/["\\\]]/g, '\\$&');
}

const oneLine = (text: string): string => text.replaceAll(/\p{Cc}/gu, ' ').toWellFormed();

const CUT = fromUtf8(' [cut]');

/** Cut between characters: a continuation byte is 10xxxxxx. */
function cut(text: Uint8Array, room: number): Uint8Array {
  let end = Math.max(0, room - CUT.length);
  while (end > 0 && (text[end]! & 0xc0) === 0x80) end--; // `!`: end is below text.length
  return concat([text.subarray(0, end), CUT]);
}
