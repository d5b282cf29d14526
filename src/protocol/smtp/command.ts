/**
 * A command line taken apart: verb and argument, then for MAIL and RCPT the path and its parameters (RFC 5321 §4.1.1).
 * Bytes that are not UTF-8 or carry control characters are no command (RFC 6531 §3.4).
 */
import { err, ok, type Result } from '#core/result.ts';
import { parsePath, type Mailbox } from './path.ts';

export type Command = { readonly verb: string; readonly argument: string };

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Splits a line into its verb, in upper case, and what follows it; `undefined` when the bytes are no text. */
export function parseCommand(line: Uint8Array): Command | undefined {
  let text: string;
  try {
    text = strictUtf8.decode(line);
  } catch {
    return undefined; // not UTF-8: the caller answers with a syntax error
  }
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text)) return undefined;
  const space = text.indexOf(' ');
  if (space === -1) return { verb: text.toUpperCase(), argument: '' };
  return { verb: text.slice(0, space).toUpperCase(), argument: text.slice(space + 1).trim() };
}

export type PathArgument = {
  readonly mailbox: Mailbox;
  /** Keyword in upper case → value; `undefined` for a keyword without one. */
  readonly parameters: ReadonlyMap<string, string | undefined>;
};

/** RFC 5321 §4.5.3.1 leaves the number of parameters open; ours has eight, so more is noise. */
const MAX_PARAMETERS = 16;
const PARAMETER = /^([A-Za-z0-9][A-Za-z0-9-]{0,63})(?:=([\u0021-\u003c\u003e-\u007e\u0080-\u{10ffff}]+))?$/u;

export type PathError = { readonly kind: 'syntax' | 'address' | 'parameter'; readonly text: string };

/**
 * Reads `FROM:<path> params` or `TO:<path> params`. White space after the colon is common enough to be taken; a missing
 * bracket is not, since where the address ends is then a guess.
 */
export function parsePathArgument(argument: string, keyword: 'FROM' | 'TO'): Result<PathArgument, PathError> {
  const head = argument.slice(0, keyword.length + 1);
  if (head.toUpperCase() !== `${keyword}:`)
    return err({ kind: 'syntax', text: `expected ${keyword}:<address>` });
  const path = parsePath(argument.slice(keyword.length + 1).trimStart(), keyword);
  if (!path.ok) return err({ kind: 'address', text: path.error });
  const { mailbox, rest } = path.value;
  if (rest !== '' && !rest.startsWith(' '))
    return err({ kind: 'syntax', text: 'expected a space after the address' });
  const parameters = parseParameters(rest);
  return parameters.ok ? ok({ mailbox, parameters: parameters.value }) : parameters;
}

function parseParameters(rest: string): Result<Map<string, string | undefined>, PathError> {
  const parameters = new Map<string, string | undefined>();
  const words = rest.split(' ').filter((w) => w !== '');
  if (words.length > MAX_PARAMETERS) return err({ kind: 'parameter', text: 'too many parameters' });
  for (const word of words) {
    const [, name, value] = PARAMETER.exec(word) ?? [];
    if (name === undefined) return err({ kind: 'parameter', text: 'malformed parameter' });
    const key = name.toUpperCase();
    if (parameters.has(key)) return err({ kind: 'parameter', text: `${key} given twice` });
    parameters.set(key, value);
  }
  return ok(parameters);
}

/** First words of other protocols: a browser tricked into talking to us, or somebody's scanner. */
const FOREIGN = new Set([
  'GET',
  'POST',
  'PUT',
  'HEAD',
  'DELETE',
  'OPTIONS',
  'CONNECT',
  'TRACE',
  'PATCH',
  'PRI',
]);

export function isOtherProtocol(verb: string): boolean {
  return FOREIGN.has(verb) || /^[A-Z][A-Z0-9-]*:$/.test(verb);
}
