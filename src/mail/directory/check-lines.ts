/** What a look at a domain's DNS finds: sentences about what is there, and the records that should be. */
import type { DnsAnswer } from '#protocol/dns/resolver.ts';

export type Area = 'mx' | 'spf' | 'dkim' | 'dmarc' | 'mta-sts' | 'tls-rpt' | 'tlsa' | 'ptr';
export type CheckLine = {
  readonly area: Area;
  readonly outcome: 'good' | 'warning' | 'bad' | 'unknown';
  readonly text: string;
};
export type RecordToPublish = {
  readonly area: Area;
  readonly name: string;
  readonly type: 'MX' | 'TXT' | 'TLSA' | 'PTR' | 'A' | 'CNAME';
  readonly value: string;
  /** `value` says in words what a person must decide; it is no data of a record. */
  readonly isAdvice?: true;
};
export type DomainCheck = {
  readonly domain: string;
  readonly lines: readonly CheckLine[];
  readonly publish: readonly RecordToPublish[];
};

export type Part = { readonly lines: CheckLine[]; readonly publish: RecordToPublish[] };

export const line = (area: Area, outcome: CheckLine['outcome'], text: string): CheckLine => ({
  area,
  outcome,
  text,
});
export const part = (lines: CheckLine[], publish: RecordToPublish[] = []): Part => ({ lines, publish });

export function dnsFailed(
  area: Area,
  name: string,
  answer: Extract<DnsAnswer<unknown>, { kind: 'error' }>,
): CheckLine {
  return line(area, 'unknown', `DNS did not answer for ${name} (${answer.reason}).`);
}
