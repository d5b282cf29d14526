/**
 * HTTP to a server that somebody configured: certificate checked, no redirect followed, bounded in bytes and time, and never
 * to addresses of our own networks unless the caller says so. A name's address is looked at when the connection is made, so
 * that a name cannot point elsewhere between the look and the use (DNS rebinding).
 */
import { lookup as systemLookup } from 'node:dns';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { type Network, networkContains, parseIp, parseNetwork } from '#core/ip.ts';
import { type Result, err, ok } from '#core/result.ts';

export type OutboundRequest = {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
};
export type OutboundLimits = {
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** Whether private, loopback and link-local addresses may be asked. */
  readonly isPrivateAllowed: boolean;
  /** `http:` too; for loopback only, whatever else is said. */
  readonly isClearAllowed?: boolean;
  /** PEM anchors instead of the system's. */
  readonly caPem?: string | undefined;
  readonly certPem?: string | undefined;
  readonly keyPem?: string | undefined;
  readonly signal?: AbortSignal | undefined;
};
export type OutboundReply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

/** What is not out there: this host, our networks, and what has no single owner (RFC 6890). */
const PRIVATE: readonly Network[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/3',
  '::/127',
  '64:ff9b::/96',
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
].map((text) => parseNetwork(text)!); // `!`: written right above

export function isPrivateAddress(address: string): boolean {
  const ip = parseIp(address);
  return ip === undefined || PRIVATE.some((network) => networkContains(network, ip));
}

/** The whole reply, whatever its status; or why there is none. */
export async function askOutbound(
  asked: OutboundRequest,
  limits: OutboundLimits,
): Promise<Result<OutboundReply, string>> {
  const { url } = asked;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isClear = url.protocol === 'http:';
  if (isClear ? limits.isClearAllowed !== true || !isLoopbackName(host) : url.protocol !== 'https:')
    return err(`${url.protocol}//${url.host} is not https`);
  if (isIP(host) !== 0 && !limits.isPrivateAllowed && isPrivateAddress(host))
    return err(`${host} is an address of a private network`);
  return await exchange(asked, limits, isClear);
}

const isLoopbackName = (host: string): boolean => ['localhost', '127.0.0.1', '::1'].includes(host);

function exchange(
  { url, method, headers, body }: OutboundRequest,
  limits: OutboundLimits,
  isClear: boolean,
): Promise<Result<OutboundReply, string>> {
  return new Promise((resolve) => {
    const { caPem: ca, certPem: cert, keyPem: key } = limits;
    const request = (isClear ? httpRequest : httpsRequest)(url, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-length': String(body.length) }) },
      agent: false,
      lookup: limits.isPrivateAllowed ? systemLookup : publicLookup,
      minVersion: 'TLSv1.2',
      ...Object.fromEntries(Object.entries({ ca, cert, key }).filter(([, v]) => v !== undefined)),
    });
    const give = (): void => finish(err('stopped'));
    const timer = setTimeout(() => finish(err(`no reply within ${limits.timeoutMs} ms`)), limits.timeoutMs);
    const finish = (outcome: Result<OutboundReply, string>): void => {
      clearTimeout(timer);
      limits.signal?.removeEventListener('abort', give);
      request.destroy();
      resolve(outcome);
    };
    limits.signal?.addEventListener('abort', give, { once: true });
    if (limits.signal?.aborted === true) give();
    request.on('error', (error) => finish(err(error.message)));
    request.on('response', (response) => collect(response, limits.maxBytes, finish));
    request.end(body);
  });
}

function collect(
  response: IncomingMessage,
  maxBytes: number,
  finish: (outcome: Result<OutboundReply, string>) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) finish(err(`the reply is longer than ${maxBytes} bytes`));
  });
  response.on('error', (error) => finish(err(error.message)));
  response.on('end', () => {
    if (!response.complete) return finish(err('the reply was cut short'));
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(response.headers)) headers[name] = String(value);
    return finish(
      ok({ status: response.statusCode ?? 0, headers, body: new Uint8Array(Buffer.concat(chunks)) }),
    );
  });
}

type Lookup = NonNullable<Parameters<typeof httpsRequest>[1] & { lookup?: unknown }>['lookup'];

/** The system's answer without the addresses that are ours. */
const publicLookup: Lookup = (name, options, callback) => {
  systemLookup(name, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, '', 0);
    const there = addresses.filter((a) => !isPrivateAddress(a.address));
    const first = there[0];
    if (first === undefined) return callback(new Error(`${name} has no public address`), '', 0);
    return options.all === true ? callback(null, there) : callback(null, first.address, first.family);
  });
};
