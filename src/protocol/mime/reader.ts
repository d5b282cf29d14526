/**
 * How a mail program reads MIME where the standard leaves room or programs ignore it. `STANDARD` is the reading that most
 * programs share; readings.ts varies one habit at a time.
 */
import type { Base64Habits } from './transfer-encoding.ts';

export type Reader = {
  /** Which of several fields of one name counts. */
  readonly field: 'first' | 'last';
  /** Which of the boundary candidates counts, the standard's being 0; `guess` takes the first line that looks like one. */
  readonly boundary: number | 'guess';
  /** Which of the candidates for the transfer encoding counts. */
  readonly encoding: number;
  /** What ends a header: an empty line only, a line of white space too, or the first line that is no field too. */
  readonly headerEnd: 'empty' | 'blank' | 'junk';
  /** An empty line with MIME fields after it: the header ended there, or goes on. */
  readonly headerGoesOn: boolean;
  /** `lines`: a folded line that looks like a MIME field is one. */
  readonly fold: 'standard' | 'lines';
  /** What of a line must be the boundary: all of it, its beginning, or also after white space. */
  readonly delimiter: 'line' | 'prefix' | 'indented';
  /** A delimiter inside a part header ends the part, or is one more junk line. */
  readonly delimiterInHeader: 'ends' | 'ignored';
  /** The delimiter of an outer multipart closes the inner ones (RFC 2046 §5.1.2), or only the innermost is looked for. */
  readonly outer: 'closes' | 'ignored';
  /** Delimiters after the closing one are epilogue text, or begin parts again. */
  readonly afterClose: 'epilogue' | 'parts';
  /** Text before the first and after the last delimiter is dropped, or shown as parts of its own. */
  readonly outside: 'dropped' | 'parts';
  readonly base64: Base64Habits;
  /** A transfer encoding on a multipart is ignored (RFC 2045 §6.4 forbids it), or undone before looking for parts, or makes it one opaque part. */
  readonly encodedMultipart: 'as-is' | 'decoded' | 'leaf';
  /** Any type with a boundary parameter is a multipart. */
  readonly looseMultipart: boolean;
};

export const STANDARD: Reader = {
  field: 'first',
  boundary: 0,
  encoding: 0,
  headerEnd: 'empty',
  headerGoesOn: false,
  fold: 'standard',
  delimiter: 'line',
  delimiterInHeader: 'ends',
  outer: 'closes',
  afterClose: 'epilogue',
  outside: 'dropped',
  base64: { padding: 'goes-on', junk: 'skipped', lines: 'joined' },
  encodedMultipart: 'as-is',
  looseMultipart: false,
};
