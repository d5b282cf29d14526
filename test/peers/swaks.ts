/** swaks, the SMTP test client of the trade: what an operator would type to try the gateway. */
import { runAside, type Ran } from '#test/support/child.ts';

export const SWAKS_NEEDS = ['swaks'] as const;

export type SwaksMail = {
  readonly port: number;
  readonly host?: string;
  readonly from: string;
  readonly to: string;
  /** The whole message; without it swaks makes its own. */
  readonly data?: string;
  readonly args?: readonly string[];
};

/** The transcript, and swaks' own exit code (0 = accepted; 24 = RCPT refused; 26 = refused after DATA). */
export function swaks(mail: SwaksMail): Promise<Ran> {
  const data = mail.data === undefined ? [] : ['--data', '-'];
  return runAside(
    ['swaks', '--server', mail.host ?? '127.0.0.1', '--port', String(mail.port), '--from', mail.from,
      '--to', mail.to, '--helo', 'client.example', ...data, ...(mail.args ?? [])], // prettier-ignore
    mail.data === undefined ? {} : { input: mail.data },
  );
}
