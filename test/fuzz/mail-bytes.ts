/** Random bytes that look like mail often enough to get past the first branch of a parser. */
import fc from 'fast-check';

const WORDS: readonly string[] = [
  '\r\n',
  '\n',
  '\r',
  ' ',
  '\t',
  '\0',
  '--b',
  '--b--',
  '\r\n--b\r\n',
  '\r\n--b--\r\n',
  '\r\n\r\n',
  'From: ',
  'From: a@x.example\r\n',
  'Content-Type: multipart/mixed; boundary=b\r\n',
  'Content-Type: multipart/digest; boundary="b"\r\n',
  'Content-Type: message/rfc822\r\n',
  'Content-Type: text/plain; charset=utf-8\r\n',
  'Content-Transfer-Encoding: base64\r\n',
  'Content-Transfer-Encoding: quoted-printable\r\n',
  'Content-Transfer-Encoding: uuencode\r\n',
  'Content-Disposition: attachment; filename="',
  "; filename*0*=utf-8''a%20; filename*1=b",
  'boundary=',
  'QUJDREVG\r\n',
  'QQ==',
  '=3D',
  '=\r\n',
  'begin 644 a\r\n',
  '#0V%T\r\n',
  'end\r\n',
  '=?utf-8?q?a=40b.example?=',
  '=?utf-8?b?YUBiLmV4YW1wbGU=?=',
  'a@b.example',
  '<',
  '>',
  '"',
  '\\',
  '(',
  ')',
  ',',
  ';',
  ':',
  '\xff',
  '\xc3\xa9',
];

/** Up to four words of mail, the same over and over until `size` bytes: what finds work that grows with the square. */
export function repeatedWords(size: number): fc.Arbitrary<string> {
  const word = fc.oneof(
    fc.constantFrom(...WORDS),
    fc.constantFrom('from', 'x', 'aaaa', '=', '@', '\\(', '\r\n '),
  );
  return fc
    .array(word, { minLength: 1, maxLength: 4 })
    .map((words) => words.join(''))
    .map((piece) => repeatTo(piece, size));
}

export function repeatTo(piece: string, size: number): string {
  return piece.repeat(Math.floor(size / piece.length));
}

/** Up to `maxPieces` words of mail, letters and raw bytes in any order. */
export function mailBytes(maxPieces: number): fc.Arbitrary<Uint8Array> {
  const piece = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...WORDS).map((w) => Buffer.from(w, 'latin1')) },
    { weight: 2, arbitrary: fc.string({ maxLength: 12 }).map((s) => Buffer.from(s)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 12 }).map((b) => Buffer.from(b)) },
  );
  return fc.array(piece, { maxLength: maxPieces }).map((pieces) => new Uint8Array(Buffer.concat(pieces)));
}

/** Runs the promise a target makes on one input, and that it took less than a second. */
export function within(target: (data: Uint8Array) => void, data: Uint8Array): boolean {
  const startedMs = performance.now();
  target(data);
  return performance.now() - startedMs < 1000;
}

const MAX_CPU_MS = 1000;

/** Runs `work` and fails when it took more than a second of CPU time; other programs on the machine do not count. */
export function inCpuSecond(work: () => void, what: string): void {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  const ms = Math.round((user + system) / 1000);
  if (ms >= MAX_CPU_MS) throw new Error(`${what}: ${ms} ms`);
}
