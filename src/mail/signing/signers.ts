/**
 * The keys we sign with, ready in memory: for each owned domain those in state `signing`. A snapshot, replaced as a whole
 * when the table changes, so that signing a message asks nobody.
 */
import { createPrivateKey } from 'node:crypto';
import type { KeyStore } from '#assurance/keys/keys.ts';
import { toUtf8 } from '#core/bytes.ts';
import type { TenantId } from '#core/id.ts';
import type { Clock } from '#core/time.ts';
import type { Database } from '#platform/db.ts';
import type { BodyHashes } from '#protocol/dkim/body-hash.ts';
import { signDkim, type SigningKey } from '#protocol/dkim/sign.ts';
import type { Header } from '#protocol/message/header.ts';

export type Signers = {
  /** Keys of the domain or of its nearest owned parent, since d= may be a parent of From (RFC 9989 relaxed alignment). */
  readonly keysFor: (tenant: TenantId, domain: string) => readonly SigningKey[];
  readonly reload: () => Promise<void>;
};

export async function openSigners(db: Database, keys: KeyStore): Promise<Signers> {
  let byDomain = await load(db, keys);
  return {
    keysFor: (tenant, domain) => {
      for (let name = domain; name !== ''; name = parentOf(name)) {
        const found = byDomain.get(`${tenant}/${name}`);
        if (found !== undefined) return found;
      }
      return [];
    },
    reload: async () => {
      byDomain = await load(db, keys);
    },
  };
}

async function load(db: Database, keys: KeyStore): Promise<ReadonlyMap<string, readonly SigningKey[]>> {
  const rows = await db.query<{
    tenant_id: TenantId;
    domain: string;
    selector: string;
    algorithm: 'rsa-sha256' | 'ed25519-sha256';
    sealed: Uint8Array;
  }>(
    // RSA first: of two signatures a receiver that knows only one algorithm should meet it at the top.
    `select tenant_id, domain, selector, algorithm, sealed from dkim_key where state = 'signing' order by domain, algorithm desc`,
  );
  const byDomain = new Map<string, SigningKey[]>();
  for (const row of rows) {
    const pem = toUtf8(keys.open(row.tenant_id, sealContext(row.domain, row.selector), row.sealed));
    const place = `${row.tenant_id}/${row.domain}`;
    byDomain.set(place, [
      ...(byDomain.get(place) ?? []),
      { domain: row.domain, selector: row.selector, algorithm: row.algorithm, key: createPrivateKey(pem) },
    ]);
  }
  return byDomain;
}

export function sealContext(domain: string, selector: string): string {
  return `dkim/${domain}/${selector}`;
}

/** One DKIM-Signature field per key of the author's domain; none where the domain has no key in use. */
export function signAs(
  signers: Signers,
  tenant: TenantId,
  domain: string,
  edited: { readonly header: Header; readonly bodyHashes: BodyHashes },
  clock: Clock,
): Uint8Array[] {
  return signers.keysFor(tenant, domain).map((key) => signDkim({ ...key, ...edited, nowMs: clock() }));
}

function parentOf(name: string): string {
  const dot = name.indexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1);
}
