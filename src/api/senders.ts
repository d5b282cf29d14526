/** Who may send through us. */
import { z } from 'zod';
import { certificateKind, loginKind, networkKind, pinKind } from '#mail/directory/kinds.ts';
import type { Route } from './route.ts';
import { MAY_USE } from './shapes.ts';
import { thingRoutes } from './things.ts';

const login = z.object({ name: z.string(), mayUse: MAY_USE });
const network = z.object({ name: z.string(), network: z.string(), mayUse: MAY_USE });
const certificate = z.object({ name: z.string(), sha256: z.string(), mayUse: MAY_USE });
const pin = z.object({
  name: z.string(),
  networks: z.array(z.string()),
  pin: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('header'), name: z.string() }),
    z.object({ kind: z.literal('certificate'), sha256: z.string() }),
  ]),
  mayUse: MAY_USE,
});

export function senderRoutes(): readonly Route[] {
  const permissions = { read: 'sender.read', write: 'sender.write' } as const;
  return [
    ...thingRoutes(loginKind, { path: '/senders/logins', ...permissions }, login),
    ...thingRoutes(networkKind, { path: '/senders/networks', ...permissions }, network),
    ...thingRoutes(certificateKind, { path: '/senders/certificates', ...permissions }, certificate),
    ...thingRoutes(pinKind, { path: '/senders/pins', ...permissions }, pin),
  ];
}
