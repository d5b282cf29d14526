/**
 * Header fields that people and machines behind us believe because we write them: any that come from outside are taken
 * out, or a stranger could write our verdict himself (RFC 8601 §5).
 */
import { toLatin1 } from '#core/bytes.ts';
import { claimsAuthservId } from '#protocol/auth-results/parse.ts';
import { fieldLatin1, type Field, type Header } from '#protocol/message/header.ts';
import type { Range } from './edits.ts';

export function forgedFields(header: Header, authservId: string): readonly Range[] {
  return header.fields
    .filter((f) => continuesOurs(header, f) || isOurs(header, f, authservId))
    .map((f) => ({ start: f.start, end: f.end }));
}

/** Folded lines before the first field belong to none: below our own fields they would become part of the last one. */
function continuesOurs(header: Header, field: Field): boolean {
  const first = header.bytes[field.start];
  return field.start === 0 && (first === 32 || first === 9);
}

function isOurs(header: Header, field: Field, authservId: string): boolean {
  const name = plainName(header, field);
  // RFC 5321 §4.4: Return-Path is added at final delivery; one that is already there is not the truth.
  if (name === 'returnpath' || name.startsWith('xgatehouse')) return true;
  if (name !== 'authenticationresults') return false;
  // A name that some readers take for ours and others do not is written by nobody honest.
  return field.lower !== 'authentication-results' || claimsAuthservId(fieldLatin1(header, field), authservId);
}

/**
 * The letters and digits before the first colon, which may stand on a folded line: readers differ in which control
 * characters, spaces and high bytes they skip in a name, and none of them may find one of ours.
 */
function plainName(header: Header, { lower, start, end }: Field): string {
  if (/^[!-~]+$/.test(lower)) return lower.replaceAll(/[^a-z0-9]/g, '');
  const raw = header.bytes.subarray(start, end);
  const colon = raw.indexOf(58);
  return colon < 0
    ? ''
    : toLatin1(raw.subarray(0, colon))
        .toLowerCase()
        .replaceAll(/[^a-z0-9]/g, '');
}
