/** The domains we own. */
import { z } from 'zod';
import { domainKind } from '#mail/directory/kinds.ts';
import type { Route } from './route.ts';
import { HOP } from './shapes.ts';
import { thingRoutes } from './things.ts';

const shown = z.object({
  name: z.string(),
  subdomains: z.boolean(),
  nextHop: z.object(HOP),
  recipients: z.enum(['list', 'ldap', 'callout', 'any']),
  ldap: z.string().optional(),
  subaddress: z.string(),
  caseSensitive: z.boolean(),
});

export function domainRoutes(): readonly Route[] {
  return thingRoutes(domainKind, { path: '/domains', read: 'domain.read', write: 'domain.write' }, shown);
}
