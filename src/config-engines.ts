/** Outside engines, found or configured, never required to start. */
import { z } from 'zod';
import type { ClamdAddress } from '#platform/clamd.ts';
import { hostName, path, port } from '#platform/config/sections.ts';

const clamav = z
  .strictObject({
    socket: path.optional().describe("Path of clamd's Unix socket."),
    host: z
      .union([z.ipv4(), z.ipv6(), hostName], { error: 'must be an address or a host name' })
      .optional()
      .describe('Host of clamd, instead of a socket.'),
    port: port.optional().describe('Port of clamd, with `host`. Default 3310.'),
    timeoutMs: z.int().min(100).max(600_000).default(30_000).describe('Wait for the verdict on one message.'),
  })
  .refine((c) => (c.socket === undefined) !== (c.host === undefined), 'needs exactly one of socket and host')
  .refine((c) => c.port === undefined || c.host !== undefined, 'a port without a host has no meaning');

export const enginesSection = z
  .strictObject({
    clamav: clamav.optional().describe('ClamAV, the malware scanner.'),
  })
  .prefault({})
  .describe('Content engines.');

/** Where clamd is, by the section that names it. */
export function clamdAddress(engine: z.output<typeof clamav>): ClamdAddress {
  if (engine.socket !== undefined) return { kind: 'unix', path: engine.socket };
  return { kind: 'tcp', host: engine.host ?? '127.0.0.1', port: engine.port ?? 3310 };
}
