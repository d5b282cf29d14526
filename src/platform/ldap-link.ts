/** One connection to an LDAP server: its TLS, its sign-in, and no second life. */
import { connect as netConnect, isIP, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { Client } from 'ldapts';

export type LdapServer = {
  /** `ldaps:`, or `ldap:` with or without StartTLS. */
  readonly url: string;
  readonly startTls: boolean;
  readonly bindDn?: string | undefined;
  /** PEM anchors instead of the system's. */
  readonly caPem?: string | undefined;
  readonly timeoutMs: number;
};

/** A client with the one connection of its life. */
export type LdapLink = { readonly client: Client; readonly isLost: () => boolean };

/**
 * ldapts connects again by itself when a connection was lost: in the clear where StartTLS had been spoken, and as nobody,
 * who may be shown less and so turn a person into an unknown one. Here it may connect once, and what was lost is left.
 */
export async function connectLdap(value: LdapServer, bindPassword: string | undefined): Promise<LdapLink> {
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
