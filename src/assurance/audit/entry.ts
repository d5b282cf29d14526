/**
 * What a log entry is: the event as canonical JSON (RFC 8785), in UTF-8. Whoever holds these bytes and a proof needs nothing
 * else from us. `v` is the form's version; details that do not fit into an entry stand there by their digest.
 */
import { createHash } from 'node:crypto';
import { fromUtf8 } from '#core/bytes.ts';
import type { TenantId } from '#core/id.ts';
import { canonicalJson, type JsonValue } from '#protocol/jcs/canonical-json.ts';
import { MAX_ENTRY_BYTES } from '#protocol/tlog/tiles.ts';

/** An event as the database has it; `at` with microseconds, `details` as PostgreSQL writes jsonb. */
export type EventRow = {
  readonly tenant: TenantId;
  readonly id: number;
  readonly at: string;
  readonly what: string;
  readonly actor: string;
  readonly subject: string;
  readonly details: string;
};

export function entryOf(event: EventRow): Uint8Array {
  const whole = entryWith(event, detailsOf(event.details));
  if (whole !== undefined && whole.length <= MAX_ENTRY_BYTES) return whole;
  const digest = createHash('sha256').update(event.details).digest('hex');
  const omitted = { bytes: Buffer.byteLength(event.details), sha256: digest };
  return entryWith(event, { omitted })!; // `!`: these are plain strings and numbers
}

function detailsOf(text: string): JsonValue {
  return JSON.parse(text) as JsonValue; // `as`: what JSON.parse returns is JSON
}

/** Undefined when the details are beyond what canonical JSON can say: that must not hold up everything behind them. */
function entryWith(event: EventRow, details: JsonValue): Uint8Array | undefined {
  const { tenant, id, at, what, actor, subject } = event;
  try {
    return fromUtf8(canonicalJson({ actor, at, details, event: id, subject, tenant, v: 1, what }));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
