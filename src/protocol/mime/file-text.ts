/** Files without magic bytes: pages, scripts, shortcuts and messages by how their text begins, the rest by how it looks. */
import type { Buffer } from 'node:buffer';
import { decodeUnknown } from './charset.ts';
import { familyOfExtension } from './file-name.ts';
import type { Content, FileFamily } from './file-kinds.ts';

const MAX_TEXT = 4096;

type Sign = { readonly pattern: RegExp; readonly detected: string; readonly family: FileFamily };

/** Tried in order on the beginning of the text, white space before it left out. */
const BEGINNINGS: readonly Sign[] = [
  { pattern: /^#!/, detected: 'shebang-script', family: 'script' },
  { pattern: /^<\?php/i, detected: 'php', family: 'script' },
  { pattern: /^\[InternetShortcut\]/i, detected: 'url-shortcut', family: 'shortcut' },
  { pattern: /^\[Desktop Entry\]/i, detected: 'desktop-entry', family: 'shortcut' },
  { pattern: /^WEB\r?\n1\r?\n/i, detected: 'iqy', family: 'script' },
  { pattern: /^ID;P/, detected: 'slk', family: 'script' },
  { pattern: /^(Windows Registry Editor|REGEDIT4)/i, detected: 'reg', family: 'script' },
  { pattern: /^@echo (off|on)/i, detected: 'batch', family: 'script' },
  {
    pattern: /^(Attribute VB_Name|Option Explicit\b|((Public|Private) )?Sub \w+\()/i,
    detected: 'vba',
    family: 'script',
  },
  {
    pattern:
      /^(<\?xml[^>]{0,200}\?>\s*)?(<!--[\s\S]{0,500}?-->\s*)?(<!DOCTYPE svg[^>]{0,300}>\s*)?<svg[\s>]/i,
    detected: 'svg',
    family: 'document',
  },
  {
    pattern: /^(<\?xml[^>]{0,200}\?>\s*)?(<!--[\s\S]{0,500}?-->\s*)?<(job|package|scriptlet|component)[\s>]/i,
    detected: 'windows-script',
    family: 'script',
  },
  {
    pattern: /^<\?xml[^>]{0,200}\?>[\s\S]{0,500}<\?mso-application/i,
    detected: 'office-xml',
    family: 'document',
  },
  {
    pattern:
      /^(<!--[\s\S]{0,500}?-->\s*)?<(!doctype html|html|head|body|script|table|iframe|meta|title|div)[\s>]/i,
    detected: 'html',
    family: 'document',
  },
  { pattern: /^MIME-Version:[\s\S]{0,800}multipart\/related/i, detected: 'mhtml', family: 'document' },
  {
    pattern:
      /^(From |(Return-Path|Received|From|To|Subject|Date|Message-ID|MIME-Version|Delivered-To|X-[\w-]+|Content-Type|DKIM-Signature|ARC-Seal):[^\r\n]*\r?\n([ \t][^\r\n]*\r?\n)*([\w-]+:|\r?\n))/i,
    detected: 'eml',
    family: 'message',
  },
  { pattern: /^BEGIN:VCALENDAR/i, detected: 'ics', family: 'text' },
  { pattern: /^BEGIN:VCARD/i, detected: 'vcf', family: 'text' },
  { pattern: /^(<\?xml|<\w+ xmlns)/i, detected: 'xml', family: 'document' },
];

/** Words that only programs hold; three different ones make a script where the name does not say so. */
const SCRIPT_SIGNS: readonly (readonly [RegExp, string])[] = [
  [/\b(WScript\.|CreateObject\s*\(|On Error Resume Next|End Sub\b|ExecuteGlobal)/gi, 'vbscript'],
  [/\b(ActiveXObject|eval\s*\(|function\s*\w*\s*\(|String\.fromCharCode|var\s+\w+\s*=)/g, 'javascript'],
  [
    /(Invoke-(Expression|WebRequest)|\bIEX\b|New-Object\s+(System\.)?Net|FromBase64String|\$env:)/i,
    'powershell',
  ],
  [/^\s*(@?echo|set \w+=|start \/|goto |rem )/gim, 'batch'],
];

export function detectText(bytes: Buffer, extensions: readonly string[]): Content {
  const text = textOf(bytes);
  if (text === undefined)
    return {
      detected: isIso(bytes) ? 'iso' : 'unknown',
      family: isIso(bytes) ? 'disk-image' : 'unknown',
      traits: [],
    };
  const start = text.trimStart();
  const hta = /<hta:application/i.test(start);
  if (hta || (extensions.includes('hta') && start.includes('<')))
    return { detected: 'hta', family: 'script', traits: [] };
  for (const { pattern, detected, family } of BEGINNINGS)
    if (pattern.test(start))
      return {
        detected,
        family,
        traits:
          /<script|javascript:|\bon(load|error)\s*=/i.test(start) && family === 'document'
            ? ['embedded-script']
            : [],
      };
  const named = extensions.find((e) => ['script', 'shortcut'].includes(familyOfExtension(e) ?? ''));
  // A text under the name of a script is run as one, whatever it looks like.
  if (named !== undefined)
    return { detected: named, family: familyOfExtension(named) ?? 'script', traits: [] };
  return {
    detected: scriptBySigns(start) ?? 'text',
    family: scriptBySigns(start) === undefined ? 'text' : 'script',
    traits: [],
  };
}

function scriptBySigns(text: string): string | undefined {
  for (const [pattern, detected] of SCRIPT_SIGNS) {
    const all = text.match(pattern);
    if (all !== null && new Set(all).size >= 3) return detected;
  }
  return undefined;
}

/** The text of what looks like one, byte order marks and UTF-16 understood; undefined for binary data. */
function textOf(bytes: Buffer): string | undefined {
  const head = bytes.subarray(0, MAX_TEXT);
  if (head[0] === 0xff && head[1] === 0xfe) return head.toString('utf16le', 2);
  if (head[0] === 0xfe && head[1] === 0xff) return new TextDecoder('utf-16be').decode(head.subarray(2));
  if (head.length >= 4 && head[1] === 0 && head[3] === 0 && head[0] !== 0) return head.toString('utf16le');
  let controls = 0;
  for (const b of head) {
    if (b === 0) return undefined;
    if (b < 32 && b !== 9 && b !== 10 && b !== 13 && b !== 12 && b !== 27) controls++;
  }
  if (controls * 20 > head.length) return undefined;
  return decodeUnknown(head).replace(/^\ufeff/, '');
}

/** ISO 9660 and UDF say so only after 32 KiB; before it stand zeros, which nothing else mails. */
function isIso(bytes: Buffer): boolean {
  if (bytes.length > 32_774) return /^(CD001|BEA01|NSR0)/.test(bytes.toString('latin1', 32_769, 32_774));
  return bytes.length >= 2048 && bytes.subarray(0, 2048).every((b) => b === 0);
}
