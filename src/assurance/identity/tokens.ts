/**
 * Opaque tokens: 256 random bits after the tenant they belong to. Whoever presents one thereby says in which tenant it is
 * to be looked up; what is stored is its SHA-256.
 */
import { createHash, randomBytes } from 'node:crypto';
import { parseId, type TenantId } from '#core/id.ts';

const SECRET_BYTES = 32;

/** Of a session or a one-time link. */
export function makeToken(tenant: TenantId): string {
  return `${bare(tenant)}.${randomBytes(SECRET_BYTES).toString('base64url')}`;
}

/** Of a service's key; the prefix lets scanners of source code find one that was checked in. */
export function makeKeyToken(tenant: TenantId): string {
  return `gh_${bare(tenant)}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
}

const TOKEN = /^([0-9a-f]{32})\.[A-Za-z0-9_-]{43}$/;
const KEY = /^gh_([0-9a-f]{32})_[A-Za-z0-9_-]{43}$/;

/** The tenant that a session's or link's token names; undefined for what we never made. */
export function tenantOfToken(token: string): TenantId | undefined {
  return unbare(TOKEN.exec(token)?.[1]);
}

export function tenantOfKey(token: string): TenantId | undefined {
  return unbare(KEY.exec(token)?.[1]);
}

export function hashToken(token: string): Uint8Array {
  return createHash('sha256').update(token).digest();
}

export function bare(id: string): string {
  return id.replaceAll('-', '');
}

function unbare(hex: string | undefined): TenantId | undefined {
  if (hex === undefined) return undefined;
  const [, a, b, c, d, e] = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/.exec(hex) ?? [];
  return parseId<'tenant'>(`${a}-${b}-${c}-${d}-${e}`);
}
