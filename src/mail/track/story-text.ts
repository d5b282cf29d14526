/** The story of a message in words, for the terminal and the helpdesk. Times are UTC. */
import { findingText } from '../texts/finding-text.ts';
import { reasonText } from '../texts/reason-text.ts';
import { printable, text, type Language } from '../texts/text.ts';
import type { Reason } from '../verdict.ts';
import type { Story, StoryAttempt, StoryMessage, StoryRecipient } from './explain.ts';

export function storyText(story: Story, language: Language): string {
  const { message, recipients, record } = story;
  const lines = [
    ...opening(message, language),
    '',
    text(language, 'story.connection'),
    ...indent(1, connection(message, language)),
    '',
    text(language, 'story.checks'),
    ...indent(1, checks(message, language)),
    '',
    text(language, 'story.decision'),
    ...indent(1, [
      `${text(language, `story.verdict.${message.verdict}`)} ${text(language, 'story.policy', { version: message.policyVersion })}`,
      ...reasons(message.reasons, message, language),
    ]),
    '',
    text(language, 'story.recipients'),
    ...indent(
      1,
      recipients.flatMap((r) => recipientLines(r, recipients, message, language)),
    ),
    '',
    text(language, 'story.record'),
    ...indent(
      1,
      record.map(
        (e) =>
          `${time(e.atMs)}  ${printable(e.what)}  ${printable(e.actor)}  ${printable(JSON.stringify(e.details))}`,
      ),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function opening(m: StoryMessage, language: Language): string[] {
  const params = {
    id: m.id,
    direction: text(language, `story.${m.direction}`),
    size: m.size,
    at: time(m.receivedAtMs),
  };
  return [
    text(language, 'story.message', params),
    text(language, 'story.from', {
      from: m.headerFrom ?? '-',
      mailFrom: m.mailFrom === '' ? '<>' : m.mailFrom,
    }),
    text(language, 'story.subject', { subject: m.subject ?? '-' }),
    text(language, 'story.message-id', { id: m.messageIdHeader ?? '-' }),
  ];
}

function connection(m: StoryMessage, language: Language): string[] {
  const name = m.peerName ?? text(language, 'story.no-name');
  return [
    text(language, 'story.peer', {
      ip: m.peerIp,
      name,
      helo: m.helo,
      protocol: m.protocol,
      listener: m.listener,
    }),
    m.tlsVersion === null
      ? text(language, 'story.no-tls')
      : text(language, 'story.tls', { version: m.tlsVersion, cipher: m.tlsCipher ?? '-' }),
    ...(m.authWho === null
      ? []
      : [text(language, 'story.auth', { who: m.authWho, method: m.authMethod ?? '-' })]),
  ];
}

function checks(m: StoryMessage, language: Language): string[] {
  return m.findings.map((f) => {
    const took = `${(f.durationUs / 1000).toFixed(1)} ms`;
    return `${f.outcome.padEnd(9)} ${f.check.padEnd(14)} ${took.padStart(10)}  ${findingText(f, language)}`;
  });
}

/** A reason in the reader's language: made again from the finding it names, since the stored sentence is English. */
function reasons(list: readonly Reason[], m: StoryMessage, language: Language): string[] {
  return list.map(
    (r) => `- ${text(language, 'story.reason', { rule: r.rule, text: reasonText(r, m.findings, language) })}`,
  );
}

function recipientLines(
  r: StoryRecipient,
  all: readonly StoryRecipient[],
  m: StoryMessage,
  language: Language,
): string[] {
  // One recipient to put off makes the answer to all of them 451.
  const isPutOff = r.state === 'refused' && all.some((other) => other.action === 'defer');
  const state =
    r.state === 'queued' && r.nextAtMs !== null
      ? text(language, 'story.state.queued-until', { at: time(r.nextAtMs) })
      : text(language, `story.state.${isPutOff ? 'put-off' : r.state}`, { at: time(r.stateAtMs) });
  return [
    `${printable(r.address)}: ${state}`,
    ...indent(1, [
      ...reasons(r.reasons, m, language),
      ...r.attempts.flatMap((a) => attemptLines(a, language)),
    ]),
  ];
}

function attemptLines(a: StoryAttempt, language: Language): string[] {
  const host =
    a.remoteHost === null && a.remoteIp === null
      ? text(language, 'story.attempt.nobody')
      : `${a.remoteHost ?? '-'} [${a.remoteIp ?? '-'}]`;
  // Without a reply code nobody said anything: the words are ours.
  const isOurs = a.replyCode === null;
  const what = isOurs && a.outcome !== 'delivered' ? (`${a.outcome}-here` as const) : a.outcome;
  const words = [a.replyCode, a.enhanced, a.replyText].filter((p) => p !== null && p !== '').join(' ');
  return [
    `${text(language, `story.attempt.${what}`, { at: time(a.atMs), host, stage: a.stage })} (${a.durationMs} ms)`,
    ...indent(1, [
      ...transportLine(a, language),
      ...(words === ''
        ? []
        : [text(language, isOurs ? 'story.attempt.found' : 'story.attempt.reply', { reply: words })]),
    ]),
  ];
}

/** Stages before there is a connection, so that nothing can be said about its safety. */
const BEFORE_CONNECTION: ReadonlySet<string> = new Set(['route', 'dns', 'slot', 'policy', 'connect']);

function transportLine(a: StoryAttempt, language: Language): string[] {
  if (BEFORE_CONNECTION.has(a.stage)) return [];
  const tls =
    a.tlsVersion === null ? text(language, 'story.no-tls') : `${a.tlsVersion} ${a.tlsCipher ?? ''}`.trim();
  const detail = [a.securityDetail, tls].filter((p) => p !== '').join('; ');
  const security = a.security === 'none' ? '' : `${a.security}, `;
  return [text(language, 'story.attempt.security', { security, detail })];
}

function indent(depth: number, lines: readonly string[]): string[] {
  return lines.map((l) => '  '.repeat(depth) + l);
}

function time(atMs: number): string {
  return new Date(atMs)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}
