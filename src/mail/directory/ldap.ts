/** Recipients by LDAP: one search for one address, escaped, bounded in time, over connections kept open for the next one. */
import { connect as netConnect, isIP, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { Client } from 'ldapts';
import { errorChain } from '#core/errors.ts';
import type { SourceAnswer } from './answer-cache.ts';
import type { LdapValue } from './values.ts';

export type LdapSource = {
  readonly lookup: (localpart: string, domain: string) => Promise<SourceAnswer>;
  readonly close: () => Promise<void>;
};

export function openLdapSource(value: LdapValue, bindPassword: string | undefined): LdapSource {
  let ready: Promise<Link> | undefined;
  const connection = async (): Promise<Client> => {
    // Servers close what is idle; that is no failure of the source.
    if (ready !== undefined && (await ready).isLost()) ready = undefined;
    ready ??= connect(value, bindPassword).catch((error: unknown) => {
      ready = undefined;
      throw error;
    });
    return (await ready).client;
  };
  const search = async (filter: string): Promise<SourceAnswer> => {
    const client = await connection();
    const { searchEntries } = await client.search(value.baseDn, {
      scope: 'sub',
      filter,
      // RFC 4511 §4.5.1.8: `1.1` asks for no attributes; that there is an entry is all we want to know.
      attributes: ['1.1'],
      sizeLimit: 2,
      timeLimit: Math.ceil(value.timeoutMs / 1000),
    });
    return { kind: searchEntries.length > 0 ? 'known' : 'unknown' };
  };
  const forget = async (): Promise<void> => {
    const old = ready;
    ready = undefined;
    // A connection that broke may not even be closed politely; it is gone either way.
    await old?.then(({ client }) => client.unbind()).catch(() => {});
  };
  return {
    lookup: async (localpart, domain) => {
      const filter = fillFilter(value.filter, localpart, domain);
      try {
        return await withLimit(search(filter), value.timeoutMs);
      } catch (error) {
        if (isTooMany(error)) return { kind: 'known' };
        await forget();
        return { kind: 'unavailable', detail: `LDAP source ${value.name}: ${errorChain(error)}` };
      }
    },
    close: forget,
  };
}

/** A client with the one connection of its life. */
type Link = { readonly client: Client; readonly isLost: () => boolean };

/**
 * ldapts connects again by itself when a connection was lost: in the clear where StartTLS had been spoken, and as nobody,
 * who may be shown less and so turn a person into an unknown one. Here it may connect once, and what was lost is left.
 */
async function connect(value: LdapValue, bindPassword: string | undefined): Promise<Link> {
  const host = hostOf(value.url);
  const port = Number(new URL(value.url).port || (value.url.startsWith('ldaps:') ? 636 : 389));
  const tlsOptions = {
    minVersion: 'TLSv1.2' as const,
    ...(value.caPem === undefined ? {} : { ca: value.caPem }),
    // Whose certificate it must be: on a socket that is open already nobody else tells.
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
  };
  let isUsed = false;
  let isLost = false;
  const watch = <S extends Socket>(socket: S): S => {
    socket.once('close', () => (isLost = true)).once('end', () => (isLost = true));
    return socket;
  };
  const first = <S extends Socket>(open: () => S): S => {
    if (isUsed) throw new Error('the connection was lost');
    isUsed = true;
    return watch(open());
  };
  const client = new Client({
    url: value.url,
    timeout: value.timeoutMs,
    connectTimeout: value.timeoutMs,
    createConnection: () => first(() => netConnect(port, host)),
    // On an open socket for StartTLS, else from the first byte.
    createSecureConnection: (options: unknown) =>
      hasSocket(options)
        ? watch(tlsConnect({ ...tlsOptions, socket: options.socket }))
        : first(() => tlsConnect({ ...tlsOptions, port })),
  });
  if (value.startTls) await client.startTLS({});
  if (value.bindDn !== undefined) await client.bind(value.bindDn, bindPassword ?? '');
  return { client, isLost: () => isLost };
}

function hasSocket(options: unknown): options is { readonly socket: Socket } {
  return typeof options === 'object' && options !== null && 'socket' in options;
}

/** Without the brackets of an IPv6 address. */
function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Two entries for one address are more than we asked for, and still mean that it is known. */
function isTooMany(error: unknown): boolean {
  return error instanceof Error && error.name === 'SizeLimitExceededError';
}

export function fillFilter(template: string, localpart: string, domain: string): string {
  const values: Readonly<Record<string, string>> = {
    '{address}': `${localpart}@${domain}`,
    '{local}': localpart,
    '{domain}': domain,
  };
  return template.replaceAll(/\{(?:address|local|domain)\}/g, (name) => escapeFilter(values[name] ?? ''));
}

/** RFC 4515 §3: what has a meaning in a filter becomes a backslash and two hexadecimal digits, byte by byte. */
export function escapeFilter(text: string): string {
  let out = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const isPlain = byte > 0x20 && byte < 0x7f && !'()*\\&|!=<>~'.includes(String.fromCharCode(byte));
    out += isPlain ? String.fromCharCode(byte) : `\\${byte.toString(16).padStart(2, '0')}`;
  }
  return out;
}

async function withLimit<T>(work: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
