/**
 * What a thing must fit beside itself before it is taken: whose domains the tenant owns, and networks as they are meant. Asked
 * when something is written, not when it is read, so that what was taken before still works.
 */
import { formatIp, parseNetwork } from '#core/ip.ts';
import type { TenantId } from '#core/id.ts';
import type { Reader } from '#platform/db.ts';

/** A sentence on why not, or undefined. */
export type Fits<T> = (on: Reader, tenant: TenantId, value: T) => Promise<string | undefined>;

async function isOurs(on: Reader, tenant: TenantId, domain: string): Promise<boolean> {
  const rows = await on.query(
    `select 1 from domain where tenant_id = $1 and (name = $2 or (subdomains and right($2, length(name) + 1) = '.' || name))`,
    [tenant, domain],
  );
  return rows.length > 0;
}

/** Mail for a domain of ours goes to its own next hop; a partner's route for it would never be looked at. */
export const isForeign: Fits<{ readonly name: string }> = async (on, tenant, { name }) =>
  (await isOurs(on, tenant, name))
    ? `"${name}" is a domain of ours: "gatehouse route set" says where its mail goes.`
    : undefined;

/** Whoever may send as a stranger's domain sends what nobody can tell from forged mail. */
export const usesOurDomains: Fits<{ readonly mayUse: readonly string[] }> = async (
  on,
  tenant,
  { mayUse },
) => {
  for (const entry of mayUse) {
    const domain = entry.slice(entry.lastIndexOf('@') + 1);
    if (!(await isOurs(on, tenant, domain)))
      return `"${entry}" cannot be used: ${domain} is not a domain of ours; add it first.`;
  }
  return undefined;
};

/** 10.0.0.1/24 is either the one host or the whole network; guessing would let in 255 others. */
export function strayBits(networks: readonly string[]): string | undefined {
  for (const text of networks) {
    const network = parseNetwork(text);
    if (network === undefined) continue;
    const { ip, prefix } = network;
    const bytes = ip.bytes.map(
      (byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, prefix - 8 * i))) & 0xff,
    );
    const base = formatIp({ ...ip, bytes });
    if (base !== formatIp(ip))
      return `"${text}" names a host: did you mean ${base}/${prefix} or ${formatIp(ip)}?`;
  }
  return undefined;
}
