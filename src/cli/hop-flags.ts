/** The flags that say where mail goes; `domain add`, `route set` and `route partner` share them. */
import { readFileSync } from 'node:fs';
import { ConfigError } from '#core/errors.ts';
import { splitHostPort } from './things.ts';
import type { Arguments, Flags } from './subcommands.ts';

export const HOP_FLAGS: Flags = {
  'next-hop': { type: 'string', value: 'HOST[:PORT]', help: 'Where the mail goes; port 25 when left out.' },
  lmtp: { type: 'boolean', help: 'The host speaks LMTP.' },
  tls: {
    type: 'string',
    value: 'DEMAND',
    help: 'none, opportunistic (so when left out), required or verified. Of a partner by MX: required.',
  },
  fingerprint: {
    type: 'string',
    multiple: true,
    value: 'SHA256',
    help: 'A certificate that is accepted; may repeat.',
  },
  ca: {
    type: 'string',
    value: 'FILE',
    help: 'PEM file of anchors for `verified`, instead of those of the system.',
  },
};

export function hopFrom(args: Arguments): Record<string, unknown> {
  const ca = args.text('ca');
  const tls = args.text('tls');
  return {
    ...splitHostPort(args.text('next-hop') ?? ''),
    ...(args.is('lmtp') ? { protocol: 'lmtp' } : {}),
    ...(tls === undefined ? {} : { tls }),
    fingerprints: [...args.texts('fingerprint')],
    ...(ca === undefined ? {} : { caPem: readText('--ca', ca) }),
  };
}

/** A file named by a flag; throws ConfigError when it cannot be read. */
export function readText(flag: string, file: string): string {
  return Buffer.from(readBytes(flag, file)).toString('utf8');
}

export function readBytes(flag: string, file: string): Uint8Array {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new ConfigError([`${flag}: ${file} cannot be read (${code})`], { cause: error });
  }
}
