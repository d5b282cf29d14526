/**
 * MIME structure and decoded content against the expectations of three other parsers: stalwart's mail-parser (structure and
 * text, also of malformed messages), Apache James mime4j (structure and decoded files), and mikel/mail (must be survived).
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { toLatin1 } from '#core/bytes.ts';
import { readAuthors } from '#protocol/message/author.ts';
import { parseHeader } from '#protocol/message/header.ts';
import { decodeCharset } from '#protocol/mime/charset.ts';
import { readMessage } from '#protocol/mime/readings.ts';
import { createMimeWalker, DEFAULT_MIME_OPTIONS, type MimePart, type MimeTree } from '#protocol/mime/walk.ts';
import { corpusPath, judgeSuite, type SuiteCase } from './suite.ts';

/** Whole contents are compared, so all decoded bytes are kept. */
const OPTIONS = { ...DEFAULT_MIME_OPTIONS, headBytes: 1 << 20 };

function walk(bytes: Uint8Array): MimeTree {
  const header = parseHeader(bytes);
  const walker = createMimeWalker(header, OPTIONS);
  walker.update(bytes.subarray(header.bodyStart));
  return walker.finish();
}

/** A leaf is its content as text, a container the list of what it holds. */
type Shape = string | readonly Shape[];

const text = (s: string): string => s.replaceAll('\r\n', '\n').replace(/\n+$/, '');

function shapeOf(part: MimePart, show: (p: MimePart) => string): Shape {
  const isContainer = part.type.startsWith('multipart/') || /^message\/(rfc822|global|news)$/.test(part.type);
  return isContainer ? part.children.map((c) => shapeOf(c, show)) : show(part);
}

/** The standard's reading has that shape; or, where the message is ambiguous, another reading has. */
function assertSomeReading(bytes: Uint8Array, show: (p: MimePart) => string, wanted: Shape): void {
  const { main, others } = readMessage(bytes, OPTIONS);
  const isWanted = (root: MimePart): boolean => isDeepStrictEqual(shapeOf(root, show), wanted);
  const root = main.root;
  if (isWanted(root) || others.some((r) => r.parts[0] !== undefined && isWanted(r.parts[0]))) return;
  assert.deepEqual(shapeOf(root, show), wanted);
}

type StalwartBody =
  | { readonly Multipart: readonly number[] }
  | { readonly Text: string }
  | { readonly Html: string }
  | { readonly Binary: readonly number[] | string }
  | { readonly InlineBinary: readonly number[] | string }
  | { readonly Message: StalwartMessage };
type StalwartMessage = { readonly parts: readonly { readonly body: StalwartBody }[] };

function stalwartShape(message: StalwartMessage, at: number): Shape {
  const body = message.parts[at]?.body ?? assert.fail(`part ${at} is missing`);
  if ('Multipart' in body) return body.Multipart.map((i) => stalwartShape(message, i));
  if ('Message' in body) return [stalwartShape(body.Message, 0)];
  if ('Text' in body) return text(body.Text);
  if ('Html' in body) return text(body.Html);
  const binary = 'Binary' in body ? body.Binary : body.InlineBinary;
  return text(typeof binary === 'string' ? binary : toLatin1(Uint8Array.from(binary)));
}

const isText = (p: MimePart): boolean => p.type.startsWith('text/');
const showDecoded = (p: MimePart): string =>
  text(isText(p) ? decodeCharset(p.head, p.charset ?? '') : toLatin1(p.head));

test('MIME structure: stalwart mail-parser', async (t) => {
  const folder = corpusPath(t, 'mime/stalwart/eml');
  if (folder === undefined) return;
  const cases: SuiteCase[] = globSync('*/*.json', { cwd: folder })
    .sort()
    .map((file) => ({
      id: file,
      judge: () => {
        const isCrlf = file.endsWith('.crlf.json');
        const raw = readFileSync(join(folder, file.replace(/(\.crlf)?\.json$/, '.eml')), 'latin1');
        const bytes = Buffer.from(isCrlf ? raw.replaceAll(/\r?\n/g, '\r\n') : raw, 'latin1');
        const wanted = JSON.parse(readFileSync(join(folder, file), 'utf8')) as StalwartMessage;
        assertSomeReading(bytes, showDecoded, stalwartShape(wanted, 0));
      },
    }));
  await judgeSuite(t, { name: 'stalwart', count: 66, cases });
});

/** The nesting of `<multipart>` and `<message>`, and the files that hold the decoded leaves. */
function jamesShape(xml: string, read: (file: string) => string): Shape {
  const top: Shape[] = [];
  const stack = [top];
  for (const [, end, tag, file] of xml.matchAll(
    /<(\/?)(message|multipart|(?:text|binary)-body)\b(?: name="([^"]*)")?[^>]*>/g,
  )) {
    const open = stack.at(-1) ?? assert.fail(xml);
    if (file !== undefined) open.push(text(read(file)));
    else if (end === '') {
      const inner: Shape[] = [];
      // The outermost message is only what it holds.
      if (stack.length > 1 || tag !== 'message') open.push(inner);
      stack.push(stack.length === 1 && tag === 'message' ? open : inner);
    } else stack.pop();
  }
  return top[0] ?? assert.fail(xml);
}

test('MIME structure: Apache James mime4j', async (t) => {
  const folder = corpusPath(t, 'mime/james-testmsgs');
  if (folder === undefined) return;
  const cases: SuiteCase[] = globSync('*.msg', { cwd: folder })
    .sort()
    .map((file) => ({
      id: file,
      judge: () => {
        const xml = readFileSync(join(folder, `${basename(file, '.msg')}_decoded.xml`), 'latin1');
        const wanted = jamesShape(xml, (name) => readFileSync(join(folder, name), 'latin1'));
        assertSomeReading(readFileSync(join(folder, file)), (p) => text(toLatin1(p.head)), wanted);
      },
    }));
  await judgeSuite(t, { name: 'james', count: 32, cases });
});

test('broken mail of mikel/mail is read without harm', async (t) => {
  const folder = corpusPath(t, 'mime/ruby-mail');
  if (folder === undefined) return;
  const cases: SuiteCase[] = globSync('*/*.eml', { cwd: folder })
    .sort()
    .map((file) => ({
      id: file,
      judge: () => {
        const bytes = readFileSync(join(folder, file));
        const tree = walk(bytes);
        assert.ok(tree.parts.length > 0);
        assert.equal(tree.limitHit, undefined);
        const authors = readAuthors(parseHeader(bytes));
        assert.equal(
          authors.addresses.length === 0,
          authors.defects.some((d) => /no-from|no-address|empty|group/.test(d.kind)),
        );
      },
    }));
  await judgeSuite(t, { name: 'ruby-mail', count: 48, cases });
});
