/** Whether the certificates that a host showed are those its TLSA records name (RFC 6698 §2.1, RFC 7672 §3). */
import { X509Certificate, createHash, createPublicKey } from 'node:crypto';
import { equalBytes } from '#core/bytes.ts';
import type { TlsaRecord } from '../dns/resolver.ts';

export type DaneVerdict =
  | { readonly ok: true; readonly record: TlsaRecord }
  | { readonly ok: false; readonly reason: string };

export type DaneInput = {
  /** Usable records only (see lookup.ts). */
  readonly records: readonly TlsaRecord[];
  /** DER, the host's own first, as it sent them. */
  readonly chain: readonly Uint8Array[];
  /** Names of which DANE-TA demands one in the certificate. */
  readonly names: readonly string[];
  readonly nowMs: number;
};

const MAX_CHAIN = 10;

/** Never throws: a certificate that cannot be read matches nothing. */
export function verifyDane(input: DaneInput): DaneVerdict {
  let chain: X509Certificate[];
  try {
    chain = input.chain.slice(0, MAX_CHAIN).map((der) => new X509Certificate(der));
  } catch {
    return { ok: false, reason: 'a certificate cannot be read' };
  }
  const leaf = chain[0];
  if (leaf === undefined) return { ok: false, reason: 'the host showed no certificate' };
  // RFC 7672 §3.1.1: with DANE-EE neither names nor dates nor issuers matter, the record alone vouches.
  const ee = input.records.find((r) => r.usage === 3 && matches(r, leaf));
  if (ee !== undefined) return { ok: true, record: ee };
  let reason = 'no TLSA record matches the certificate';
  for (const record of input.records.filter((r) => r.usage === 2)) {
    const verdict = verifyAnchor(record, chain, input);
    if (verdict === undefined) return { ok: true, record };
    reason = verdict;
  }
  return { ok: false, reason };
}

function matches(record: TlsaRecord, certificate: X509Certificate): boolean {
  const selected =
    record.selector === 0 ? certificate.raw : certificate.publicKey.export({ type: 'spki', format: 'der' });
  if (record.matching === 0) return equalBytes(selected, record.data);
  const algorithm = record.matching === 1 ? 'sha256' : 'sha512';
  return equalBytes(createHash(algorithm).update(selected).digest(), record.data);
}

/** Why the chain does not lead to the anchor that the record names; undefined when it does. */
function verifyAnchor(
  record: TlsaRecord,
  shown: readonly X509Certificate[],
  input: DaneInput,
): string | undefined {
  const chain = [...shown, ...embeddedAnchor(record)];
  const leaf = chain[0]!; // `!`: the caller checked that there is one
  // RFC 7672 §3.1.2: DANE-TA keeps the checks of names and dates.
  if (!input.names.some((name) => leaf.checkHost(name) !== undefined))
    return 'the certificate names another host';
  const path = [leaf];
  for (let i = 0; i < MAX_CHAIN; i++) {
    const current = path.at(-1)!; // `!`: the path begins with the leaf
    if (!inForce(current, input.nowMs)) return 'a certificate is not in force';
    if (i > 0 && matches(record, current)) return undefined;
    if (signedByBareKey(record, current)) return undefined;
    const issuer = chain.find(
      (c) => !path.includes(c) && c.ca && current.checkIssued(c) && current.verify(c.publicKey),
    );
    if (issuer === undefined) return 'the chain does not lead to the trust anchor';
    path.push(issuer);
  }
  return 'the chain is too long';
}

/** RFC 7672 §3.1.2: "2 0 0" may carry the anchor's certificate itself, which the host then need not send. */
function embeddedAnchor(record: TlsaRecord): X509Certificate[] {
  if (record.selector !== 0 || record.matching !== 0) return [];
  try {
    return [new X509Certificate(record.data)];
  } catch {
    return []; // Not a certificate: it then matches nothing.
  }
}

/** "2 1 0" carries the anchor's bare key. */
function signedByBareKey(record: TlsaRecord, certificate: X509Certificate): boolean {
  if (record.selector !== 1 || record.matching !== 0) return false;
  try {
    return certificate.verify(
      createPublicKey({ key: Buffer.from(record.data), format: 'der', type: 'spki' }),
    );
  } catch {
    return false; // Not a key: it signs nothing.
  }
}

function inForce(certificate: X509Certificate, nowMs: number): boolean {
  return Date.parse(certificate.validFrom) <= nowMs && nowMs <= Date.parse(certificate.validTo);
}
