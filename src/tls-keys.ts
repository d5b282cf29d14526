/** The keys that TLSA records of this gateway should name, read from the certificates of the configuration. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type OurTlsKeys, tlsKeySha256 } from '#mail/directory/check-tlsa.ts';
import { selfSignedFiles } from '#platform/self-signed.ts';
import type { Config } from './config.ts';

/** `undefined` where a certificate in use cannot be read by us: half of the truth would have the wrong record published. */
export function ourTlsKeys(config: Config): OurTlsKeys | undefined {
  const own = selfSignedFiles(join(config.data, 'tls')).certificate;
  const files = config.listeners
    .filter((l) => l.kind === 'mx' && l.tls !== 'off')
    .map((l) => l.tlsCertFile ?? config.tls.certificate ?? own);
  const current = files.map(keyIn);
  const { nextKey } = config.tls;
  const next = nextKey === undefined ? undefined : keyIn(nextKey);
  if (current.length === 0 || (nextKey !== undefined && next === undefined)) return undefined;
  if (!current.every((key) => key !== undefined)) return undefined;
  return { current: [...new Set(current)], next };
}

function keyIn(file: string): string | undefined {
  try {
    return tlsKeySha256(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // not there, not ours to read, or no key: told as "not known here"
  }
}
