/**
 * The `tag=value; tag=value` lists that DKIM and ARC write their signatures and keys in (RFC 6376 §3.2).
 *
 * The reading is strict on purpose: a list that two programs could read in two ways (a tag twice, an empty tag, a byte
 * outside the grammar) is no list at all.
 */
import { assertNever, err, ok, type Result } from '#core/result.ts';

export type TagListError =
  | { readonly kind: 'too-long'; readonly length: number }
  | { readonly kind: 'too-many-tags' }
  | { readonly kind: 'empty-tag'; readonly at: number }
  | { readonly kind: 'no-equals-sign'; readonly at: number }
  | { readonly kind: 'bad-name'; readonly at: number; readonly name: string }
  | { readonly kind: 'bad-value'; readonly at: number; readonly name: string }
  | { readonly kind: 'duplicate-tag'; readonly at: number; readonly name: string };

/** Values as written, outer white space removed. Names keep their case: `A` is not `a`. */
export type TagList = ReadonlyMap<string, string>;

/** Longest list that is read; the largest keys and header lists in use are under 4 KB. */
export const MAX_TAG_LIST = 16_384;
const MAX_TAGS = 64;
/** Deviates from RFC 6376 §3.2: a hyphen is let through, since unknown tags such as x-note= are in use and are ignored. */
const NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;
/**
 * RFC 6376 §3.2: tval characters and folding white space; 8-bit text is allowed since RFC 8616 §4 where the message is
 * internationalised. Everything else (NUL above all) would be read differently by programs written in C.
 */
const VALUE = /^[\t\r\n\x20-\x3a\x3c-\x7e\x80-\u{10ffff}]*$/u;

/** Parses a tag list; one `;` may end it. */
export function parseTagList(text: string): Result<TagList, TagListError> {
  if (text.length > MAX_TAG_LIST) return err({ kind: 'too-long', length: text.length });
  const tags = new Map<string, string>();
  let at = 0;
  while (at < text.length) {
    const semicolon = text.indexOf(';', at);
    const end = semicolon === -1 ? text.length : semicolon;
    const spec = text.slice(at, end);
    const last = end + 1 >= text.length || semicolon === -1 || isBlank(text, end + 1);
    if (isBlank(spec, 0))
      return semicolon === -1 && tags.size > 0 ? ok(tags) : err({ kind: 'empty-tag', at });
    const problem = addTag(tags, spec, at);
    if (problem !== undefined) return err(problem);
    if (last) return ok(tags);
    if (tags.size >= MAX_TAGS) return err({ kind: 'too-many-tags' });
    at = end + 1;
  }
  return err({ kind: 'empty-tag', at });
}

function addTag(tags: Map<string, string>, spec: string, at: number): TagListError | undefined {
  const equals = spec.indexOf('=');
  if (equals === -1) return { kind: 'no-equals-sign', at };
  const name = spec.slice(0, equals).trim();
  if (!NAME.test(name)) return { kind: 'bad-name', at, name: name.slice(0, 64) };
  const value = spec.slice(equals + 1).trim();
  if (!VALUE.test(value)) return { kind: 'bad-value', at, name };
  // RFC 6376 §3.2: tags with duplicate names MUST NOT occur; if one does, the whole list is invalid.
  if (tags.has(name)) return { kind: 'duplicate-tag', at, name };
  tags.set(name, value);
  return undefined;
}

function isBlank(text: string, from: number): boolean {
  for (let i = from; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c !== 32 && c !== 9 && c !== 13 && c !== 10) return false;
  }
  return true;
}

/** One sentence for people about what is wrong with a list. */
export function describeTagListError(error: TagListError): string {
  switch (error.kind) {
    case 'too-long':
      return `the tag list is ${error.length} characters long, more than ${MAX_TAG_LIST}`;
    case 'too-many-tags':
      return `the tag list has more than ${MAX_TAGS} tags`;
    case 'empty-tag':
      return `there is an empty tag at character ${error.at}`;
    case 'no-equals-sign':
      return `the tag at character ${error.at} has no "="`;
    case 'bad-name':
      return `"${printable(error.name)}" at character ${error.at} is no tag name`;
    case 'bad-value':
      return `the value of ${error.name}= holds a character that no tag may hold`;
    case 'duplicate-tag':
      return `${error.name}= occurs twice`;
    default:
      return assertNever(error);
  }
}

/** Text of strangers made safe to show: short and without control characters. */
export function printable(text: string): string {
  return text.slice(0, 80).replaceAll(/[^\x20-\x7e]/g, '?');
}

/** A value with all folding white space removed, as base64 and lists are read (RFC 6376 §2.10). */
export function withoutSpace(value: string): string {
  return value.replaceAll(/[\t\r\n ]+/g, '');
}
