/** What the parts of a walk share: who reads what, the multiparts that are open, and the part whose bytes come now. */
import type { Buffer } from 'node:buffer';
import { EMPTY } from '#core/bytes.ts';
import type { Header } from '#protocol/message/header.ts';
import type { Content } from './content.ts';
import { noteDefect, type DefectKind } from './defects.ts';
import type { OpenMultipart } from './delimiter.ts';
import type { Budget, Draft } from './draft.ts';
import type { Reader } from './reader.ts';
import type { Decoder } from './transfer-encoding.ts';
import type { MimeOptions } from './tree.ts';

export type Context = {
  readonly options: MimeOptions;
  readonly reader: Reader;
  readonly budget: Budget;
  /** Containers around this walk. */
  readonly depth: number;
  readonly rootPath: string;
  /** A multipart whose encoding was undone: the walk goes on with this part, its encoding taken as read. */
  readonly adopted: Draft | undefined;
};

/** One walk. Its functions, in part-header.ts, part-body.ts and part-start.ts, change it; nobody else does. */
export type Walk = Omit<Context, 'depth' | 'rootPath' | 'adopted'> & {
  readonly context: Context;
  /** A walk over what is inside a part. */
  readonly inside: (context: Context, header: Header | undefined) => Content;
  readonly stack: OpenMultipart[];
  /** Delimiters of multiparts that an outer one cut short. */
  readonly retired: Buffer[];
  state: 'header' | 'body' | 'stopped';
  decoder: Decoder | undefined;
  /** The part whose body is read; a multipart during its preamble and epilogue. */
  current: Draft | undefined;
  atLineStart: boolean;
  /** In a header: how much of the waiting bytes was already looked at. */
  scanned: number;
  /** A defect of the header that is read, for the part it becomes. */
  later: DefectKind | undefined;
};

export const EMPTY_HEADER: Header = { bytes: EMPTY, fields: [], bodyStart: 0, defects: [] };

export function top(w: Walk): OpenMultipart | undefined {
  return w.stack.at(-1);
}

export function endContent(w: Walk): void {
  w.decoder?.end();
  w.decoder = undefined;
}

export function noteUnclosed(part: Draft): void {
  if (part.children.length === 0) noteDefect(part.defects, 'boundary-not-found', '');
  else noteDefect(part.defects, 'multipart-unclosed', '');
}
