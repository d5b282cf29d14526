/**
 * What may be told to the sender of a message about its delivery. The reverse path of a stranger's mail is a claim: a report
 * to it may go to a victim who never wrote to us (backscatter), and the stranger chooses how long and how many.
 */
import type { DsnAction } from '#protocol/dsn/texts.ts';
import type { DsnNotify, Envelope } from '../envelope.ts';
import type { Finding } from '../finding.ts';

/** `headers`: of failures alone, with the header alone, and without a word about what lies behind us. */
export type ReportTo = 'full' | 'headers' | 'none';

export function reportToOf(
  envelope: Pick<Envelope, 'direction' | 'auth' | 'mailFrom'>,
  findings: readonly Finding[],
): ReportTo {
  if (envelope.direction === 'out' || envelope.auth !== undefined) return 'full';
  const spf = findings.find((f) => f.check === 'spf' && f.params['scope'] === 'mfrom')?.code;
  if (spf === 'pass' || isAuthorProven(envelope.mailFrom, findings)) return 'full';
  // The owner of the name says that this is not its mail.
  return spf === 'fail' ? 'none' : 'headers';
}

/** DMARC proves the author's domain; it speaks for the reverse path only where that is of the same name. */
function isAuthorProven(mailFrom: string, findings: readonly Finding[]): boolean {
  const author = findings.find((f) => f.check === 'dmarc' && f.code === 'pass')?.params['domain'];
  if (typeof author !== 'string' || author === '') return false;
  const sender = mailFrom.slice(mailFrom.lastIndexOf('@') + 1).toLowerCase();
  return `.${sender}`.endsWith(`.${author}`) || `.${author}`.endsWith(`.${sender}`);
}

export function mayReport(to: ReportTo, action: DsnAction): boolean {
  return to === 'full' || (to === 'headers' && action === 'failed');
}

/**
 * What the next hop is asked to report (RFC 3461 §5.2.1). Deviates from it where the sender is not proven: a hop of ours
 * must not send the report that we would not.
 */
export function notifyOf(to: ReportTo, notify: DsnNotify | undefined): DsnNotify | undefined {
  if (to === 'full' || notify === 'never') return notify;
  if (to === 'none') return 'never';
  if (notify === undefined) return undefined;
  return notify.includes('failure') ? ['failure'] : 'never';
}

export function retOf(to: ReportTo, ret: Envelope['ret']): Envelope['ret'] {
  return to === 'full' || ret === undefined ? ret : 'HDRS';
}
