/**
 * How many failure reports senders get whom nothing proves (report-to.ts): few recipients of a message are named, and few
 * reports an hour go to one domain. What a stranger can have us send to a victim stays below what it costs the stranger.
 * The mail processes of a machine count together; a restart forgets.
 */
import type { MessageId, TenantId } from '#core/id.ts';
import type { Clock } from '#core/time.ts';
import { registry } from '#platform/metrics.ts';
import { BoundedMap } from '../receive/bounded-map.ts';
import type { SharedPool } from '../receive/limit-pool.ts';
import { rateRule, SharedRate } from '../receive/shared-counts.ts';

const withheld = registry.counter(
  'gatehouse_reports_withheld_total',
  'Failed recipients that an unproven sender was not told of, by the limit that was reached.',
  ['limit'],
);

export type ReportLimits = {
  /** How many of `wanted` failed recipients a report to this domain may name; 0 is no report. */
  readonly allow: (tenant: TenantId, message: MessageId, domain: string, wanted: number) => Promise<number>;
};

export type ReportLimitOptions = {
  readonly recipientsPerMessage: number;
  readonly perDomainAndHour: number;
  readonly clock: Clock;
  readonly pool?: SharedPool | undefined;
};

const HOUR_MS = 3_600_000;
/** Longer than any message is tried. */
const MESSAGE_MS = 30 * 86_400_000;
const MAX_REMEMBERED = 20_000;

export function createReportLimits(options: ReportLimitOptions): ReportLimits {
  const { clock, pool, recipientsPerMessage, perDomainAndHour } = options;
  const byMessage = rateRule('reports message', recipientsPerMessage, MESSAGE_MS, clock, pool);
  const byDomain = rateRule('reports domain', perDomainAndHour, HOUR_MS, clock, pool);
  const messages = new BoundedMap<string, SharedRate>(MAX_REMEMBERED);
  const domains = new BoundedMap<string, SharedRate>(MAX_REMEMBERED);
  return {
    allow: async (tenant, message, domain, wanted) => {
      const ofMessage = messages.get(message) ?? new SharedRate(byMessage, message);
      messages.set(message, ofMessage);
      let named = 0;
      while (named < wanted && (await ofMessage.take())) named++;
      if (named < wanted) withheld.with('message').inc(wanted - named);
      if (named === 0) return 0;
      const key = `${tenant} ${domain}`;
      const ofDomain = domains.get(key) ?? new SharedRate(byDomain, key);
      domains.set(key, ofDomain);
      if (await ofDomain.take()) return named;
      withheld.with('domain').inc(named);
      return 0;
    },
  };
}
