/** The messages of `gatehouse try`: ours, harmless, and each with the one thing it is there to show. */
import { mailDate } from '#core/time.ts';
import { TRY_DOMAIN } from '../try-zone.ts';

export type Expected = 'delivered' | 'held' | 'refused';
export type Sample = {
  readonly name: string;
  /** What it shows, in a sentence. */
  readonly shows: string;
  readonly mailFrom: string;
  readonly rcptTo: string;
  /** The bytes between DATA and the final dot, dots not yet doubled. Undefined: RCPT is all that is tried. */
  readonly data: string;
  readonly expected: Expected;
};

export const TRY_RECIPIENT = `you@${TRY_DOMAIN}`;
const GOOD = `sender@good.${TRY_DOMAIN}`;
const BANK = `director@bank.${TRY_DOMAIN}`;

type Fields = { readonly from: string; readonly subject: string; readonly extra?: readonly string[] };

export function samples(nowMs: number, run: string): readonly Sample[] {
  const letter = (name: string, f: Fields, body: string): string =>
    [
      `From: ${f.from}`,
      `To: <${TRY_RECIPIENT}>`,
      `Subject: ${f.subject}`,
      `Date: ${mailDate(nowMs)}`,
      `Message-ID: <${name}.${run}@good.${TRY_DOMAIN}>`,
      'MIME-Version: 1.0',
      ...(f.extra ?? ['Content-Type: text/plain; charset=utf-8']),
      '',
      body,
      '',
    ].join('\r\n');
  const plain = { mailFrom: GOOD, rcptTo: TRY_RECIPIENT };
  return [
    {
      ...plain,
      name: 'good',
      shows: 'a letter from a sender who is who he says (SPF and DMARC pass)',
      data: letter(
        'good',
        { from: `Good Sender <${GOOD}>`, subject: 'Hello from gatehouse try' },
        'A plain letter.',
      ),
      expected: 'delivered',
    },
    {
      ...plain,
      name: 'spoofed',
      mailFrom: BANK,
      shows: 'a letter in the name of a bank that asks to reject what is not from its servers (DMARC)',
      data: letter(
        'spoofed',
        { from: `The Director <${BANK}>`, subject: 'Please pay today' },
        'Not from the bank.',
      ),
      expected: 'refused',
    },
    {
      ...plain,
      name: 'two-from',
      shows: 'two From fields: programs would show one sender and check the other',
      data: letter(
        'two-from',
        { from: `Good Sender <${GOOD}>\r\nFrom: The Director <${BANK}>`, subject: 'Who wrote this?' },
        'Two authors.',
      ),
      expected: 'refused',
    },
    {
      ...plain,
      name: 'smuggled',
      shows: 'a bare line feed, with which a second message could be smuggled past a relay',
      data: letter(
        'smuggled',
        { from: `Good Sender <${GOOD}>`, subject: 'One message or two?' },
        `First.\n.\nMAIL FROM:<${BANK}>`,
      ),
      expected: 'refused',
    },
    {
      ...plain,
      name: 'program',
      shows: 'a program that calls itself an invoice',
      data: letter(
        'program',
        {
          from: `Good Sender <${GOOD}>`,
          subject: 'Your invoice',
          extra: ['Content-Type: application/pdf; name="invoice.pdf"', 'Content-Transfer-Encoding: base64'],
        },
        programBase64(),
      ),
      expected: 'held',
    },
    {
      ...plain,
      name: 'unknown',
      rcptTo: `nobody@${TRY_DOMAIN}`,
      shows: 'a recipient whom nobody knows',
      data: letter('unknown', { from: `Good Sender <${GOOD}>`, subject: 'Is anybody there?' }, 'To nobody.'),
      expected: 'refused',
    },
  ];
}

/** The head of a Windows program with nothing behind it: the type is recognised, and there is nothing to run. */
function programBase64(): string {
  const bytes = new Uint8Array(256);
  bytes.set([0x4d, 0x5a]); // "MZ"
  bytes[0x3c] = 0x80; // where the PE header stands
  bytes.set([0x50, 0x45, 0, 0], 0x80); // "PE\0\0"
  return (
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,76}/g) ?? []
  ).join('\r\n');
}
