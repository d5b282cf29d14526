/**
 * Replies of a server, read from hostile bytes: bounded in line length, lines and total, control characters made visible,
 * UTF-8 where it is UTF-8. What follows a reply in the buffer is kept, because it may be the answer to a forged STARTTLS.
 */
import { fromLatin1, toLatin1, toUtf8 } from '#core/bytes.ts';

export type SmtpReply = {
  /** 200 to 599. */
  readonly code: number;
  /** As sent (RFC 3463 §2), only when its class agrees with the code. */
  readonly enhanced: string | undefined;
  /** Text of each line without code and enhanced code. */
  readonly lines: readonly string[];
};

export type ReplyProblem = 'line-too-long' | 'too-many-lines' | 'not-a-reply' | 'codes-differ';

/** RFC 5321 §4.5.3.1.5 says 512; real servers write more. */
const MAX_LINE = 2048;
const MAX_LINES = 100;

export class ReplyReader {
  #rest = '';
  #code = 0;
  #lines: string[] = [];

  /** Bytes that came after the last complete reply. */
  get hasRest(): boolean {
    return this.#rest !== '' || this.#lines.length > 0;
  }

  /** Takes bytes split anywhere and hands over each complete reply; after a problem the connection is of no more use. */
  push(bytes: Uint8Array, take: (reply: SmtpReply) => void): ReplyProblem | undefined {
    let text = this.#rest === '' ? toLatin1(bytes) : this.#rest + toLatin1(bytes);
    let from = 0;
    for (let lf = text.indexOf('\n', from); lf !== -1; lf = text.indexOf('\n', from)) {
      const end = lf > from && text.charCodeAt(lf - 1) === 13 ? lf - 1 : lf;
      const line = text.slice(from, end);
      from = lf + 1;
      this.#rest = text.slice(from);
      const problem = this.#line(line, take);
      if (problem !== undefined) return problem;
    }
    text = text.slice(from);
    this.#rest = text;
    return text.length > MAX_LINE ? 'line-too-long' : undefined;
  }

  #line(line: string, take: (reply: SmtpReply) => void): ReplyProblem | undefined {
    if (line.length > MAX_LINE) return 'line-too-long';
    const code = replyCode(line);
    if (code === undefined) return 'not-a-reply';
    if (this.#lines.length > 0 && code !== this.#code) return 'codes-differ';
    if (this.#lines.length >= MAX_LINES) return 'too-many-lines';
    this.#code = code;
    this.#lines.push(line.slice(4));
    if (line.charCodeAt(3) === 45) return undefined; // a hyphen: RFC 5321 §4.2.1, more lines follow
    const lines = this.#lines;
    this.#lines = [];
    take(makeReply(code, lines));
    return undefined;
  }
}

/** RFC 5321 §4.2: three digits, then space, hyphen or nothing. */
function replyCode(line: string): number | undefined {
  const [a, b, c, after] = [
    line.charCodeAt(0) - 48,
    line.charCodeAt(1) - 48,
    line.charCodeAt(2) - 48,
    line.charCodeAt(3),
  ];
  if (!(a >= 2 && a <= 5 && b >= 0 && b <= 9 && c >= 0 && c <= 9)) return undefined;
  if (line.length > 3 && after !== 32 && after !== 45) return undefined;
  return a * 100 + b * 10 + c;
}

const ENHANCED = /^([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)/;
const CONTROL = /[\u0000-\u001f\u007f]/g;
const EIGHT_BIT = /[\u0080-\u00ff]/;

/** Builds a reply from its code and raw lines; also used for replies that we make up ourselves. */
export function makeReply(code: number, rawLines: readonly string[]): SmtpReply {
  const found = ENHANCED.exec(rawLines[0] ?? '')?.[1];
  const enhanced = found?.charCodeAt(0) === 48 + Math.floor(code / 100) ? found : undefined;
  const lines = rawLines.map((raw) => {
    let text = EIGHT_BIT.test(raw) ? toUtf8(fromLatin1(raw)) : raw;
    if (enhanced !== undefined && text.startsWith(enhanced)) text = text.slice(enhanced.length).trimStart();
    return text.replace(CONTROL, '?');
  });
  return { code, enhanced, lines };
}

/** The enhanced code as sent, else the one that says no more than the code does (RFC 3463 §3.1). */
export function enhancedOf(reply: SmtpReply): string {
  return reply.enhanced ?? `${Math.floor(reply.code / 100)}.0.0`;
}

/** The reply on one line, as a log or a report shows it. */
export function replyText(reply: SmtpReply): string {
  const head = reply.enhanced === undefined ? String(reply.code) : `${reply.code} ${reply.enhanced}`;
  return `${head} ${reply.lines.join(' / ')}`.trimEnd();
}
