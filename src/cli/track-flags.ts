/** Flags and arguments that the commands about messages share. */
import { parseId, type MessageId } from '#core/id.ts';
import { LANGUAGES, type Language } from '#mail/texts/text.ts';
import type { Arguments, Flags } from './subcommands.ts';

export const LANG = {
  lang: { type: 'string', value: 'en|de|nl', help: 'Language of the sentences, en when left out.' },
} as const satisfies Flags;

export function languageOf(args: Arguments): Language | undefined {
  const word = args.text('lang') ?? 'en';
  return LANGUAGES.find((l) => l === word);
}

/** Undefined when it is out of range. */
export function limitOf(args: Arguments): number | undefined {
  const text = args.text('limit') ?? '50';
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  return limit >= 1 && limit <= 1000 ? limit : undefined;
}

/** A message id, also with the place of a recipient behind it (`ID/2`), as lists print it. */
export function messageIdOf(text: string | undefined): MessageId | undefined {
  return text === undefined ? undefined : parseId<'message'>(text.replace(/\/\d+$/, ''));
}

/** RFC 3339 §5.6, or a date alone, which begins at midnight UTC. */
export function timeOf(text: string): number | undefined {
  const isForm = /^\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2}))?$/.test(text);
  const atMs = isForm ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : atMs;
}
