/** The OpenID providers of a tenant: how they are described, added, found, removed. The client's secret is sealed. */
import { z } from 'zod';
import { appendAudit } from '#assurance/audit/audit.ts';
import type { Act } from '#assurance/identity/identity.ts';
import { bare } from '#assurance/identity/tokens.ts';
import type { KeyStore } from '#assurance/keys/keys.ts';
import { parseId, type TenantId } from '#core/id.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { Reader } from '#platform/db.ts';

const claim = z.string().min(1).max(128);
export const providerName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits, -');
const domain = z
  .string()
  .toLowerCase()
  .regex(/^(?=.{1,253}$)[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'is no domain name');
/** OpenID Discovery §3: no query, no fragment. Whether `http:` is taken is decided when it is asked. */
const issuer = z
  .url({ protocol: /^https?$/ })
  .max(1024)
  .refine((text) => !/[?#]/.test(text), 'must have no query and no fragment');

export const providerSettings = z.strictObject({
  label: z.string().min(1).max(100).describe('What the button on the sign-in page says.'),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/))
    .max(16)
    .default(['openid', 'email', 'profile']),
  clientAuth: z.enum(['basic', 'post']).default('basic'),
  emailClaim: claim.default('email'),
  nameClaim: claim.default('name'),
  /** Whether an address counts though the provider does not say that it was verified. */
  trustsEmail: z.boolean().default(false),
  allowedDomains: z
    .array(domain)
    .max(100)
    .default([])
    .describe('Only people with an address in these may sign in.'),
  createsPeople: z
    .boolean()
    .default(false)
    .describe('Whether somebody unknown gets an account at the first sign-in.'),
  groupsClaim: claim.optional().describe('A claim that lists what the person belongs to.'),
  groups: z
    .record(z.string().min(1).max(255), z.string().min(1).max(200))
    .refine((g) => Object.keys(g).length <= 200, 'has at most 200 entries')
    .default({})
    .describe('Which of its values stand for which group of ours; others stand for none.'),
  secondFactorAcr: z.array(claim).max(16).default([]),
  secondFactorAmr: z.array(claim).max(16).default([]),
});
export const providerInput = z
  .strictObject({
    name: providerName,
    issuer,
    clientId: z.string().min(1).max(512),
    clientSecret: z.string().min(1).max(2048).optional().describe('Stored sealed and never shown again.'),
    settings: providerSettings,
  })
  .refine((p) => p.settings.scopes.includes('openid'), 'settings.scopes must hold openid')
  .refine(
    (p) => !p.settings.createsPeople || p.settings.allowedDomains.length > 0,
    'settings.createsPeople needs allowedDomains',
  );
export type ProviderInput = z.output<typeof providerInput>;
export type ProviderSettings = z.output<typeof providerSettings>;
export type Provider = {
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly settings: ProviderSettings;
};
export type OpenProvider = Provider & {
  readonly tenant: TenantId;
  readonly secret: string | undefined;
  /** How the provider is called in our URLs: it names the tenant, too. */
  readonly ref: string;
};

const MAX_PROVIDERS = 16;
const secretOf = (name: string): string => `oidc/${name}`;

export async function addProvider(
  act: Act,
  keys: KeyStore,
  given: ProviderInput,
): Promise<Result<Provider, string>> {
  const { tx, tenant, actor } = act;
  const { name, clientId, clientSecret, settings } = given;
  const there = await listProviders(tx, tenant);
  if (there.some((p) => p.name === name)) return err(`There is already a provider named "${name}".`);
  if (there.length >= MAX_PROVIDERS) return err(`A tenant has at most ${MAX_PROVIDERS} providers.`);
  await keys.ensureTenant(tenant);
  const sealed =
    clientSecret === undefined
      ? null
      : Buffer.from(keys.seal(tenant, secretOf(name), Buffer.from(clientSecret, 'utf8')));
  await tx.query(
    'insert into oidc_provider (tenant_id, name, issuer, client_id, sealed, settings) values ($1, $2, $3, $4, $5, $6)',
    [tenant, name, given.issuer, clientId, sealed, JSON.stringify(settings)],
  );
  const details = { issuer: given.issuer, clientId, settings };
  await appendAudit(tx, [{ tenant, actor, what: 'oidc-provider.added', subject: name, details }]);
  return ok({ name, issuer: given.issuer, clientId, settings });
}

/** Sessions that came from it go on until they end by themselves; nobody comes in through it any more. */
export async function removeProvider({ tx, tenant, actor }: Act, name: string): Promise<boolean> {
  const gone = await tx.query('delete from oidc_provider where tenant_id = $1 and name = $2 returning name', [
    tenant,
    name,
  ]);
  if (gone.length === 0) return false;
  await appendAudit(tx, [{ tenant, actor, what: 'oidc-provider.removed', subject: name, details: {} }]);
  return true;
}

export async function listProviders(db: Reader, tenant: TenantId): Promise<Provider[]> {
  const rows = await db.query<{ name: string; issuer: string; clientId: string; settings: unknown }>(
    'select name, issuer, client_id as "clientId", settings from oidc_provider where tenant_id = $1 order by name',
    [tenant],
  );
  return rows.map((r) => ({ ...r, settings: providerSettings.parse(r.settings) }));
}

export const refOf = (tenant: TenantId, name: string): string => `${bare(tenant)}.${name}`;

/** The tenant and name that a reference means; it says nothing about whether they exist. */
export function parseRef(ref: string): { readonly tenant: TenantId; readonly name: string } | undefined {
  const [, hex = '', name = ''] = /^([0-9a-f]{32})\.([a-z0-9][a-z0-9-]{0,62})$/.exec(ref) ?? [];
  const tenant = parseId<'tenant'>(hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'));
  return tenant === undefined ? undefined : { tenant, name };
}

/** `db` is a view of the tenant. */
export async function openProvider(
  db: Reader,
  keys: KeyStore,
  tenant: TenantId,
  name: string,
): Promise<OpenProvider | undefined> {
  const [row] = await db.query<{
    issuer: string;
    clientId: string;
    settings: unknown;
    sealed: Uint8Array | null;
  }>(
    'select issuer, client_id as "clientId", settings, sealed from oidc_provider where tenant_id = $1 and name = $2',
    [tenant, name],
  );
  if (row === undefined) return undefined;
  await keys.ensureTenant(tenant);
  const { issuer, clientId, sealed } = row;
  const secret =
    sealed === null ? undefined : Buffer.from(keys.open(tenant, secretOf(name), sealed)).toString('utf8');
  const settings = providerSettings.parse(row.settings);
  return { tenant, name, issuer, clientId, settings, secret, ref: refOf(tenant, name) };
}
