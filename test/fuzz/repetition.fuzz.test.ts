/**
 * Short texts repeated up to the largest header section we take. Random mail is short, so work that grows with the square of
 * its input stays unseen there; here 256 KiB of one thing must cost less than a second of CPU time in each reader.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromLatin1 } from '#core/bytes.ts';
import { claimsAuthservId, parseArcAuthResults, parseAuthResults } from '#protocol/auth-results/parse.ts';
import { isSingleAuthor, readAuthors } from '#protocol/message/author.ts';
import { fieldLatin1, fieldText, findBodyStart, parseHeader } from '#protocol/message/header.ts';
import { parseContentField } from '#protocol/mime/content-type.ts';
import { decodeEncodedWords } from '#protocol/mime/encoded-word.ts';
import { readMessage } from '#protocol/mime/readings.ts';
import { DEFAULT_MIME_OPTIONS } from '#protocol/mime/walk.ts';
import { inCpuSecond, repeatedWords, repeatTo } from './mail-bytes.ts';
import { runs } from './runs.ts';

const HEADER_BYTES = 256 * 1024;
/** The longest field these readers take; a longer one is refused at once. */
const FIELD_BYTES = 65_000;

const message = (text: string): Uint8Array => fromLatin1(text);
const authorOf = (text: string) => (): void => {
  readAuthors(parseHeader(message(text)));
};
const mimeOf = (text: string) => (): void => {
  readMessage(message(text), DEFAULT_MIME_OPTIONS);
};

type Reader = readonly [name: string, read: (repeated: string) => () => void];

const READERS: readonly Reader[] = [
  ['author: the whole header', authorOf],
  ['author: From', (text) => authorOf(`From: ${text}\r\n\r\n`)],
  ['author: From in a comment', (text) => authorOf(`From: a@x.example (${text})\r\n\r\n`)],
  ['author: Subject', (text) => authorOf(`From: a@x.example\r\nSubject: ${text}\r\n\r\n`)],
  ['author: Reply-To', (text) => authorOf(`From: a@x.example\r\nReply-To: ${text}\r\n\r\n`)],
  [
    'author: eight From fields',
    (text) => authorOf(`From: ${text.slice(0, HEADER_BYTES / 8).replaceAll(/[\r\n]/g, '')}\r\n`.repeat(8)),
  ],
  ['header', (text) => () => readEveryField(message(text))],
  ['mime: the whole message', mimeOf],
  ['mime: Content-Type', (text) => mimeOf(`MIME-Version: 1.0\r\nContent-Type: ${text}\r\n\r\nx`)],
  [
    'mime: the header of a part',
    (text) => mimeOf(`MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n${text}`),
  ],
  ['content field', (text) => () => void parseContentField(text)],
  ['encoded-words', (text) => () => void decodeEncodedWords(text)],
  ['auth-results', (text) => () => void parseAuthResults(text.slice(0, FIELD_BYTES))],
  [
    'auth-results: a method',
    (text) => () => void parseAuthResults(`a.example; spf=pass ${text.slice(0, FIELD_BYTES)}`),
  ],
  [
    'auth-results: ARC',
    (text) => () => void parseArcAuthResults(`i=1; a.example; ${text.slice(0, FIELD_BYTES)}`),
  ],
  ['auth-results: our name', (text) => () => void claimsAuthservId(text.slice(0, FIELD_BYTES), 'a.example')],
];

function readEveryField(bytes: Uint8Array): void {
  const header = parseHeader(bytes);
  for (const field of header.fields) {
    fieldLatin1(header, field);
    fieldText(header, field);
  }
  findBodyStart(bytes);
}

/** What once took seconds in some reader, and its neighbours. */
const KNOWN: readonly string[] = [
  '\r\n from',
  '\r\n from:',
  '\rfrom: a@b.example',
  '\r',
  '\r\n ',
  '<',
  '@',
  '(',
  ')x',
  '"',
  '\\"',
  '=?utf-8?q?',
  '=?utf-8?q?a?= ',
  '(=?utf-8?b?QQ==?=',
  'a@b.example ',
  '<a@b.example>,',
  '; spf=pass',
  ' header.a=b',
  '(x',
  '; name*0*=a',
  'x\r\n',
  'From: a@x.example\r\n',
  'Content-Type: multipart/mixed; boundary=b\r\n',
];

for (const [name, read] of READERS)
  test(`${name}: 256 KiB of any one thing are read within a second`, () => {
    for (const piece of KNOWN) {
      const work = read(repeatTo(piece, HEADER_BYTES));
      inCpuSecond(work, `${name}, ${JSON.stringify(piece)}`);
    }
    fc.assert(
      fc.property(repeatedWords(HEADER_BYTES), (text) =>
        inCpuSecond(read(text), `${name}, ${JSON.stringify(text.slice(0, 80))}`),
      ),
      runs(15),
    );
  });

test('author: no repetition beside a second From field makes one author of two', () => {
  fc.assert(
    fc.property(repeatedWords(20_000), (text) => {
      const bytes = message(`From: a@good.example\r\nFrom: ${text}\r\n\r\n`);
      assert.equal(isSingleAuthor(readAuthors(parseHeader(bytes))), false);
    }),
    runs(50),
  );
});

test('the clock of these tests sees a second of work', () => {
  const busy = (): void => {
    const endMs = performance.now() + 20_000;
    const before = process.cpuUsage();
    for (let spentUs = 0; spentUs < 1_100_000 && performance.now() < endMs;) {
      '<'.repeat(10_000).lastIndexOf('x');
      const { user, system } = process.cpuUsage(before);
      spentUs = user + system;
    }
  };
  assert.throws(() => inCpuSecond(busy, 'planted'), /planted/);
});
