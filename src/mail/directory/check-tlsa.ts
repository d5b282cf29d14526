/**
 * TLSA records of our own MX host: what stands in DNS beside the keys of our certificates, and what to publish. Only `3 1 1`
 * (the key itself, RFC 7672 §3.1.1) is proposed: it outlives every renewal that keeps the key, and needs no authority.
 */
import { createHash, createPublicKey } from 'node:crypto';
import type { Resolver, TlsaRecord } from '#protocol/dns/resolver.ts';
import { dnsFailed, line, part, type Part, type RecordToPublish } from './check-lines.ts';

/** SHA-256 of public keys as their TLSA records have it, lower-case hex. */
export type OurTlsKeys = {
  /** Of the certificates that the MX listeners show now. */
  readonly current: readonly string[];
  /** Of the certificate that comes next, where the operator has its key already. */
  readonly next: string | undefined;
};

/** For a PEM certificate (the first of a chain), private or public key; throws when it is none. */
export function tlsKeySha256(pem: string): string {
  const key = createPublicKey(pem).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(key).digest('hex');
}

export async function checkTlsa(
  hostname: string,
  ours: OurTlsKeys | undefined,
  resolver: Resolver,
): Promise<Part> {
  const name = `_25._tcp.${hostname}`;
  const answer = await resolver.tlsa(name);
  const wanted = ours === undefined ? [] : wantedKeys(ours);
  const publish = wanted.map((sha256) => recordFor(name, sha256));
  if (answer.kind === 'error') return part([dnsFailed('tlsa', name, answer)]);
  if (answer.kind !== 'records')
    return part(
      [line('tlsa', 'warning', `${hostname} has no TLSA record (DANE needs a zone signed by DNSSEC).`)],
      publish,
    );
  if (!answer.secure)
    return part([
      line('tlsa', 'warning', `${name} is not known to be signed by DNSSEC, so nobody may rely on it.`),
    ]);
  if (ours === undefined)
    return part([line('tlsa', 'unknown', `${name} exists; our certificate is not known here.`)]);
  return compare(name, ours, new Set(answer.records.flatMap(keyOf)));
}

const wantedKeys = ({ current, next }: OurTlsKeys): readonly string[] => [
  ...new Set(next === undefined ? current : [...current, next]),
];

const recordFor = (name: string, sha256: string): RecordToPublish => ({
  area: 'tlsa',
  name,
  type: 'TLSA',
  value: `3 1 1 ${sha256}`,
});

function keyOf(r: TlsaRecord): string[] {
  return r.usage === 3 && r.selector === 1 && r.matching === 1 ? [Buffer.from(r.data).toString('hex')] : [];
}

function compare(name: string, ours: OurTlsKeys, published: ReadonlySet<string>): Part {
  const missing = ours.current.filter((k) => !published.has(k));
  const isNextMissing = ours.next !== undefined && !published.has(ours.next);
  const publish = wantedKeys(ours)
    .filter((k) => !published.has(k))
    .map((k) => recordFor(name, k));
  const lines = [
    missing.length === 0
      ? line('tlsa', 'good', `${name} names our certificate.`)
      : line(
          'tlsa',
          'bad',
          `${name} does not name our certificate (3 1 1): senders that use DANE cannot deliver.`,
        ),
  ];
  // RFC 7671 §8.1: the record of a new key stands, and the old answers are forgotten, before the key is used.
  if (isNextMissing)
    lines.push(
      line(
        'tlsa',
        'warning',
        `${name} does not name the next key: publish it before the certificate changes.`,
      ),
    );
  else if (ours.next !== undefined && !ours.current.includes(ours.next))
    lines.push(line('tlsa', 'good', `${name} names the next key, too.`));
  return part(lines, publish);
}
