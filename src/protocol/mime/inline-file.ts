/** A file written into text: what opens it, what reads its lines, where its bytes go. */
import type { Buffer } from 'node:buffer';

export type InlineKind = 'uuencode' | 'yenc' | 'binhex';

export type InlineFile = {
  readonly write: (bytes: Uint8Array) => void;
  readonly end: (isClosed: boolean) => void;
};

/** Undefined when no more parts are taken. */
export type OpenFile = (name: string, kind: InlineKind) => InlineFile | undefined;

/** Reads the lines after the one that began the file. Its end is `end`, a line that cannot belong to it `broken`. */
export type LineDecoder = {
  readonly line: (bytes: Buffer, from: number, to: number) => 'more' | 'end' | 'broken';
  readonly close: (isClosed: boolean) => void;
};
