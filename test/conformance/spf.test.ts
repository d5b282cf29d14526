/** The RFC 7208 test suite of pyspf: 16 zones, 203 cases. `DEFAULT` explanation means "none of the domain's own". */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { parseZone } from '#protocol/dns/zone.ts';
import { zoneResolver } from '#protocol/dns/zone-resolver.ts';
import { checkHost } from '#protocol/spf/check-host.ts';
import { checkSpfLines } from '#cli/check-spf.ts';
import { corpusText, judgeSuite, type SuiteCase } from './suite.ts';

type Case = {
  readonly helo: string;
  readonly host: string;
  readonly mailfrom: string;
  readonly result: string | readonly string[];
  readonly explanation?: string;
};
type Scenario = { readonly tests: Readonly<Record<string, Case>>; readonly zonedata: unknown };

function scenarioCases(scenario: Scenario, prefix: string): SuiteCase[] {
  const zone = parseZone(scenario.zonedata);
  assert.ok(zone.ok, JSON.stringify(zone));
  const resolver = zoneResolver(zone.value);
  return Object.entries(scenario.tests).map(([id, c]) => ({
    id: `${prefix}/${id}`,
    judge: async () => {
      const got = await checkHost({
        ip: c.host,
        helo: c.helo,
        mailFrom: c.mailfrom,
        resolver,
        receiver: 'receiver.example',
        nowMs: 0,
      });
      const allowed = typeof c.result === 'string' ? [c.result] : c.result;
      assert.ok(
        allowed.includes(got.result),
        `${got.result} (${got.reason}), expected ${allowed.join(' or ')}`,
      );
      if (c.explanation === undefined) return;
      assert.equal(got.explanation, c.explanation === 'DEFAULT' ? '' : c.explanation);
    },
  }));
}

test('SPF: the RFC 7208 suite', async (t) => {
  const text = corpusText(t, 'spf/rfc7208-tests.yml');
  if (text === undefined) return;
  const scenarios = parseAllDocuments(text, { uniqueKeys: false }).map((d) => d.toJS() as Scenario);
  const cases = scenarios.flatMap((s, i) => scenarioCases(s, String(i + 1)));
  await judgeSuite(t, { name: 'rfc7208', cases, count: 203 });
});

async function* oneByOne(lines: readonly string[]): AsyncGenerator<string> {
  for (const line of lines) yield `${line}\n`;
}

test('SPF: the RFC 7208 suite through `gatehouse check --spf -`', async (t) => {
  const text = corpusText(t, 'spf/rfc7208-tests.yml');
  if (text === undefined) return;
  const scenarios = parseAllDocuments(text, { uniqueKeys: false }).map((d) => d.toJS() as Scenario);
  const cases = scenarios.flatMap((s) => Object.values(s.tests).map((c) => ({ ...c, zone: s.zonedata })));
  const lines = cases.map((c) =>
    JSON.stringify({ ip: c.host, helo: c.helo, mailfrom: c.mailfrom, zone: c.zone }),
  );
  let out = '';
  assert.equal(await checkSpfLines(oneByOne(lines), (piece) => (out += piece), 0), 0);
  const answers = out
    .trimEnd()
    .split('\n')
    .map((l) => JSON.parse(l) as { readonly result: string });
  assert.equal(answers.length, 203);
  for (const [i, c] of cases.entries())
    assert.ok([c.result].flat().includes(answers[i]!.result), `${c.mailfrom}: ${answers[i]!.result}`); // `!`: counted above
});
