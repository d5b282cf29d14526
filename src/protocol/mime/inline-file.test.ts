/** Files written into text, encoded here by the letter of their descriptions, cut anywhere, and made to explode. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1, toLatin1 } from '#core/bytes.ts';
import { parseHeader } from '#protocol/message/header.ts';
import { createMimeWalker, DEFAULT_MIME_OPTIONS, type MimeTree } from './walk.ts';

function read(body: string, type = 'text/plain', chunk = 7): MimeTree {
  const header = parseHeader(fromLatin1(`MIME-Version: 1.0\r\nContent-Type: ${type}\r\n\r\n`));
  const walker = createMimeWalker(header, DEFAULT_MIME_OPTIONS);
  for (let at = 0; at < body.length; at += chunk) walker.update(fromLatin1(body.slice(at, at + chunk)));
  return walker.finish();
}
const files = (tree: MimeTree): string[] =>
  tree.parts
    .slice(1)
    .map((p) => `${p.names.join()} ${p.encoding} ${p.size} ${toLatin1(p.head).slice(0, 30)}`);
const defects = (tree: MimeTree): string[] => tree.parts.flatMap((p) => p.defects.map((d) => d.kind));

const PROGRAM = `MZ\x90\0\x03\x90${'A'.repeat(300)}=\r\n\0\x90\x90end`;

function yenc(data: string, name: string): string {
  let line = '';
  const lines: string[] = [];
  for (const c of data) {
    const byte = (c.charCodeAt(0) + 42) & 255;
    line += [0, 10, 13, 61].includes(byte)
      ? `=${String.fromCharCode((byte + 64) & 255)}`
      : String.fromCharCode(byte);
    if (line.length >= 128) lines.push(line);
    if (line.length >= 128) line = '';
  }
  lines.push(line);
  return [
    `=ybegin line=128 size=${data.length} name=${name}`,
    ...lines,
    `=yend size=${data.length}`,
    '',
  ].join('\r\n');
}

const HQX = '!"#$%&\'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr';
const MARK = '(This file must be converted with BinHex 4.0)\r\n\r\n';

/** Runs of four and more shortened, as the description says. */
function shorten(data: string): string {
  return data
    .replaceAll('\x90', '\x90\0')
    .replaceAll(/([^\x90\0])\1{3,254}/gs, (run: string) => `${run[0]}\x90${String.fromCharCode(run.length)}`);
}
function sixBits(text: string): string {
  let bits = '';
  for (const c of text) bits += c.charCodeAt(0).toString(2).padStart(8, '0');
  return (bits.match(/.{1,6}/g) ?? []).map((b) => HQX[Number.parseInt(b.padEnd(6, '0'), 2)]).join('');
}
function binhex(data: string, name: string, length = data.length): string {
  const four = (n: number): string =>
    String.fromCharCode((n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255);
  const head = `${String.fromCharCode(name.length)}${name}\0APPLdosx\0\0${four(length)}${four(3)}cc`;
  const text = `:${sixBits(shorten(`${head}${data}ccrsrcc`))}:`;
  return `${MARK}${(text.match(/.{1,64}/g) ?? []).join('\r\n')}\r\n`;
}

test('yEnc, BinHex and the base64 form of uuencode are files, however the text is cut', () => {
  const base64 = Buffer.from(PROGRAM, 'latin1').toString('base64').replaceAll(/.{60}/g, '$&\r\n');
  const table: [string, string, string, string][] = [
    [yenc(PROGRAM, 'in voice.exe'), 'in voice.exe x-yenc', 'yenc-inside', 'text/plain'],
    [binhex(PROGRAM, 'a.exe'), 'a.exe x-binhex', 'binhex-inside', 'text/plain'],
    [binhex(PROGRAM, 'a.exe'), 'a.exe x-binhex', 'binhex-inside', 'application/mac-binhex40'],
    [`begin-base64 644 a.exe\r\n${base64}\r\n====\r\n`, 'a.exe x-uuencode', 'uuencode-inside', 'text/plain'],
  ];
  for (const [encoded, name, defect, type] of table)
    for (const chunk of [1, 13, 100_000]) {
      const tree = read(`Hello\r\n${encoded}Bye\r\n`, type, chunk);
      assert.deepEqual(
        files(tree),
        [`${name} ${PROGRAM.length} ${PROGRAM.slice(0, 30)}`],
        `${name} by ${chunk}`,
      );
      assert.deepEqual(defects(tree), [defect]);
    }
});

test('a file without an end is a doubt', () => {
  for (const encoded of [yenc(PROGRAM, 'a').split('=yend')[0]!, binhex(PROGRAM, 'a').slice(0, -6)])
    // `!`: split
    assert.ok(defects(read(encoded)).includes('uuencode-unclosed'), encoded.slice(0, 20));
  // The header says more than there is.
  assert.ok(defects(read(binhex('short', 'a', 1000))).includes('uuencode-unclosed'));
});

test('a BinHex file that explodes is left, and said to be unread', () => {
  const bomb = binhex('', 'a', 0xffffffff).replace(/:\r\n$/, '');
  const runs = sixBits('A\x90\xff'.repeat(24)); // 72 bytes are 96 characters
  const tree = read(`${bomb}\r\n${`${runs}\r\n`.repeat(5_000)}:\r\n`, 'text/plain', 4096);
  const inner = tree.parts[1];
  assert.ok(inner !== undefined && inner.size > 65_536 && inner.size < 4 * 100 * 5_000, String(inner?.size));
  assert.ok(defects(tree).includes('uuencode-unclosed'));
});

test('words that only begin like such a file are text', () => {
  for (const text of [
    '=ybeginning\r\n',
    'begin-base64 now\r\n',
    '(This file must be read)\r\n:abc:\r\n',
    `${MARK}no colon\r\n`,
    `${MARK}:!!:\r\n`,
  ])
    assert.deepEqual(files(read(text)), [], text);
});
