/**
 * Header fields that people and machines behind us believe because we write them: any that come from outside are taken
 * out, or a stranger could write our verdict himself (RFC 8601 §5).
 */
import { claimsAuthservId } from '#protocol/auth-results/parse.ts';
import { fieldLatin1, type Field, type Header } from '#protocol/message/header.ts';
import type { Range } from './edits.ts';

export function forgedFields(header: Header, authservId: string): readonly Range[] {
  return header.fields
    .filter((f) => isOurs(header, f, authservId))
    .map((f) => ({ start: f.start, end: f.end }));
}

function isOurs(header: Header, field: Field, authservId: string): boolean {
  const { lower } = field;
  // RFC 5321 §4.4: Return-Path is added at final delivery; one that is already there is not the truth.
  if (lower === 'return-path' || lower === 'x-gatehouse' || lower.startsWith('x-gatehouse-')) return true;
  return lower === 'authentication-results' && claimsAuthservId(fieldLatin1(header, field), authservId);
}
