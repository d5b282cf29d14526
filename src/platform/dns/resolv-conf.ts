/** Which resolvers to ask: `address`, `address:port`, `[v6]:port`, or the `nameserver` lines of /etc/resolv.conf. */
import { readFileSync } from 'node:fs';
import { parseIp } from '#core/ip.ts';

export type DnsServer = { readonly address: string; readonly port: number };

export function parseServer(text: string): DnsServer | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text);
  const address = match?.[1] ?? match?.[2] ?? text;
  const port = Number(match?.[3] ?? 53);
  if (parseIp(address) === undefined || port < 1 || port > 65535) return undefined;
  return { address, port };
}

/** The servers of the system; where it names none, the one that runs on this machine if any does (resolv.conf(5)). */
export function systemServers(path = '/etc/resolv.conf'): readonly DnsServer[] {
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    // No file is the same as a file without servers.
  }
  const servers = text
    .split('\n')
    .map((line) => /^\s*nameserver\s+([^\s%]+)\s*$/.exec(line)?.[1])
    .filter((address) => address !== undefined)
    .map((address) => (parseIp(address) === undefined ? undefined : { address, port: 53 }))
    .filter((server) => server !== undefined);
  return servers.length > 0 ? servers.slice(0, 3) : [{ address: '127.0.0.1', port: 53 }];
}
