/**
 * Links that work once. Whoever starts one for another person never chooses what it sets: the password, the passkey are
 * given by the person who opens it (ASVS 6.4.6).
 */
import { newId, type Id, type TenantId } from '#core/id.ts';
import type { Reader, Transaction } from '#platform/db.ts';
import type { Act, PersonId } from './identity.ts';
import { hashToken, makeToken, tenantOfToken } from './tokens.ts';

export type LinkPurpose = 'setup' | 'invite' | 'password' | 'factors';
export type Link = {
  readonly id: Id<'link'>;
  readonly purpose: LinkPurpose;
  readonly personId: PersonId | null;
  readonly createdBy: string;
};
export type MadeLink = { readonly token: string; readonly expiresAt: Date };

const LIFE_MS: Readonly<Record<LinkPurpose, number>> = {
  setup: 24 * 3_600_000,
  invite: 7 * 24 * 3_600_000,
  password: 3_600_000,
  factors: 3_600_000,
};

/** A new link takes the place of an older one for the same purpose. */
export async function makeLink(
  { tx, tenant, actor }: Act,
  purpose: LinkPurpose,
  person: PersonId | null,
  nowMs: number,
): Promise<MadeLink> {
  await tx.query(
    'delete from one_time_link where tenant_id = $1 and purpose = $2 and person_id is not distinct from $3',
    [tenant, purpose, person],
  );
  const token = makeToken(tenant);
  const expiresAt = new Date(nowMs + LIFE_MS[purpose]);
  await tx.query(
    `insert into one_time_link (tenant_id, id, token_hash, person_id, purpose, created_by, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [tenant, newId(), hashToken(token), person, purpose, actor, expiresAt],
  );
  return { token, expiresAt };
}

export async function findLink(
  db: Reader,
  tenant: TenantId,
  token: string,
  nowMs: number,
): Promise<Link | undefined> {
  const [row] = await db.query<Link>(
    `select id, purpose, person_id as "personId", created_by as "createdBy" from one_time_link
     where tenant_id = $1 and token_hash = $2 and expires_at > $3`,
    [tenant, hashToken(token), new Date(nowMs)],
  );
  return row;
}

/** Takes the link out of the world; false when another request was first. */
export async function takeLink(tx: Transaction, tenant: TenantId, link: Link): Promise<boolean> {
  const gone = await tx.query('delete from one_time_link where tenant_id = $1 and id = $2 returning id', [
    tenant,
    link.id,
  ]);
  return gone.length === 1;
}

export { tenantOfToken as tenantOfLink };
