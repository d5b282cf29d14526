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
  /** Whether keys of the domain or of a parent are made and wait for DNS to show them. */
  readonly isWaiting: (tenant: TenantId, domain: string) => boolean;
  readonly reload: () => Promise<void>;
};

export async function openSigners(db: Database, keys: KeyStore): Promise<Signers> {
  let { byDomain, waiting } = await load(db, keys);
  return {
    keysFor: (tenant, domain) => {
      for (let name = domain; name !== ''; name = parentOf(name)) {
        const found = byDomain.get(`${tenant}/${name}`);
        if (found !== undefined) return found;
      }
      return [];
    },
    isWaiting: (tenant, domain) => {
      for (let name = domain; name !== ''; name = parentOf(name))
        if (waiting.has(`${tenant}/${name}`)) return true;
      return false;
    },
    reload: async () => {
      ({ byDomain, waiting } = await load(db, keys));
    },
  };
}

type Loaded = {
  readonly byDomain: ReadonlyMap<string, readonly SigningKey[]>;
  readonly waiting: ReadonlySet<string>;
};

async function load(db: Database, keys: KeyStore): Promise<Loaded> {
  const rows = await db.query<{
    tenant_id: TenantId;
    domain: string;
    selector: string;
    algorithm: 'rsa-sha256' | 'ed25519-sha256';
    sealed: Uint8Array;
    state: 'published' | 'signing';
  }>(
    // RSA first: of two signatures a receiver that knows only one algorithm should meet it at the top.
    `select tenant_id, domain, selector, algorithm, state, sealed from dkim_key where state in ('published', 'signing')
     order by domain, algorithm desc`,
  );
  const byDomain = new Map<string, SigningKey[]>();
  const waiting = new Set<string>();
  for (const row of rows) {
    const place = `${row.tenant_id}/${row.domain}`;
    if (row.state === 'published') {
      waiting.add(place);
      continue;
    }
    const pem = toUtf8(keys.open(row.tenant_id, sealContext(row.domain, row.selector), row.sealed));
    byDomain.set(place, [
      ...(byDomain.get(place) ?? []),
      { domain: row.domain, selector: row.selector, algorithm: row.algorithm, key: createPrivateKey(pem) },
    ]);
  }
  return { byDomain, waiting };
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
