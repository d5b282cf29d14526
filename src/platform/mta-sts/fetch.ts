/** Fetches a policy document over HTTPS (RFC 8461 §3.3): certificate checked, no redirect followed, bounded in bytes and time. */
import { request } from 'node:https';
import { type Network, networkContains, parseIp } from '#core/ip.ts';
import { type Result, err, ok } from '#core/result.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';

export type FetchOptions = {
  readonly resolver: Resolver;
  /** Networks that a stranger's DNS may not send us into. */
  readonly refused: readonly Network[];
  /** PEM anchors instead of the system's. */
  readonly caPem?: string;
  /** Default 443. */
  readonly port?: number;
  /** RFC 8461 §3.3 suggests a minute. Default 30 000. */
  readonly timeoutMs?: number;
};

/** RFC 8461 §3.3: 64 KB is far more than a policy needs. */
const MAX_BYTES = 65_536;

/** The document, or why it could not be had. */
export async function fetchStsPolicy(domain: string, options: FetchOptions): Promise<Result<string, string>> {
  const host = `mta-sts.${domain}`;
  const addresses = (await Promise.all([options.resolver.a(host), options.resolver.aaaa(host)])).flatMap(
    (x) => (x.kind === 'records' ? x.records : []),
  );
  const allowed = addresses.filter((address) => mayAsk(address, options.refused));
  let last: Result<string, string> = err(
    addresses.length > 0 && allowed.length === 0
      ? `${host} has no address that may be used, only ${addresses.slice(0, 3).join(', ')}`
      : `${host} has no address`,
  );
  for (const address of allowed.slice(0, 3)) {
    last = await fetchFrom(address, host, options);
    if (last.ok) return last;
  }
  return last;
}

function mayAsk(address: string, refused: readonly Network[]): boolean {
  const ip = parseIp(address);
  return ip !== undefined && !refused.some((network) => networkContains(network, ip));
}

function fetchFrom(address: string, host: string, options: FetchOptions): Promise<Result<string, string>> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish(err('timeout')), options.timeoutMs ?? 30_000);
    const req = request({
      host: address,
      servername: host,
      port: options.port ?? 443,
      path: '/.well-known/mta-sts.txt',
      headers: { host, accept: 'text/plain' },
      agent: false,
      minVersion: 'TLSv1.2',
      ...(options.caPem === undefined ? {} : { ca: options.caPem }),
    });
    const finish = (outcome: Result<string, string>): void => {
      clearTimeout(timer);
      req.destroy();
      resolve(outcome);
    };
    req.on('error', (error) => finish(err(error.message)));
    req.on('response', (response) => {
      // RFC 8461 §3.3: redirects are not followed; RFC 8461 §3.2: the media type is text/plain.
      if (response.statusCode !== 200) return finish(err(`HTTP status ${response.statusCode}`));
      if (!/^text\/plain\s*(?:;|$)/i.test(response.headers['content-type'] ?? ''))
        return finish(err('the media type is not text/plain'));
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > MAX_BYTES) finish(err('the policy is too long'));
      });
      response.on('end', () => finish(response.complete ? ok(text) : err('the policy was cut short')));
      response.on('error', (error) => finish(err(error.message)));
      return undefined;
    });
    req.end();
  });
}
