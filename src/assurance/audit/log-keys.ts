/**
 * The keys a tenant's log signs its checkpoints with: one Ed25519 and one ML-DSA-44, made with the log, sealed under the
 * tenant's key, and used by the sequencer only.
 */
import type { TenantId } from '#core/id.ts';
import type { KeyStore } from '#assurance/keys/keys.ts';
import type { Reader, Transaction } from '#platform/db.ts';
import { formatKey, type KeyKind } from '#protocol/tlog/keys.ts';
import {
  exportSigningKey,
  importSigningKey,
  newSigningKey,
  type SigningKey,
} from '#protocol/tlog/node-crypto.ts';

const KINDS = ['note', 'subtree'] as const satisfies readonly KeyKind[];
type LogKeyKind = (typeof KINDS)[number];

/** Opening a sealed key costs more than signing with it; a key is known by its public half. */
export type LogKeys = {
  /** The signing keys of these logs. Logs that have none get theirs, in this transaction. */
  readonly of: (
    tx: Transaction,
    tenants: readonly TenantId[],
    originOf: (tenant: TenantId) => string,
  ) => Promise<ReadonlyMap<TenantId, readonly SigningKey[]>>;
};

type Row = { tenant: TenantId; kind: LogKeyKind; vkey: string; sealed: Uint8Array; origin: string };

export function createLogKeys(store: KeyStore): LogKeys {
  const opened = new Map<string, SigningKey>();
  const open = async (row: Row): Promise<SigningKey> => {
    const known = opened.get(row.vkey);
    if (known !== undefined) return known;
    await store.ensureTenant(row.tenant);
    const pkcs8 = store.open(row.tenant, contextOf(row.vkey), row.sealed);
    const key = await importSigningKey(row.origin, row.kind, pkcs8);
    opened.set(row.vkey, key);
    return key;
  };
  return {
    of: async (tx, tenants, originOf) => {
      const rows = await readKeys(tx, tenants);
      const keys = new Map<TenantId, SigningKey[]>();
      for (const row of rows) keys.set(row.tenant, [...(keys.get(row.tenant) ?? []), await open(row)]);
      for (const tenant of tenants)
        if (!keys.has(tenant)) {
          const fresh = await makeKeys(tx, store, tenant, originOf(tenant));
          for (const key of fresh) opened.set(formatKey(key), key);
          keys.set(tenant, fresh);
        }
      return keys;
    },
  };
}

async function readKeys(tx: Transaction, tenants: readonly TenantId[]): Promise<Row[]> {
  return await tx.query<Row>(
    `select k.tenant_id as tenant, k.kind, k.vkey, k.sealed, l.origin
     from audit_log_key k join audit_log l using (tenant_id)
     where k.tenant_id = any($1::uuid[]) and k.retired_at is null order by k.kind, k.created_at`,
    [tenants],
    'audit.log-keys',
  );
}

async function makeKeys(
  tx: Transaction,
  store: KeyStore,
  tenant: TenantId,
  origin: string,
): Promise<SigningKey[]> {
  await store.ensureTenant(tenant);
  const keys = await Promise.all(KINDS.map((kind) => newSigningKey(origin, kind)));
  for (const key of keys) {
    const vkey = formatKey(key);
    const sealed = store.seal(tenant, contextOf(vkey), exportSigningKey(key));
    await tx.query('insert into audit_log_key (tenant_id, vkey, kind, sealed) values ($1, $2, $3, $4)', [
      tenant,
      vkey,
      key.kind,
      Buffer.from(sealed),
    ]);
  }
  return keys;
}

const contextOf = (vkey: string): string => `audit-log-key/${vkey}`;

/** Every key that has ever signed for this log, as others know it; the newest last. */
export async function logVkeys(db: Reader, tenant: TenantId): Promise<string[]> {
  const rows = await db.query<{ vkey: string }>(
    'select vkey from audit_log_key where tenant_id = $1 order by created_at, kind',
    [tenant],
  );
  return rows.map((r) => r.vkey);
}
