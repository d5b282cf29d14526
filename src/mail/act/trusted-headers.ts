/**
 * Header fields that people and machines behind us believe because we write them: any that come from outside are taken
 * out, or a stranger could write our verdict himself (RFC 8601 §5).
 */
import { fieldLatin1, type Field, type Header } from '#protocol/message/header.ts';
import type { Range } from './edits.ts';

export function forgedFields(header: Header, authservId: string): readonly Range[] {
  const own = authservId.toLowerCase();
  return header.fields.filter((f) => isOurs(header, f, own)).map((f) => ({ start: f.start, end: f.end }));
}

function isOurs(header: Header, field: Field, own: string): boolean {
  const { lower } = field;
  // RFC 5321 §4.4: Return-Path is added at final delivery; one that is already there is not the truth.
  if (lower === 'return-path' || lower === 'x-gatehouse' || lower.startsWith('x-gatehouse-')) return true;
  if (lower !== 'authentication-results') return false;
  const id = authservIdOf(fieldLatin1(header, field));
  return id === undefined || id === own;
}

/**
 * The authserv-id of an Authentication-Results value (RFC 8601 §2.2), lower case; undefined when it cannot be told, which
 * the caller takes for ours, since somebody behind us may read it so.
 */
export function authservIdOf(value: string): string | undefined {
  const bare = withoutComments(value);
  if (bare === undefined) return undefined;
  const match = /^[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s;"=]+))[ \t]*(?:\d+[ \t]*)?(?:;|$)/.exec(bare);
  const id = match?.[1]?.replace(/\\(.)/g, '$1') ?? match?.[2];
  return id?.toLowerCase();
}

/** RFC 5322 §3.2.2: comments nest, and hold quoted pairs. One space stands for each; undefined when one never ends. */
function withoutComments(value: string): string | undefined {
  let out = '';
  let depth = 0;
  let isQuoted = false;
  for (let i = 0; i < value.length; i++) {
    const c = value[i]!; // `!`: i is below the length
    if (c === '\\' && (depth > 0 || isQuoted)) {
      if (isQuoted) out += c + (value[i + 1] ?? '');
      i++;
    } else if (depth === 0 && c === '"') {
      isQuoted = !isQuoted;
      out += c;
    } else if (!isQuoted && c === '(') depth++;
    else if (!isQuoted && c === ')' && depth > 0) {
      depth--;
      out += ' ';
    } else if (depth === 0) out += c;
  }
  return depth === 0 && !isQuoted ? out : undefined;
}
