/** A part while it is being read: the mutable form of `MimePart`, owned by the walk that reads it. */
import { EMPTY } from '#core/bytes.ts';
import type { Header } from '#protocol/message/header.ts';
import { noteDefect, type DefectKind, type MimeDefect } from './defects.ts';
import type { MimeLimits, MimePart } from './tree.ts';

export type Draft = {
  path: string;
  type: string;
  names: string[];
  disposition: 'inline' | 'attachment' | undefined;
  charset: string | undefined;
  encoding: string;
  size: number;
  sha256: string | undefined;
  head: Uint8Array;
  header: Header;
  defects: MimeDefect[];
  children: Draft[];
} & MimePart;

/** What all walks over one message share, the ones inside embedded messages included. */
export type Budget = {
  readonly limits: MimeLimits;
  readonly parts: Draft[];
  limitHit: 'depth' | 'parts' | 'header-bytes' | undefined;
};

export function newDraft(path: string, header: Header): Draft {
  return {
    path,
    type: 'text/plain',
    names: [],
    disposition: undefined,
    charset: undefined,
    encoding: '7bit',
    size: 0,
    sha256: undefined,
    head: EMPTY,
    header,
    defects: [],
    children: [],
  };
}

/** Registers a part; false when the limit on parts is reached, and then it is not kept. */
export function addPart(budget: Budget, part: Draft): boolean {
  if (budget.parts.length >= budget.limits.maxParts) {
    hitLimit(budget, 'parts', budget.parts[0]);
    return false;
  }
  budget.parts.push(part);
  return true;
}

export function hitLimit(
  budget: Budget,
  limit: 'depth' | 'parts' | 'header-bytes',
  part: Draft | undefined,
): void {
  budget.limitHit ??= limit;
  if (part === undefined) return;
  const kind = `limit-${limit}` as const satisfies DefectKind;
  noteDefect(part.defects, kind, '');
}

/** IMAP-like: the children of the root are `1`, `2`; theirs `1.1`; the message inside part `2` has the root `2.0` and parts `2.1`. */
export function childPath(parent: string, n: number): string {
  if (parent === '0') return String(n);
  return parent.endsWith('.0') ? `${parent.slice(0, -1)}${n}` : `${parent}.${n}`;
}
