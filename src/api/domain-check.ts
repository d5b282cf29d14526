/** What DNS says about a domain of ours today, and what to publish: `gatehouse domain check` for the console. */
import { z } from 'zod';
import type { Result } from '#core/result.ts';
import { systemClock } from '#core/time.ts';
import { findThing } from '#mail/directory/commands.ts';
import type { OurTlsKeys } from '#mail/directory/check-tlsa.ts';
import { checkDomain } from '#mail/directory/domain-check.ts';
import { domainKind } from '#mail/directory/kinds.ts';
import { listDkimKeys } from '#mail/signing/dkim-keys.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import { notFound } from './problem.ts';
import { readRoute, type Route } from './route.ts';

/** What the gateway knows of itself and of the outside. */
export type Outside = {
  readonly hostname: string;
  readonly resolver: Resolver;
  readonly fetchStsPolicy: (domain: string) => Promise<Result<string, string>>;
  /** Read anew for each question: certificates change while we run. */
  readonly tlsKeys: () => OurTlsKeys | undefined;
};

const AREA = z.enum(['mx', 'spf', 'dkim', 'dmarc', 'mta-sts', 'tls-rpt', 'tlsa', 'ptr']);
const check = z.object({
  domain: z.string(),
  lines: z.array(
    z.object({ area: AREA, outcome: z.enum(['good', 'warning', 'bad', 'unknown']), text: z.string() }),
  ),
  publish: z.array(
    z.object({
      area: AREA,
      name: z.string(),
      type: z.enum(['MX', 'TXT', 'TLSA', 'PTR', 'A', 'CNAME']),
      value: z.string(),
      isAdvice: z.literal(true).optional(),
    }),
  ),
});

export function domainCheckRoutes(outside: Outside): readonly Route[] {
  return [
    readRoute({
      path: '/domains/{name}/check',
      summary: 'Says what is right and wrong in DNS for a domain, and what to publish.',
      permission: 'domain.read',
      scope: 'tenant',
      rate: 'costly',
      params: z.strictObject({ name: z.string().min(1).max(255) }),
      reply: check,
      handle: async ({ params }, { db, tenant }) => {
        if ((await findThing(db, tenant, domainKind, params.name)) === undefined) return notFound('domain');
        const keys = await listDkimKeys(db, tenant, params.name);
        const dkim = keys.filter((k) => k.state === 'published' || k.state === 'signing');
        const { hostname, resolver, fetchStsPolicy } = outside;
        const ours = {
          hostname,
          addresses: [],
          dkim,
          tlsa: outside.tlsKeys(),
          fetchStsPolicy,
          nowMs: systemClock(),
        };
        const { domain, lines, publish } = await checkDomain(params.name, ours, resolver);
        return { domain, lines: [...lines], publish: [...publish] };
      },
    }),
  ];
}
