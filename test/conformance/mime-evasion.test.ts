/**
 * Messages made to hide a file from a filter (noxxi/mime-is-broken). Each carries `eicar.zip`, or a file that some program
 * names `….zip`, behind one trick. The rule of the suite: a well-formed one (validity 2 and 3) is read as it stands; of the
 * others the file is found in some reading, or the message is called ambiguous.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gradeOf } from '#protocol/mime/defects.ts';
import { readMessage, type Readings } from '#protocol/mime/readings.ts';
import { DEFAULT_MIME_OPTIONS, type MimePart } from '#protocol/mime/walk.ts';
import { corpusPath, judgeSuite } from './suite.ts';

type Case = { readonly file: string; readonly id: string; readonly validity: number; readonly kind: string };

/** The decoded payload; and the same where a line break inside it was a line break of the message, which is CRLF now. */
const PAYLOADS: readonly string[] = [
  '2c7a24e14b230cfb2a57d7a01e285747f3db143a8092e19486b198028478b6af',
  'da3a8246f542c51661e8a23c338bd2ba4d30723942eaba574ce2ee2acecdfac8',
];

function shows(parts: readonly MimePart[], kind: string): boolean {
  return parts.some((p) =>
    kind === 'content' ? PAYLOADS.includes(p.sha256 ?? '') : p.names.some((n) => n.endsWith('.zip')),
  );
}

function isAmbiguous({ main }: Readings): boolean {
  return main.parts.some((p) => p.defects.some((d) => gradeOf(d) === 'ambiguous'));
}

function judge(c: Case, bytes: Uint8Array): void {
  const readings = readMessage(bytes, DEFAULT_MIME_OPTIONS);
  // Two cases hide nothing: the plain name is all there is.
  if (/^fname-\w+\.png$/.test(c.id)) {
    assert.ok(readings.main.parts.some((p) => p.names.includes('file.png')));
    return;
  }
  const isSeen = shows(readings.main.parts, c.kind);
  if (c.validity >= 2) assert.ok(isSeen, 'a well-formed message is read as it stands');
  else
    assert.ok(
      isSeen || readings.others.some((r) => shows(r.parts, c.kind)) || isAmbiguous(readings),
      JSON.stringify(readings.main.parts.map((p) => [p.path, p.type, p.size, p.names, p.defects])),
    );
}

for (const ends of ['LF', 'CRLF'])
  test(`messages that hide a file, lines ended by ${ends}`, async (t) => {
    const folder = corpusPath(t, 'mime-evasion/noxxi');
    if (folder === undefined) return;
    const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as { readonly cases: Case[] };
    const bytesOf = (file: string): Uint8Array => {
      const text = readFileSync(join(folder, file), 'latin1');
      return Buffer.from(ends === 'LF' ? text : text.replaceAll(/\r?\n/g, '\r\n'), 'latin1');
    };
    await judgeSuite(t, {
      name: 'mime-evasion',
      count: 154,
      cases: index.cases.map((c) => ({ id: c.file, judge: () => judge(c, bytesOf(c.file)) })),
    });
  });

test('most hidden files are not only suspected but seen', (t) => {
  const folder = corpusPath(t, 'mime-evasion/noxxi');
  if (folder === undefined) return;
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as { readonly cases: Case[] };
  const unseen = index.cases.filter((c) => {
    const { main, others } = readMessage(readFileSync(join(folder, c.file)), DEFAULT_MIME_OPTIONS);
    return !shows(main.parts, c.kind) && !others.some((r) => shows(r.parts, c.kind));
  });
  t.diagnostic(`seen ${index.cases.length - unseen.length} of ${index.cases.length}`);
  assert.ok(unseen.length <= 9, unseen.map((c) => c.id).join('\n'));
});
