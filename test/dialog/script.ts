/**
 * The language of dialogue files. One line, one step:
 *
 *     # comment
 *     config: {"kind": "submission"}   fields of the listener's configuration, JSON
 *     client: 127.0.0.9                the address the client comes from
 *     c: EHLO c.example                client says the line, CRLF added
 *     c= raw bytes                     client says exactly this, nothing added
 *     s: 250 2.0.0                     the next reply, from its first character on
 *     s~ ^250.*SIZE                    the next reply as a pattern; lines of a reply are joined by " | "
 *     tls                              STARTTLS was answered: the handshake happens here
 *     closed                           the server closes
 *     m: Subject: hi\r\n               a message was taken that contains this; one line per message, in order
 *
 * In `c:`, `c=` and `m:` the escapes \r \n \0 \t \\ \xHH stand for bytes, and {x*300} for x three hundred times.
 */
import { fromLatin1, fromUtf8, toLatin1 } from '#core/bytes.ts';

export type Step =
  | { readonly kind: 'client'; readonly bytes: Uint8Array }
  | { readonly kind: 'server'; readonly prefix: string | undefined; readonly pattern: RegExp | undefined }
  | { readonly kind: 'tls' }
  | { readonly kind: 'closed' };

export type Script = {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly client: string;
  readonly steps: readonly Step[];
  /** What each message taken must contain, in order. */
  readonly messages: readonly string[];
};

const ESCAPES: Readonly<Record<string, string>> = { r: '\r', n: '\n', 0: '\0', t: '\t', '\\': '\\' };

function unescape(text: string): string {
  const repeated = text.replaceAll(/\{(.+?)\*(\d+)\}/g, (_, piece: string, n: string) =>
    piece.repeat(Number(n)),
  );
  // The file is UTF-8 and so is what the client says; from here on one character is one byte.
  return toLatin1(fromUtf8(repeated)).replaceAll(/\\(x[0-9a-f]{2}|.)/g, (whole, code: string) =>
    code.length === 3 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (ESCAPES[code] ?? whole),
  );
}

export function parseScript(name: string, text: string): Script {
  let config: Record<string, unknown> = {};
  let client = '127.0.0.1';
  const steps: Step[] = [];
  const messages: string[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    const [, mark, rest] = /^(c:|c=|s:|s~|m:|config:|client:|tls$|closed$)(?: (.*))?$/.exec(line) ?? [];
    const value = rest ?? '';
    if (line === '' || line.startsWith('#')) continue;
    if (mark === undefined) throw new Error(`${name}:${i + 1}: "${line}" is no step`);
    if (mark === 'config:') config = JSON.parse(value) as Record<string, unknown>;
    else if (mark === 'client:') client = value;
    else if (mark === 'c:') steps.push({ kind: 'client', bytes: fromLatin1(`${unescape(value)}\r\n`) });
    else if (mark === 'c=') steps.push({ kind: 'client', bytes: fromLatin1(unescape(value)) });
    else if (mark === 's:') steps.push({ kind: 'server', prefix: value, pattern: undefined });
    else if (mark === 's~') steps.push({ kind: 'server', prefix: undefined, pattern: new RegExp(value) });
    else if (mark === 'm:') messages.push(unescape(value));
    else steps.push({ kind: mark === 'tls' ? 'tls' : 'closed' });
  }
  if (!steps.some((s) => s.kind === 'server'))
    throw new Error(`${name}: expects no reply, so it cannot fail`);
  return { name, config, client, steps, messages };
}

/** How the client's bytes are cut into pieces. `ahead` sends all it will ever say at once, replies or not. */
export type Cut = 'turns' | 'bytes' | 'lines' | 'ahead';

/** The script with its client steps joined or cut. */
export function recut(script: Script, cut: Cut): Script {
  if (cut === 'ahead') {
    const [greeting, ...rest] = script.steps;
    const said = rest.filter((s) => s.kind === 'client');
    const steps = [
      ...(greeting === undefined ? [] : [greeting]),
      ...joined(said),
      ...rest.filter((s) => s.kind !== 'client'),
    ];
    return { ...script, steps };
  }
  const steps = joined(script.steps);
  if (cut === 'turns') return { ...script, steps };
  return {
    ...script,
    steps: steps.flatMap((s): readonly Step[] =>
      s.kind === 'client' ? pieces(s.bytes, cut).map((bytes) => ({ kind: 'client', bytes }) as const) : [s],
    ),
  };
}

function joined(steps: readonly Step[]): Step[] {
  const out: Step[] = [];
  for (const step of steps) {
    const last = out.at(-1);
    if (step.kind === 'client' && last?.kind === 'client')
      out[out.length - 1] = { kind: 'client', bytes: Buffer.concat([last.bytes, step.bytes]) };
    else out.push(step);
  }
  return out;
}

/** Single bytes, or cuts inside each CRLF. */
function pieces(bytes: Uint8Array, cut: 'bytes' | 'lines'): Uint8Array[] {
  const out: Uint8Array[] = [];
  let from = 0;
  for (let i = 0; i < bytes.length; i++) {
    if (cut === 'lines' && bytes[i] !== 13) continue;
    out.push(bytes.subarray(from, i + 1));
    from = i + 1;
  }
  if (from < bytes.length) out.push(bytes.subarray(from));
  return out;
}

/** Replies out of what a server wrote: multi-line replies joined by " | ". */
export function splitReplies(text: string): { readonly replies: string[]; readonly rest: string } {
  const replies: string[] = [];
  let lines: string[] = [];
  let rest = text;
  for (let at = rest.indexOf('\r\n'); at !== -1; at = rest.indexOf('\r\n')) {
    lines.push(rest.slice(0, at));
    rest = rest.slice(at + 2);
    if (lines.at(-1)?.[3] === '-') continue;
    replies.push(lines.join(' | '));
    lines = [];
  }
  return { replies, rest: lines.length === 0 ? rest : `${lines.join('\r\n')}\r\n${rest}` };
}
