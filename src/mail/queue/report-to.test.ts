import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleEnvelope } from '#test/support/messages.ts';
import type { Envelope } from '../envelope.ts';
import type { Finding } from '../finding.ts';
import { mayReport, notifyOf, reportToOf, retOf } from './report-to.ts';

const found = (check: string, code: string, params: Finding['params']): Finding => ({
  check,
  code,
  outcome: 'neutral',
  class: 'auth',
  weight: 0,
  params,
  cites: [],
  durationUs: 1,
});
const spf = (code: string, scope = 'mfrom') => found('spf', code, { scope, domain: 'sender.example' });
const dmarc = (code: string, domain: string) => found('dmarc', code, { domain });

const table: [string, Partial<Envelope>, Finding[], string][] = [
  ['our own mail', { direction: 'out' }, [], 'full'],
  ['whoever signed in', { auth: { method: 'password', who: 'app' } }, [spf('fail')], 'full'],
  ['a stranger whom SPF proves', {}, [spf('pass')], 'full'],
  ['a stranger whose HELO alone is proven', {}, [spf('pass', 'helo')], 'headers'],
  ['a stranger whom SPF denies', {}, [spf('fail')], 'none'],
  ['a stranger of whom nothing is known', {}, [], 'headers'],
  ['a check that crashed', {}, [found('spf', 'crashed', {})], 'headers'],
  ['softfail', {}, [spf('softfail')], 'headers'],
  ['a forwarded message that DMARC proves', {}, [spf('fail'), dmarc('pass', 'sender.example')], 'full'],
  ['a name below it', {}, [spf('none'), dmarc('pass', 'mail.sender.example')], 'full'],
  ['an author proven by another name', {}, [spf('fail'), dmarc('pass', 'evil.example')], 'none'],
  ['a name that only ends alike', {}, [spf('none'), dmarc('pass', 'ender.example')], 'headers'],
  ['a policy that failed', {}, [spf('none'), dmarc('fail-none', 'sender.example')], 'headers'],
];
for (const [name, envelope, findings, expected] of table)
  test(`reportToOf(): ${name}`, () => {
    assert.equal(reportToOf(sampleEnvelope(envelope), findings), expected);
  });

test('of an unproven sender only failures are told, here and by the next hop', () => {
  const actions = ['failed', 'delayed', 'delivered', 'relayed'] as const;
  const told = (to: Parameters<typeof mayReport>[0]) => actions.filter((a) => mayReport(to, a)).join(' ');
  assert.deepEqual([told('full'), told('headers'), told('none')], [actions.join(' '), 'failed', '']);
  assert.deepEqual(notifyOf('full', ['success']), ['success']);
  assert.deepEqual(notifyOf('headers', ['success', 'failure', 'delay']), ['failure']);
  assert.equal(notifyOf('headers', ['success']), 'never');
  assert.equal(notifyOf('headers', undefined), undefined);
  assert.equal(notifyOf('none', undefined), 'never');
  assert.deepEqual(
    [retOf('full', 'FULL'), retOf('headers', 'FULL'), retOf('none', undefined)],
    ['FULL', 'HDRS', undefined],
  );
});
