/** Types told by content, of files whose names tell what they are (strelka, oletools). The name is not given to the detector. */
import assert from 'node:assert/strict';
import { globSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { test } from 'node:test';
import { detectType } from '#protocol/mime/file-type.ts';
import { DEFAULT_MIME_OPTIONS } from '#protocol/mime/walk.ts';
import { corpusPath, judgeSuite, type SuiteCase } from './suite.ts';

/** Extension → family, and the detected names that are right for it. */
const EXPECTED: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  '7z': ['archive', ['7z']],
  bz2: ['archive', ['bz2']],
  cab: ['archive', ['cab']],
  gz: ['archive', ['gz']],
  rar: ['archive', ['rar']],
  tar: ['archive', ['tar']],
  xar: ['archive', ['xar']],
  xz: ['archive', ['xz']],
  zip: ['archive', ['zip']],
  iso: ['disk-image', ['iso']],
  lnk: ['shortcut', ['lnk']],
  url: ['shortcut', ['url-shortcut']],
  iqy: ['script', ['iqy']],
  slk: ['script', ['slk']],
  vba: ['script', ['vba']],
  jpg: ['image', ['jpeg']],
  png: ['image', ['png']],
  eml: ['message', ['eml']],
  one: ['document', ['onenote']],
  pdf: ['document', ['pdf']],
  html: ['document', ['html']],
  rtf: ['document', ['rtf']],
  xml: ['document', ['xml', 'office-xml']],
  csv: ['text', ['text']],
  odt: ['document', ['odt']],
  ods: ['document', ['ods']],
  xps: ['document', ['xps', 'ooxml']],
  odp: ['document', ['odp']],
};
/** Files that are not what their name says, as reading them shows: prose with links in it, a reply without header. */
const NOT_AS_NAMED: ReadonlySet<string> = new Set(['test.url', 'test_broken.eml']);
const OFFICE = /^(doc|dot|xl|pp|pot)/;
const OFFICE_TYPES = /^(docx|xlsx|pptx|ooxml|doc|xls|ppt|ole|encrypted-office)$/;

function judge(file: string, head: Uint8Array): void {
  const extension = extname(file).slice(1).toLowerCase();
  const type = detectType(head, [], 'application/octet-stream');
  if (NOT_AS_NAMED.has(file)) {
    assert.equal(type.family, 'text');
    return;
  }
  if (OFFICE.test(extension)) {
    assert.equal(type.family, 'document');
    assert.match(type.detected, OFFICE_TYPES);
    return;
  }
  const [family, names] = EXPECTED[extension] ?? assert.fail(`no expectation for .${extension}`);
  assert.ok(names.includes(type.detected), type.detected);
  assert.equal(type.family, family);
}

for (const [suite, count] of [
  ['strelka', 35],
  ['oletools', 100],
] as const)
  test(`file types by content: ${suite}`, async (t) => {
    const folder = corpusPath(t, `attachments/${suite}`);
    if (folder === undefined) return;
    const cases: SuiteCase[] = globSync('**/*', { cwd: folder })
      .filter((f) => statSync(join(folder, f)).isFile() && extname(f) !== '' && !f.endsWith('.md'))
      .sort()
      .map((file) => ({
        id: file,
        judge: () =>
          judge(file, readFileSync(join(folder, file)).subarray(0, DEFAULT_MIME_OPTIONS.headBytes)),
      }));
    await judgeSuite(t, { name: suite, count, cases });
  });
