/** Where mail to others goes, and how destinations are treated. */
import { z } from 'zod';
import { destinationKind, partnerKind } from '#mail/directory/kinds.ts';
import type { Route } from './route.ts';
import { HOP, TLS } from './shapes.ts';
import { thingRoutes } from './things.ts';

const partner = z.object({
  name: z.string(),
  subdomains: z.boolean(),
  route: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('mx'), tls: TLS }),
    z.object({ kind: z.literal('host'), ...HOP }),
  ]),
});
export const destination = z.object({
  name: z.string(),
  maxConnections: z.int().optional(),
  messagesPerMinute: z.int().optional(),
  sourceIp4: z.string().optional(),
  sourceIp6: z.string().optional(),
  heloName: z.string().optional(),
  state: z.enum(['normal', 'pause', 'hold', 'reroute']),
  until: z.string().optional(),
  reason: z.string().optional(),
  nextHop: z.object(HOP).optional(),
});

export function routeRoutes(): readonly Route[] {
  const permissions = { read: 'route.read', write: 'route.write' } as const;
  return [
    ...thingRoutes(partnerKind, { path: '/partners', ...permissions }, partner),
    ...thingRoutes(destinationKind, { path: '/destinations', ...permissions }, destination),
  ];
}
