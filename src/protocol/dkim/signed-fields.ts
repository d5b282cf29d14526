/** Which fields of a message a signature's `h=` means (RFC 6376 §5.4.2), and what it leaves open. */
import type { Field, Header } from '#protocol/message/header.ts';

const indexes = new WeakMap<Header, ReadonlyMap<string, readonly Field[]>>();

/** Fields by lower-case name, top to bottom; made once per header. */
export function fieldsByName(header: Header): ReadonlyMap<string, readonly Field[]> {
  const before = indexes.get(header);
  if (before !== undefined) return before;
  const index = new Map<string, Field[]>();
  for (const field of header.fields) {
    if (field.lower === '') continue;
    const same = index.get(field.lower);
    if (same === undefined) index.set(field.lower, [field]);
    else same.push(field);
  }
  indexes.set(header, index);
  return index;
}

/**
 * RFC 6376 §5.4.2: of fields with one name the last one is taken first; a name listed more often than there are fields
 * stands for nothing, and so forbids adding one. The signature's own field is never among them.
 */
export function selectFields(header: Header, names: readonly string[], own: Field | undefined): Field[] {
  const index = fieldsByName(header);
  const left = new Map<string, number>();
  const selected: Field[] = [];
  for (const name of names) {
    const fields = index.get(name);
    if (fields === undefined) continue;
    let at = left.get(name) ?? fields.length;
    if (at > 0 && fields[at - 1] === own) at--;
    if (at > 0) selected.push(fields[--at]!);
    left.set(name, at);
  }
  return selected;
}

/** Fields that a mail program shows or obeys, so that a second one on top changes what a person sees. */
const SHOWN: readonly string[] = [
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'subject',
  'date',
  'message-id',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
];

/** Names of shown fields that the signature covers, while another field of that name stands outside of it. */
export function unsignedDuplicates(header: Header, names: readonly string[]): string[] {
  const index = fieldsByName(header);
  return SHOWN.filter((name) => {
    const covered = names.filter((n) => n === name).length;
    return covered > 0 && (index.get(name)?.length ?? 0) > covered;
  });
}
