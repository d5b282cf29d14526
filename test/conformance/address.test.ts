/**
 * The isemail test set: 279 addresses with the diagnosis of its author. Its categories say two things, and both are held:
 * whether SMTP may carry the address (parseMailbox) and what it is worth in a header (gradeAddrSpec).
 *
 *   VALID, DNSWARN, RFC5321  → SMTP yes, header valid   (DNS is not asked here)
 *   CFWS                     → SMTP no,  header valid
 *   DEPREC                   → SMTP no,  header deprecated
 *   RFC5322                  → SMTP no,  header valid   (too long, or a literal that is no address), or deprecated for
 *                              the one case whose diagnosis is an obsolete form
 *   ERR                      → SMTP no,  header invalid
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gradeAddrSpec, type AddrSpecGrade } from '#protocol/address/addr-spec.ts';
import { parseMailbox } from '#protocol/address/mailbox.ts';
import { corpusText, judgeSuite } from './suite.ts';

type Expected = { readonly smtp: boolean; readonly header: AddrSpecGrade };

const EXPECTED: Readonly<Record<string, Expected>> = {
  VALID_CATEGORY: { smtp: true, header: 'valid' },
  DNSWARN: { smtp: true, header: 'valid' },
  RFC5321: { smtp: true, header: 'valid' },
  CFWS: { smtp: false, header: 'valid' },
  DEPREC: { smtp: false, header: 'deprecated' },
  RFC5322: { smtp: false, header: 'valid' },
  ERR: { smtp: false, header: 'invalid' },
};

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decodeXml(text: string): string {
  return text
    .replaceAll(/&(#x[0-9a-fA-F]+|#\d+|\w+);/g, (_, name: string) => {
      if (name.startsWith('#x')) return String.fromCodePoint(Number.parseInt(name.slice(2), 16));
      if (name.startsWith('#')) return String.fromCodePoint(Number(name.slice(1)));
      return ENTITIES[name] ?? assert.fail(`entity ${name}`);
    })
    .replaceAll(/[\u2400-\u241f]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0x2400));
}

test('address syntax: isemail', async (t) => {
  const xml = corpusText(t, 'smtp/isemail-tests-original.xml');
  if (xml === undefined) return;
  const cases = [...xml.matchAll(/<test id="(\d+)">([\s\S]*?)<\/test>/g)].map(([, id = '', body = '']) => {
    const field = (name: string): string =>
      new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(body)?.[1] ?? '';
    const address = decodeXml(field('address'));
    const wanted = EXPECTED[field('category').replace('ISEMAIL_', '')];
    assert.ok(wanted !== undefined, `case ${id} has an unknown category`);
    const isObsoleteLiteral = field('diagnosis') === 'ISEMAIL_RFC5322_DOMLIT_OBSDTEXT';
    const expected = isObsoleteLiteral ? { ...wanted, header: 'deprecated' as const } : wanted;
    return {
      id,
      judge: () => {
        const got = { smtp: parseMailbox(address, { smtpUtf8: false }).ok, header: gradeAddrSpec(address) };
        assert.deepEqual(got, expected, JSON.stringify(address));
      },
    };
  });
  await judgeSuite(t, { name: 'isemail', cases, count: 279 });
});
