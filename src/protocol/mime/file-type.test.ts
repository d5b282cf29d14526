import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1 } from '#core/bytes.ts';
import { detectType } from './file-type.ts';

const zip = (...names: string[]): string =>
  names
    .map(
      (n) =>
        `PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0${String.fromCharCode(n.length)}\0\0\0${n}`,
    )
    .join('');
const pe = `MZ${'\0'.repeat(58)}\x40\0\0\0PE\0\0`;

/** Content, name, declared type → what, family, and what is odd about the claim. */
const CASES: readonly (readonly [string, string, string, string, string, string])[] = [
  [pe, 'a.exe', 'application/octet-stream', 'pe', 'executable', ''],
  [pe, 'a.jpg', 'image/jpeg', 'pe', 'executable', 'mismatch'],
  [pe, 'a.pdf.exe', 'application/pdf', 'pe', 'executable', 'mismatch double'],
  [pe, 'a.txt     .scr', 'x/y', 'pe', 'executable', 'double'],
  [pe, '\u202egpj.exe', 'x/y', 'pe', 'executable', 'rtl'],
  [pe, 'a.exe. .', 'x/y', 'pe', 'executable', ''],
  ['\x7fELF\x02', '', 'x/y', 'elf', 'executable', ''],
  ['#!/bin/sh\n', 'a', 'text/plain', 'shebang-script', 'script', 'mismatch'],
  ['@echo off\r\n', 'a.txt', 'text/plain', 'batch', 'script', 'mismatch'],
  ['hello', 'a.vbs', 'x/y', 'vbs', 'script', ''],
  ['x = 1', 'invoice.pdf.js', 'x/y', 'js', 'script', 'double'],
  [
    'Set a = CreateObject("x")\nWScript.Echo 1\nOn Error Resume Next',
    'a.txt',
    'text/plain',
    'vbscript',
    'script',
    'mismatch',
  ],
  ['[InternetShortcut]\r\nURL=x', 'a.url', 'x/y', 'url-shortcut', 'shortcut', ''],
  ['L\0\0\0\x01\x14\x02\0', 'a.pdf', 'x/y', 'lnk', 'shortcut', 'mismatch'],
  ['<html><body>', 'a.html', 'text/html', 'html', 'document', ''],
  ['<html><hta:application>', 'a.html', 'text/html', 'hta', 'script', 'mismatch'],
  ['<?xml version="1.0"?>\n<svg xmlns="x">', 'a.svg', 'image/svg+xml', 'svg', 'document', 'mismatch'],
  ['%PDF-1.7', 'a.pdf', 'application/pdf', 'pdf', 'document', ''],
  ['junk%PDF-1.7', 'a.pdf', 'application/pdf', 'pdf', 'document', ''],
  ['{\\rtf1', 'a.doc', 'application/msword', 'rtf', 'document', ''],
  [zip('[Content_Types].xml', 'word/document.xml'), 'a.docx', 'x/y', 'docx', 'document', ''],
  [zip('META-INF/MANIFEST.MF', 'A.class'), 'a.zip', 'application/zip', 'jar', 'executable', 'mismatch'],
  [zip('AndroidManifest.xml'), 'a.apk', 'x/y', 'apk', 'executable', ''],
  [zip('a.txt'), 'a.zip', 'application/zip', 'zip', 'archive', ''],
  [zip('a.txt'), 'a.txt', 'text/plain', 'zip', 'archive', 'mismatch'],
  ['Rar!\x1a\x07\x01\0', 'a.rar', 'x/y', 'rar', 'archive', ''],
  ['\x89PNG\r\n\x1a\n', 'a.png', 'image/png', 'png', 'image', ''],
  ['\x89PNG\r\n\x1a\n', 'a.exe', 'image/png', 'png', 'image', ''],
  ['\xff\xfeh\0i\0', 'a.txt', 'text/plain', 'text', 'text', ''],
  ['hello\n', 'a.txt', 'text/plain', 'text', 'text', ''],
  ['', 'a.txt', 'text/plain', 'empty', 'empty', ''],
  ['\x01\x02\x03\0', 'a.bin', 'x/y', 'unknown', 'unknown', ''],
  ['Received: from x\r\nFrom: y\r\n\r\n', 'a', 'x/y', 'eml', 'message', ''],
];

test('detectType() goes by content and holds the claims against it', () => {
  for (const [content, name, declared, detected, family, odd] of CASES) {
    const type = detectType(fromLatin1(content), [name], declared);
    const seen = [
      type.mismatch ? 'mismatch' : '',
      type.doubleExtension ? 'double' : '',
      type.rtlName ? 'rtl' : '',
    ];
    assert.deepEqual(
      [type.detected, type.family, seen.filter((s) => s !== '').join(' ')],
      [detected, family, odd],
      `${JSON.stringify(content.slice(0, 20))} ${name}`,
    );
  }
});

test('detectType() sees macros, encryption and programs in archives', () => {
  const traits = (content: string): readonly string[] => detectType(fromLatin1(content), [], 'x/y').traits;
  assert.deepEqual(traits(zip('word/vbaProject.bin')), ['macros']);
  assert.deepEqual(traits(zip('run.js')), ['embedded-script']);
  assert.deepEqual(traits(zip('a.txt').replace('\x14\0\0\0', '\x14\0\x01\0')), ['encrypted']);
  assert.deepEqual(traits('\xff\xd8\xff\xe0 <script>'), ['polyglot']);
});
