/** Answers from a zone file as a resolver would: CNAMEs followed, wildcards, empty non-terminals, failures as written. */
import type { DnsAnswer, DnsError, Resolver } from './resolver.ts';
import { normalName, type ZoneFile, type ZoneNode, type ZoneRecords, type ZoneType } from './zone.ts';

const MAX_CNAMES = 8;
const TTL_S = 300;

const failed = (reason: DnsError, detail: string): DnsAnswer<never> => ({ kind: 'error', reason, detail });

/** A resolver that knows only the zone and never touches the network. */
export function zoneResolver(zone: ZoneFile): Resolver {
  const ask =
    <T extends ZoneType>(type: T) =>
    (name: string): Promise<DnsAnswer<ZoneRecords[T][number]>> =>
      Promise.resolve(lookUp(zone, normalName(name), type));
  return {
    txt: ask('txt'),
    a: ask('a'),
    aaaa: ask('aaaa'),
    mx: ask('mx'),
    ptr: ask('ptr'),
    tlsa: ask('tlsa'),
    cname: ask('cname'),
  };
}

function lookUp<T extends ZoneType>(
  zone: ZoneFile,
  asked: string,
  type: T,
): DnsAnswer<ZoneRecords[T][number]> {
  let name = asked;
  let secure = true;
  for (let hops = 0; hops <= MAX_CNAMES; hops++) {
    if (!isQueryable(name)) return failed('badname', `"${name}" cannot be asked for`);
    // One insecure link makes the whole chain insecure (RFC 4035 §3.2.3).
    secure &&= isSecure(zone, name);
    const node = findNode(zone, name);
    if (node === undefined) return { kind: zone.parents.has(name) ? 'nodata' : 'nxdomain', secure };
    const target = node.records.cname[0];
    if (target === undefined || type === 'cname') return answer(node, type, name, secure);
    name = target;
  }
  return failed('servfail', `CNAME chain from "${asked}" does not end`);
}

function answer<T extends ZoneType>(
  node: ZoneNode,
  type: T,
  name: string,
  secure: boolean,
): DnsAnswer<ZoneRecords[T][number]> {
  const records: readonly ZoneRecords[T][number][] = node.records[type];
  const failure = node.failures.get(type) ?? (records.length === 0 ? node.otherwise : undefined);
  if (failure === 'nxdomain') return { kind: 'nxdomain', secure };
  if (failure !== undefined) return failed(failure, `${type} of "${name}": ${failure}`);
  if (records.length === 0) return { kind: 'nodata', secure };
  return { kind: 'records', records, secure, ttlS: TTL_S };
}

function findNode(zone: ZoneFile, name: string): ZoneNode | undefined {
  const exact = zone.nodes.get(name);
  if (exact !== undefined || zone.parents.has(name)) return exact;
  for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
    const above = name.slice(dot + 1);
    const wildcard = zone.nodes.get(`*.${above}`);
    if (wildcard !== undefined) return wildcard;
    if (zone.nodes.has(above) || zone.parents.has(above)) return undefined;
  }
  return undefined;
}

function isSecure(zone: ZoneFile, name: string): boolean {
  return zone.secure.some((top) => top === '' || name === top || name.endsWith(`.${top}`));
}

/** RFC 1035 §2.3.4: labels of 1 to 63 octets, 255 octets on the wire, which is 253 as text. */
function isQueryable(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => label.length > 0 && label.length < 64);
}
