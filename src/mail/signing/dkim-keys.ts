/**
 * The life of our DKIM keys: made and published, in use once DNS shows them, retired when their successor is in use, and
 * removed when no message signed with them can be on its way any more. The pure rules are protocol/dkim/rotation.ts, the
 * steps are rotate.ts; this is their storage and their beginning.
 */
import { type Actor, WORKER } from '#core/actor.ts';
import type { KeyStore } from '#assurance/keys/keys.ts';
import { appendAudit } from '#assurance/audit/audit.ts';
import { fromUtf8 } from '#core/bytes.ts';
import type { TenantId } from '#core/id.ts';
import type { Database, Reader, Transaction } from '#platform/db.ts';
import { dkimKeyRecord, generateDkimKey } from '#protocol/dkim/keys.ts';
import { sealContext } from './signers.ts';

export type DkimKeyRow = {
  readonly tenant: TenantId;
  readonly domain: string;
  readonly selector: string;
  readonly algorithm: 'rsa-sha256' | 'ed25519-sha256';
  /** The TXT record to publish at `selector._domainkey.domain`. */
  readonly record: string;
  readonly state: 'published' | 'signing' | 'retired' | 'removed';
  readonly createdAtMs: number;
  readonly signingFromMs: number | null;
  readonly retiredAtMs: number | null;
  /** When DNS was first seen to show the record; null while it does not. */
  readonly seenAtMs: number | null;
  /** What DNS said last: `right`, `missing`, or what is wrong; null while nobody asked. */
  readonly dnsSays: string | null;
  readonly checkedAtMs: number | null;
};

export const KINDS = [
  { algorithm: 'rsa-sha256', kind: 'rsa2048', letter: 'r' },
  { algorithm: 'ed25519-sha256', kind: 'ed25519', letter: 'e' },
] as const;

export async function listDkimKeys(db: Reader, tenant: TenantId, domain?: string): Promise<DkimKeyRow[]> {
  return await db.query<DkimKeyRow>(
    `select tenant_id as tenant, domain, selector, algorithm, record, state,
       (extract(epoch from created_at) * 1000)::bigint as "createdAtMs",
       (extract(epoch from signing_from) * 1000)::bigint as "signingFromMs",
       (extract(epoch from retired_at) * 1000)::bigint as "retiredAtMs",
       (extract(epoch from seen_at) * 1000)::bigint as "seenAtMs", dns_says as "dnsSays",
       (extract(epoch from checked_at) * 1000)::bigint as "checkedAtMs"
     from dkim_key where tenant_id = $1 and ($2::text is null or domain = $2) order by domain, created_at, selector`,
    [tenant, domain ?? null],
  );
}

/**
 * Makes a pair of keys (RSA and Ed25519) for each owned domain that has none that is new enough to become the next. Keys of
 * tenants that are pinned to another place are not seen here, and are made there.
 */
export async function makeMissingKeys(db: Database, keys: KeyStore, nowMs: number): Promise<number> {
  const missing = await db.query<{ tenant_id: TenantId; domain: string }>(
    `select d.tenant_id, d.name as domain from domain d
     where d.tenant_id <> all ((select tenants_elsewhere())::uuid[])
       and not exists (select from dkim_key k where k.tenant_id = d.tenant_id and k.domain = d.name and k.state in ('published', 'signing'))`,
  );
  for (const { tenant_id, domain } of missing) {
    await keys.ensureTenant(tenant_id);
    const pairs = await Promise.all(KINDS.map((k) => generateDkimKey(k.kind)));
    await db.transact(async (tx) => {
      for (const [i, k] of KINDS.entries()) {
        const selector = selectorAt(nowMs, k.letter);
        await insertKey(
          tx,
          keys,
          { tenant: tenant_id, domain, selector, algorithm: k.algorithm, pair: pairs[i]! },
          nowMs,
        ); // `!`: one pair per kind
      }
    });
  }
  return missing.length;
}

/** `gt8x1k0r`: the second in base 36, so that two rotations never meet, and the kind of key. */
export function selectorAt(nowMs: number, letter: string): string {
  return `g${Math.floor(nowMs / 1000).toString(36)}${letter}`;
}

export async function insertKey(
  tx: Transaction,
  keys: KeyStore,
  key: {
    readonly tenant: TenantId;
    readonly domain: string;
    readonly selector: string;
    readonly algorithm: DkimKeyRow['algorithm'];
    readonly pair: Awaited<ReturnType<typeof generateDkimKey>>;
  },
  nowMs: number,
  actor: Actor = WORKER,
): Promise<boolean> {
  const pem = String(key.pair.privateKey.export({ format: 'pem', type: 'pkcs8' }));
  const sealed = keys.seal(key.tenant, sealContext(key.domain, key.selector), fromUtf8(pem));
  const made = await tx.query(
    `insert into dkim_key (tenant_id, domain, selector, algorithm, sealed, record, state, created_at)
     values ($1, $2, $3, $4, $5, $6, 'published', $7) on conflict do nothing returning selector`,
    [
      key.tenant,
      key.domain,
      key.selector,
      key.algorithm,
      Buffer.from(sealed),
      dkimKeyRecord(key.pair.publicKey),
      new Date(nowMs),
    ],
  );
  if (made.length === 0) return false;
  await appendAudit(tx, [
    {
      tenant: key.tenant,
      what: 'dkim.key-made',
      actor,
      subject: `${key.selector}._domainkey.${key.domain}`,
      details: { algorithm: key.algorithm },
    },
  ]);
  return true;
}
