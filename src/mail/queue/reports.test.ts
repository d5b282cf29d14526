/** Which reports an attempt brings, and what they give away, by how far the sender is proven. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { concat, fromUtf8, toUtf8 } from '#core/bytes.ts';
import { newId } from '#core/id.ts';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { sampleEnvelope, sampleToCommit, TENANT } from '#test/support/messages.ts';
import type { AttemptResult } from '../deliver/types.ts';
import { insertMessages } from './insert.ts';
import type { QueueJob } from './job.ts';
import { leaseDue } from './lease.ts';
import type { Settled } from './outbound.ts';
import { createReportLimits, type ReportLimits } from './report-limits.ts';
import type { ReportTo } from './report-to.ts';
import { createReportWriter, type ReportDeps } from './reports.ts';

after(stopTestDatabases);

const job = (reportTo: ReportTo, more: Partial<QueueJob> = {}): QueueJob => ({
  tenant: TENANT,
  message: newId<'message'>(),
  mailFrom: 'victim@sender.example',
  destination: 'hop',
  domain: 'ours.example',
  recipients: [],
  size: 10,
  bodyType: '7BIT',
  smtpUtf8: false,
  requireTls: false,
  ret: 'FULL',
  envid: undefined,
  reportTo,
  receivedAtMs: 0,
  blob: newId<'blob'>(),
  // oxlint-disable-next-line typescript/require-await -- an async generator is what the contract asks for
  body: async function* () {
    yield fromUtf8('Subject: s\r\n\r\nThe body of a stranger.\r\n');
  },
  ...more,
});

function settled(n: number, over: Partial<AttemptResult>, delayTold = false): Settled {
  const recipient = {
    n,
    address: `p${n}@ours.example`,
    domain: 'ours.example',
    notify: ['success', 'failure', 'delay'] as const,
    orcpt: undefined,
    attempts: 0,
    queuedAtMs: 0,
    delayTold: false,
  };
  const result = {
    outcome: 'failed',
    remoteHost: 'store-7.inside.example',
    remoteIp: '10.0.0.7',
    code: 550,
    status: '5.1.1',
    enhanced: '5.1.1',
    text: 'store-7.inside.example knows nobody of that name',
    remoteSaid: true,
    dsnPassedOn: false,
    startedMs: 0,
    ...over,
  } as AttemptResult; // `as`: what the writer looks at
  const settlement = { outcome: result.outcome, delayTold, isExpired: false } as Settled['settlement']; // `as`: likewise
  return { recipient, result, settlement, triedUntilMs: 0 };
}

const ONE_HOUR_MS = 3_600_000;
const wide = createReportLimits({ recipientsPerMessage: 100, perDomainAndHour: 100, clock: () => 0 });

async function written(
  reportTo: ReportTo,
  more: Partial<QueueJob> = {},
  limits: ReportLimits = wide,
): Promise<string[]> {
  const texts: string[] = [];
  const deps: ReportDeps = {
    hostname: 'gate.example',
    languageOf: () => 'en',
    keys: { newDataKey: () => ({ key: undefined, wrapped: new Uint8Array(1) }) } as never, // only this is called
    blobs: {
      create: () => {
        const parts: Uint8Array[] = [];
        return {
          write: (bytes: Uint8Array) => Promise.resolve(void parts.push(bytes)),
          commit: () => Promise.resolve(void texts.push(toUtf8(concat(parts)))),
        };
      },
    } as never, // likewise
    clock: () => 0,
    limits,
  };
  const reports = await createReportWriter(deps)(job(reportTo, more), { kind: 'mx', tls: 'opportunistic' }, [
    settled(0, {}),
    settled(1, { outcome: 'delivered', code: 250, status: '2.0.0', enhanced: '2.0.0', text: 'ok' }),
    settled(2, { outcome: 'deferred', code: 451, status: '4.2.0', enhanced: '4.2.0' }, true),
    settled(3, { code: undefined, remoteSaid: false, text: 'no connection: 10.0.0.7 port 25' }),
  ]);
  for (const { envelope } of reports) assert.equal(envelope.requireTls, more.requireTls ?? false);
  return texts;
}

test('a proven sender hears of success, delay and failure, with what was asked for', async () => {
  const reports = await written('full');
  assert.equal(reports.length, 3);
  for (const part of [
    'The body of a stranger',
    'Remote-MTA: dns; store-7.inside.example',
    '10.0.0.7 port 25',
  ])
    assert.ok(
      reports.some((r) => r.includes(part)),
      part,
    );
});

test('a report of a message that required TLS requires it, too, and returns no body', async () => {
  const reports = await written('full', { requireTls: true });
  assert.equal(reports.length, 3);
  for (const report of reports) {
    assert.match(report, /^Subject: s/m);
    assert.ok(!report.includes('The body of a stranger'));
  }
});

test('an unproven sender hears of failures alone, without content and without names from inside', async () => {
  const reports = await written('headers');
  assert.equal(reports.length, 1);
  const [report = ''] = reports;
  assert.equal(report.match(/^Action: failed/gm)?.length, 2);
  assert.match(report, /^Subject: s/m);
  assert.match(report, /^Diagnostic-Code: smtp; 550 5\.1\.1/m);
  for (const secret of ['The body', 'inside.example', '10.0.0.7', 'Remote-MTA'])
    assert.ok(!report.includes(secret), secret);
});

test('an unproven sender is told of few recipients of a message, and its domain gets few reports an hour', async () => {
  let nowMs = 0;
  const limits = createReportLimits({ recipientsPerMessage: 3, perDomainAndHour: 2, clock: () => nowMs });
  const message = newId<'message'>();
  const named = async (reportTo: ReportTo, more: Partial<QueueJob>): Promise<number> =>
    (await written(reportTo, more, limits)).join('').match(/^Action: failed/gm)?.length ?? 0;
  // Each try leaves two failed recipients.
  assert.deepEqual([await named('headers', { message }), await named('headers', { message })], [2, 1]);
  assert.equal(await named('headers', { message }), 0, 'the message has told enough');
  assert.equal(await named('headers', {}), 0, 'so has its domain');
  assert.equal(await named('headers', { mailFrom: 'x@other.example' }), 2);
  assert.equal(await named('full', {}), 2, 'who is proven is told');
  nowMs = ONE_HOUR_MS;
  assert.equal(await named('headers', {}), 2);
  assert.equal(await named('headers', { message }), 0);
});

test('a sender whose domain denies the mail hears nothing', async () => {
  assert.deepEqual(await written('none'), []);
});

test('what may be told is stored with the message and comes back with its rows', async () => {
  await using db = await testDatabase();
  const spf = {
    check: 'spf',
    code: 'fail',
    outcome: 'fail',
    class: 'auth',
    weight: 3,
    params: { scope: 'mfrom', domain: 'sender.example' },
    cites: [],
    durationUs: 1,
  } as const;
  const denied = sampleToCommit({ findings: [spf] });
  const ours = sampleToCommit({ envelope: sampleEnvelope({ direction: 'out' }) });
  const unknown = sampleToCommit();
  await insertMessages(db, [denied, ours, unknown], undefined);
  const rows = new Map((await leaseDue(db, newId(), 10)).map((r) => [r.message, r.reportTo]));
  assert.deepEqual(
    [denied, ours, unknown].map((m) => rows.get(m.envelope.id)),
    ['none', 'full', 'headers'],
  );
});
