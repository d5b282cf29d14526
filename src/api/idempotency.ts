/**
 * A write with an `Idempotency-Key` happens once, however often it is sent. The key is a row in the transaction of the write
 * itself: either both are there or neither, and a second request with the key waits for the first and gets its reply.
 */
import { createHash } from 'node:crypto';
import type { TenantId } from '#core/id.ts';
import type { Transaction } from '#platform/db.ts';
import { problem, type Problem } from './problem.ts';
import type { RawInput, Route } from './route.ts';

export type Earlier =
  | { readonly kind: 'first' }
  | { readonly kind: 'replay'; readonly status: number; readonly reply: unknown }
  | { readonly kind: 'problem'; readonly problem: Problem };

export function validKey(key: string): boolean {
  return /^[\x21-\x7e]{1,128}$/.test(key);
}

/** What makes two requests the same: method, path and everything sent. */
export function requestDigest(route: Route, raw: RawInput): Uint8Array {
  const hash = createHash('sha256').update(`${route.method} ${route.path}\n`);
  hash.update(JSON.stringify([raw.params, raw.query]));
  return hash.update(raw.body instanceof Uint8Array ? raw.body : JSON.stringify(raw.body ?? null)).digest();
}

/** Claims the key in this transaction; blocks while another request that holds it is still running. */
export async function claimKey(
  tx: Transaction,
  tenant: TenantId,
  key: string,
  digest: Uint8Array,
): Promise<Earlier> {
  await tx.query(
    `delete from api_idempotency where ctid = any (array(
       select ctid from api_idempotency where created_at < now() - interval '24 hours' limit 100))`,
  );
  const mine = await tx.query(
    `insert into api_idempotency (tenant_id, key, request) values ($1, $2, $3) on conflict do nothing returning key`,
    [tenant, key, digest],
  );
  if (mine.length > 0) return { kind: 'first' };
  const [row] = await tx.query<{ request: Uint8Array; status: number | null; reply: unknown }>(
    'select request, status, reply from api_idempotency where tenant_id = $1 and key = $2',
    [tenant, key],
  );
  if (row === undefined || row.status === null || !Buffer.from(digest).equals(row.request)) {
    return {
      kind: 'problem',
      problem: problem({
        status: 422,
        type: 'idempotency-key-reused',
        title: 'The idempotency key was used for another request',
        detail: 'Send a new Idempotency-Key with a new request.',
      }),
    };
  }
  return { kind: 'replay', status: row.status, reply: row.reply };
}

export async function keepReply(
  tx: Transaction,
  tenant: TenantId,
  key: string,
  status: number,
  reply: unknown,
): Promise<void> {
  await tx.query(
    'update api_idempotency set status = $3, reply = $4::jsonb where tenant_id = $1 and key = $2',
    [tenant, key, status, JSON.stringify(reply ?? null)],
  );
}
