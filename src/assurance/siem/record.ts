/**
 * What goes out to a SIEM, before anybody's format: the entries of a tenant's log in their order, the signed checkpoint
 * whenever the stream has caught up with one, and an open word about entries that were pruned before they could be sent.
 *
 * Every record carries the log's origin and its place: a receiver that sees index 7 and then 9 has lost 8; what it sees
 * twice has the same origin and index twice (docs/operations/siem.md).
 */
import { toUtf8 } from '#core/bytes.ts';
import { InvariantError } from '#core/errors.ts';
import { z } from 'zod';

export type SiemRecord =
  | {
      readonly kind: 'entry';
      readonly origin: string;
      readonly index: number;
      readonly event: AuditEntry;
      /** The leaf as it stands in the log; its RFC 6962 hash is what the checkpoints are over. */
      readonly leaf: string;
    }
  | {
      readonly kind: 'checkpoint';
      readonly origin: string;
      /** Everything below has been sent. */
      readonly size: number;
      readonly note: string;
      readonly at: string;
    }
  | {
      readonly kind: 'pruned';
      readonly origin: string;
      readonly from: number;
      /** The first index that is there again. */
      readonly to: number;
      readonly at: string;
    };

const entrySchema = z.object({
  tenant: z.string(),
  event: z.number(),
  at: z.string(),
  what: z.string(),
  actor: z.string(),
  subject: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
  omitted: z.object({ bytes: z.number(), sha256: z.string() }).optional(),
});
export type AuditEntry = z.output<typeof entrySchema>;

/** Throws InvariantError for bytes that our own log cannot hold: skipping them would be a silent gap. */
export function entryRecord(origin: string, index: number, entry: Uint8Array): SiemRecord {
  const leaf = toUtf8(entry);
  const parsed = entrySchema.safeParse(JSON.parse(leaf));
  if (!parsed.success)
    throw new InvariantError(`entry ${index} of ${origin} is not an event`, { cause: parsed.error });
  return { kind: 'entry', origin, index, event: parsed.data, leaf };
}

/** In UTC with a Z, at most microseconds; entries have it so already, or with an offset of zero. */
export function utc(at: string): string {
  return at.replace(' ', 'T').replace(/(\.\d{1,6})\d*/, '$1').replace(/(?:[+-]00(?::?00)?|Z)?$/, 'Z'); // prettier-ignore
}
