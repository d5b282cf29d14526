/**
 * Challenges and tickets, each good for five minutes, one purpose and one use. They carry their own proof that we made them
 * (sealed under the tenant's key with the purpose as context), so that asking for one leaves nothing behind in the database;
 * only one that was used is written down until it would have expired.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { KeyStore } from '#assurance/keys/keys.ts';
import { fromUtf8, toUtf8 } from '#core/bytes.ts';
import { PermanentError } from '#core/errors.ts';
import type { TenantId } from '#core/id.ts';
import type { Transaction } from '#platform/db.ts';

export const SEAL_LIFE_MS = 5 * 60_000;
const MAX_SEAL_CHARS = 2_048;

export type Opened = { readonly value: unknown; readonly expiresMs: number; readonly hash: Uint8Array };

export function makeSeal(
  keys: KeyStore,
  tenant: TenantId,
  purpose: string,
  value: unknown,
  nowMs: number,
): string {
  const nonce = randomBytes(16).toString('base64url');
  const plain = fromUtf8(JSON.stringify([nowMs + SEAL_LIFE_MS, nonce, value]));
  return Buffer.from(keys.seal(tenant, `seal/${purpose}`, plain)).toString('base64url');
}

/** Undefined for one that is not ours, was made for another purpose or tenant, or is too old. */
export function openSeal(
  keys: KeyStore,
  tenant: TenantId,
  purpose: string,
  text: string,
  nowMs: number,
): Opened | undefined {
  if (text.length > MAX_SEAL_CHARS || !/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  const sealed = Buffer.from(text, 'base64url');
  try {
    const plain = keys.open(tenant, `seal/${purpose}`, sealed);
    const [expiresMs, , value] = JSON.parse(toUtf8(plain)) as [number, string, unknown]; // `as`: we sealed it so
    if (nowMs > expiresMs) return undefined;
    return { value, expiresMs, hash: createHash('sha256').update(sealed).digest() };
  } catch (error) {
    if (error instanceof PermanentError) return undefined; // made elsewhere or changed: an expected outcome
    throw error;
  }
}

/** Whether this is the first use; it is written down in the transaction of what the seal allows. */
export async function useOnce(tx: Transaction, tenant: TenantId, seal: Opened): Promise<boolean> {
  await tx.query(
    `delete from used_challenge where tenant_id = $1 and hash = any (array(
       select hash from used_challenge where tenant_id = $1 and expires_at < now() - interval '1 minute' limit 100))`,
    [tenant],
  );
  const mine = await tx.query(
    `insert into used_challenge (tenant_id, hash, expires_at) values ($1, $2, $3) on conflict do nothing returning hash`,
    [tenant, seal.hash, new Date(seal.expiresMs)],
  );
  return mine.length === 1;
}
