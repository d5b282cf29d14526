/** `gatehouse search`: finds messages by who, what and when, newest first. */
import { parseId } from '#core/id.ts';
import { ACTIONS } from '#mail/decide/policy.ts';
import { searchMessages, type Search } from '#mail/track/search.ts';
import { printable } from '#mail/texts/text.ts';
import { print, singleCommand, table, usage, withTenant, type Arguments } from './subcommands.ts';
import { limitOf, messageIdOf, timeOf } from './track-flags.ts';

const flag = (value: string, help: string) => ({ type: 'string', value, help }) as const;

export const search = singleCommand('search', {
  summary: 'Find messages, newest first. All that is given must fit.',
  positionals: [],
  flags: {
    id: flag('ID', 'The id that our 250 answered.'),
    sender: flag('ADDRESS', 'A whole address, of the envelope or of From.'),
    recipient: flag('ADDRESS', 'A whole address, or @domain.'),
    subject: flag('WORDS', 'Words that all occur in the subject.'),
    'message-id': flag('TEXT', 'The Message-ID field.'),
    from: flag('TIME', 'Received at this time or later, such as 2026-06-02 or 2026-06-02T12:00:00Z.'),
    until: flag('TIME', 'Received before this time.'),
    verdict: flag('WORD', `One of ${ACTIONS.join(', ')}.`),
    limit: flag('N', 'At most so many, 50 when left out.'),
    after: flag('ID', 'Go on after this message.'),
  },
  run: async (args, context) => {
    const asked = readSearch(args);
    if (Array.isArray(asked)) {
      for (const complaint of asked) usage(context, 'search', complaint);
      return 2;
    }
    return await withTenant(args, context, async (db, tenant) => {
      const page = await searchMessages(db, tenant, asked);
      const rows = page.items.map((m) => [
        m.id,
        new Date(m.receivedAtMs).toISOString().slice(0, 19),
        m.verdict,
        m.mailFrom === '' ? '<>' : m.mailFrom,
        `${m.recipients.map((r) => `${r.address} ${r.state}`).join(', ')}${m.recipientCount > m.recipients.length ? ', …' : ''}`,
        m.subject ?? '',
      ]);
      const more = page.next === undefined ? '' : `more: --after ${page.next}\n`;
      const head = ['ID', 'RECEIVED', 'VERDICT', 'FROM', 'TO', 'SUBJECT'];
      print(
        context,
        args,
        page,
        rows.length === 0
          ? 'No message fits.\n'
          : table(
              head,
              rows.map((r) => r.map(printable)),
            ) + more,
      );
      return page.items.length > 0 ? 0 : 1;
    });
  },
});
export const run = search.run;

/** The question, or every mistake in it. */
function readSearch(args: Arguments): Search | string[] {
  const complaints: string[] = [];
  const read = <T>(name: string, parse: (text: string) => T | undefined, what: string): T | undefined => {
    const text = args.text(name);
    if (text === undefined) return undefined;
    const value = parse(text);
    if (value === undefined) complaints.push(`--${name} must be ${what}, not "${text}"`);
    return value;
  };
  const address = (text: string): string | undefined =>
    /^[^\p{Cc}]*@[^\s@\p{Cc}]+$/u.test(text) ? text : undefined;
  const words = (text: string): string | undefined => (text.trim() === '' ? undefined : text);
  const limit = limitOf(args);
  if (limit === undefined) complaints.push('--limit must be a number from 1 to 1000');
  const asked: Search = {
    id: read('id', messageIdOf, 'a message id'),
    sender: read('sender', (t) => (t.startsWith('@') ? undefined : address(t)), 'a whole address'),
    recipient: read('recipient', address, 'an address or @domain'),
    subject: read('subject', words, 'some words'),
    messageId: read('message-id', words, 'a Message-ID'),
    fromMs: read('from', timeOf, 'a time like 2026-06-02T12:00:00Z'),
    untilMs: read('until', timeOf, 'a time like 2026-06-02T12:00:00Z'),
    verdict: read('verdict', (t) => ACTIONS.find((a) => a === t), `one of ${ACTIONS.join(', ')}`),
    limit: limit ?? 1,
    after: read('after', (t) => parseId<'message'>(t), 'a message id'),
  };
  return complaints.length > 0 ? complaints : asked;
}
