/**
 * The operator's log: one event per line, its name first, the rest as fields. JSON where a program reads it, one readable
 * line where a person does. Secrets never reach it: fields with a secret's name are struck out at any depth that is logged.
 *
 * What happened to a message belongs into the audit log and tracking; this log is for running the thing.
 */
import pino from 'pino';
import { errorChain } from '#core/errors.ts';

export type LogFields = Readonly<Record<string, unknown>>;
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export type Logger = {
  /** `what` is a constant phrase one can search for; everything that varies goes into `fields`. */
  readonly debug: (what: string, fields?: LogFields) => void;
  readonly info: (what: string, fields?: LogFields) => void;
  readonly warn: (what: string, fields?: LogFields) => void;
  readonly error: (what: string, fields?: LogFields) => void;
  /** A logger that adds `fields` to each of its lines. */
  readonly child: (fields: LogFields) => Logger;
};

export type LogOptions = {
  readonly level: LogLevel;
  /** One readable line per event instead of JSON. */
  readonly readable: boolean;
  readonly destination: { readonly write: (line: string) => void };
};

const SECRET = /pass(word|phrase)?$|secret|token|^authorization$|^cookie$|private|credential|^key$/i;
const MAX_DEPTH = 3;

/** Opens the log on a stream; without one, on standard error, readable when that is a terminal. */
export function openLog(options: Partial<LogOptions> = {}): Logger {
  const readable = options.readable ?? (options.destination === undefined && process.stderr.isTTY);
  const out = options.destination ?? pino.destination({ dest: 2, sync: true });
  const root = pino(
    {
      level: options.level ?? 'info',
      base: null,
      messageKey: 'what',
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    readable ? { write: (line) => out.write(readableLine(line)) } : out,
  );
  return wrap(root);
}

export const silentLog: Logger = openLog({ level: 'silent', destination: { write: () => {} } });

function wrap(inner: pino.Logger): Logger {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (what: string, fields?: LogFields): void => {
      if (inner.isLevelEnabled(level)) inner[level](fields === undefined ? {} : clean(fields, 0), what);
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => wrap(inner.child(clean(fields, 0))),
  };
}

/** A copy fit for the log: errors as their chain, bytes as their length, secrets struck out, bounded in depth. */
function clean(fields: LogFields, depth: number): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    out[name] = SECRET.test(name) ? '[secret]' : cleanValue(value, depth);
  }
  return out;
}

function cleanValue(value: unknown, depth: number): unknown {
  if (value instanceof Error) return errorChain(value);
  if (value instanceof Uint8Array) return `[${value.length} bytes]`;
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[…]';
  if (Array.isArray(value)) return value.slice(0, 50).map((v) => cleanValue(v, depth + 1));
  return clean(value as LogFields, depth + 1);
}

const LEVELS: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info ', 40: 'WARN ', 50: 'ERROR' };

/** `12:00:01 info  listening  port=2525 host=127.0.0.1`; control characters cannot forge a second line. */
function readableLine(json: string): string {
  const { time, level, what, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const rest = Object.entries(fields).map(
    ([k, v]) => `${k}=${typeof v === 'string' ? word(v) : JSON.stringify(v)}`,
  );
  const clock = String(time).slice(11, 19);
  return `${clock} ${LEVELS[Number(level)] ?? String(level)} ${plain(String(what))}${rest.length > 0 ? `  ${rest.join(' ')}` : ''}\n`;
}

const word = (text: string): string => (/^[\w@./:+[\]-]+$/.test(text) ? text : JSON.stringify(text));
const plain = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '\u{fffd}');
