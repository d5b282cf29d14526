/** Where mail comes in. The rules of a listener belong to mail/receive; here they meet the rest of the configuration. */
import { z } from 'zod';
import { port } from '#platform/config/sections.ts';

const listener = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be a short name of lower-case letters, digits and hyphens')
    .describe('Its name in logs, findings and policy.'),
  kind: z
    .enum(['mx', 'submission', 'relay'])
    .describe(
      "Strangers' mail in (`mx`), our people's mail out (`submission`), our own servers' mail through (`relay`).",
    ),
  host: z
    .union([z.ipv4(), z.ipv6()], { error: 'must be an IP address' })
    .default('127.0.0.1')
    .describe('Address to listen on.'),
  port: port.describe('Port to listen on; 0 takes a free one.'),
});
type Listener = z.output<typeof listener>;

export const DEFAULT_LISTENERS: Readonly<Record<'mx' | 'submission' | 'relay', Listener>> = {
  mx: { name: 'mx', kind: 'mx', host: '127.0.0.1', port: 2525 },
  submission: { name: 'submission', kind: 'submission', host: '127.0.0.1', port: 2587 },
  relay: { name: 'relay', kind: 'relay', host: '127.0.0.1', port: 2526 },
};

export const listenersSection = z
  .array(listener)
  .max(64)
  .default([DEFAULT_LISTENERS.mx, DEFAULT_LISTENERS.submission])
  .describe('The SMTP listeners. Default: `mx` on port 2525 and `submission` on 2587, both on loopback.');
