/** ARC against the suite of ValiMail's arc_test_suite: 171 chains to validate, 17 messages to seal byte for byte. */
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { toLatin1 } from '#core/bytes.ts';
import { type ChainResult, mergedAuthResults, sealArc } from '#protocol/arc/seal.ts';
import { verifyArc } from '#protocol/arc/verify.ts';
import { SIGNING_BODY_HASH } from '#protocol/dkim/sign.ts';
import { parseTagList, withoutSpace } from '#protocol/dkim/tag-list.ts';
import { corpusText, judgeSuite, type SuiteCase } from './suite.ts';
import { readWhole, withCrlf, zoneOf } from '../support/signed.ts';

const NOW_MS = Date.parse('2025-06-02T12:00:00Z');

type Group<Case> = {
  readonly tests: Readonly<Record<string, Case>>;
  readonly 'txt-records': Readonly<Record<string, string>>;
  readonly domain: string;
  readonly sel: string;
  readonly privatekey: string;
};
type ValidationCase = { readonly message: string; readonly cv: string };
type SealCase = {
  readonly message: string;
  readonly t: number;
  readonly 'sig-headers': string;
  readonly 'srv-id': string;
  readonly AS: string;
  readonly AMS: string;
  readonly AAR: string;
};

function groups<Case>(text: string): Group<Case>[] {
  return parseAllDocuments(text).map((d) => d.toJS() as Group<Case>);
}

test('ARC: validation', async (t) => {
  const text = corpusText(t, 'arc/arc-draft-validation-tests.yml');
  if (text === undefined) return;
  const cases: SuiteCase[] = groups<ValidationCase>(text).flatMap((group) => {
    const resolver = zoneOf(group['txt-records']);
    return Object.entries(group.tests).map(([id, c]) => ({
      id,
      judge: async () => {
        const arc = await verifyArc({ ...readWhole(withCrlf(c.message)), resolver, nowMs: NOW_MS });
        // Three cases expect nothing: their newest seal says cv=fail, which RFC 8617 §5.2 step 2 makes a failure.
        assert.equal(arc.result, c.cv.trim().toLowerCase() || 'fail', arc.text);
        if (arc.result === 'fail') assert.notEqual(arc.reason, 'good');
      },
    }));
  });
  await judgeSuite(t, { name: 'arc-validation', count: 171, cases });
});

/** Tags with all white space gone, as far as it does not matter. */
function tagsOf(text: string): Record<string, string> {
  const list = parseTagList(text);
  assert.ok(list.ok, text);
  return Object.fromEntries([...list.value].map(([name, value]) => [name, withoutSpace(value)]));
}

function valueOf(field: Uint8Array | undefined): string {
  const text = toLatin1(field ?? new Uint8Array(0));
  return text.slice(text.indexOf(':') + 1);
}

function judgeSeal(group: Group<SealCase>, c: SealCase): void {
  const whole = readWhole(withCrlf(c.message), [SIGNING_BODY_HASH]);
  const payload = mergedAuthResults(whole.header, c['srv-id']);
  assert.ok(payload !== undefined);
  const fields = sealArc({
    ...whole,
    authResultsPayload: payload,
    chainResult: (/arc=(none|pass|fail)/.exec(payload)?.[1] ?? 'none') as ChainResult,
    domain: group.domain,
    selector: group.sel,
    key: createPrivateKey(group.privatekey),
    algorithm: 'rsa-sha256',
    nowMs: c.t * 1000,
    exactHeaders: c['sig-headers'].split(':'),
  });
  if (c.AS === '') return assert.equal(fields.length, 0);
  assert.equal(withoutSpace(valueOf(fields[2])), withoutSpace(c.AAR));
  assert.deepEqual(tagsOf(valueOf(fields[1])), tagsOf(c.AMS));
  assert.deepEqual(tagsOf(valueOf(fields[0])), tagsOf(c.AS));
}

test('ARC: sealing, the signatures byte for byte', async (t) => {
  const text = corpusText(t, 'arc/arc-draft-sign-tests.yml');
  if (text === undefined) return;
  const cases: SuiteCase[] = groups<SealCase>(text).flatMap((group) =>
    Object.entries(group.tests).map(([id, c]) => ({ id, judge: () => judgeSeal(group, c) })),
  );
  await judgeSuite(t, { name: 'arc-sign', count: 17, cases });
});
