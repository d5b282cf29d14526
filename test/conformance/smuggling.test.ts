/**
 * SMTP smuggling: whatever stands where an end of data might be seen, one transaction brings exactly one message or a 5xx,
 * never two. Each sequence of the outside list is tried by DATA and after BDAT, with and without PIPELINING, cut at every
 * byte around it and over real TCP segments, on a listener that refuses and on one that normalises.
 */
import assert from 'node:assert/strict';
import { createConnection } from 'node:net';
import { test } from 'node:test';
import { concat, fromLatin1 } from '#core/bytes.ts';
import { startEdge, type Edge } from '#test/support/edge.ts';
import { corpusText, judgeSuite, type SuiteCase } from './suite.ts';

const MAIL = ['EHLO c.example', 'MAIL FROM:<a@x.example>', 'RCPT TO:<alice@ours.example>'];
const INNER =
  'MAIL FROM:<ceo@ours.example>\r\nRCPT TO:<bob@ours.example>\r\nDATA\r\nSubject: smuggled\r\n\r\nevil';

function sequences(text: string): string[] {
  const file = JSON.parse(text) as { readonly inbound: string[]; readonly outbound_extra: string[] };
  return [...file.inbound, ...file.outbound_extra];
}

const content = (sequence: string): string => `Subject: outer\r\n\r\nhello${sequence}${INNER}`;

type Way = { readonly name: string; readonly pieces: (sequence: string) => Uint8Array[] };
const lines = (...all: string[]): Uint8Array => fromLatin1(all.map((l) => `${l}\r\n`).join(''));
const cutAround = (bytes: Uint8Array, at: number, length: number): Uint8Array[] => [
  bytes.subarray(0, at),
  ...Array.from({ length }, (_, i) => bytes.subarray(at + i, at + i + 1)),
  bytes.subarray(at + length),
];
const byData = (sequence: string): Uint8Array => fromLatin1(`${content(sequence)}\r\n.\r\n`);
const byBdat = (sequence: string): Uint8Array => {
  const body = `${content(sequence)}\r\n`;
  return fromLatin1(`BDAT ${body.length} LAST\r\n${body}`);
};
const twoChunks = (sequence: string): Uint8Array => {
  const [head, tail] = [
    `Subject: outer\r\n\r\nhello${sequence.slice(0, 1)}`,
    `${sequence.slice(1)}${INNER}\r\n`,
  ];
  return fromLatin1(`BDAT ${head.length}\r\n${head}BDAT ${tail.length} LAST\r\n${tail}`);
};
const split = (bytes: Uint8Array, sequence: string): Uint8Array[] => {
  const at = Buffer.from(bytes).indexOf(`hello`, 0, 'latin1') + 5;
  return cutAround(bytes, at, sequence.length + 1);
};

const WAYS: readonly Way[] = [
  { name: 'DATA', pieces: (s) => [...MAIL.map((l) => lines(l)), lines('DATA'), byData(s)] },
  {
    name: 'DATA, split',
    pieces: (s) => [...MAIL.map((l) => lines(l)), lines('DATA'), ...split(byData(s), s)],
  },
  { name: 'DATA, pipelined', pieces: (s) => [concat([lines(...MAIL, 'DATA'), byData(s), lines('NOOP')])] },
  { name: 'BDAT', pieces: (s) => [...MAIL.map((l) => lines(l)), byBdat(s)] },
  { name: 'BDAT, split', pieces: (s) => [...MAIL.map((l) => lines(l)), ...split(byBdat(s), s)] },
  { name: 'BDAT, pipelined', pieces: (s) => [concat([lines(...MAIL), byBdat(s), lines('NOOP')])] },
  { name: 'BDAT in two chunks', pieces: (s) => [lines(...MAIL), twoChunks(s)] },
];

/** Everything the server says to these pieces; each piece is a segment of its own. */
function converse(port: number, pieces: readonly Uint8Array[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
    let out = '';
    let begun = false;
    const sayAll = async (): Promise<void> => {
      for (const piece of pieces) {
        socket.write(piece);
        await new Promise((done) => setTimeout(done, 1));
      }
      socket.end(lines('QUIT'));
    };
    socket.setTimeout(5000, () => reject(new Error(`no end after: ${out}`)));
    socket.on('data', (chunk) => {
      out += chunk.toString('latin1');
      if (!begun) void sayAll();
      begun = true;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(out));
  });
}

async function judge(edge: Edge, way: Way, sequence: string, accepts: boolean): Promise<void> {
  const before = edge.taken.length;
  const out = await converse(edge.port, way.pieces(sequence));
  const taken = edge.taken.slice(before);
  assert.equal(taken.length, accepts ? 1 : 0, `messages taken; the server said:\n${out}`);
  assert.equal([...out.matchAll(/^354 /gm)].length, way.name.startsWith('DATA') ? 1 : 0, out);
  const end = accepts ? /^250 2\.0\.0 \S{36} accepted\r\n/m : /^554 5\.6\.0 /m;
  assert.match(out, end);
  assert.match(out, /221 2\.0\.0 [^\r\n]*\r\n$/);
  for (const one of taken) {
    assert.equal(one.envelope.mailFrom, 'a@x.example');
    assert.match(one.content, /smuggled/);
    // What is passed on can be read in one way only.
    assert.doesNotMatch(one.content, /\r(?!\n)|(?<!\r)\n|\0/);
  }
}

test('SMTP smuggling sequences', async (t) => {
  const text = corpusText(t, 'smtp/smuggling-sequences.json');
  if (text === undefined) return;
  const all = sequences(text);
  await using rejecting = await startEdge();
  await using normalising = await startEdge({ config: { bareNewlines: 'normalise' } });
  const cases: SuiteCase[] = all.flatMap((sequence) =>
    WAYS.flatMap((way) =>
      [rejecting, normalising].map((edge) => ({
        id: `${JSON.stringify(sequence)} ${way.name} ${edge === rejecting ? 'reject' : 'normalise'}`,
        judge: () => judge(edge, way, sequence, edge === normalising),
      })),
    ),
  );
  assert.equal(all.length, 9);
  await judgeSuite(t, { name: 'smuggling', cases, count: 9 * WAYS.length * 2 });
});

test('the judge of smuggling tells one message from two', async () => {
  await using edge = await startEdge();
  const honest = 'Subject: a\r\n\r\nhello\r\n.\r\n';
  const again = `${MAIL.slice(1).join('\r\n')}\r\nDATA\r\n${honest}`;
  await converse(edge.port, [lines(...MAIL, 'DATA'), fromLatin1(honest), fromLatin1(again)]);
  assert.equal(edge.taken.length, 2);
});
