/** The LDAP directories people are copied from: described, added, listed, removed. The password is sealed. */
import { z } from 'zod';
import { appendAudit } from '#assurance/audit/audit.ts';
import type { Act } from '#assurance/identity/identity.ts';
import type { KeyStore } from '#assurance/keys/keys.ts';
import type { TenantId } from '#core/id.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { Reader } from '#platform/db.ts';

const attribute = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'is no attribute name');
const filter = z
  .string()
  .max(1000)
  .regex(/^\(.*\)$/s, 'must stand in parentheses');

export const sourceSettings = z.strictObject({
  url: z
    .url({ protocol: /^ldaps?$/ })
    .max(512)
    .describe('ldaps://…, or ldap://… with startTls.'),
  startTls: z.boolean().default(false),
  caPem: z
    .string()
    .max(64 * 1024)
    .optional(),
  baseDn: z.string().min(1).max(1000),
  bindDn: z.string().min(1).max(1000).optional(),
  timeoutMs: z.int().min(500).max(60_000).default(10_000),
  peopleFilter: filter.default('(objectClass=person)'),
  /** What stays when everything else about an entry changes: entryUUID, or objectGUID in Active Directory. */
  idAttribute: attribute.default('entryUUID'),
  emailAttribute: attribute.default('mail'),
  nameAttribute: attribute.default('cn'),
  languageAttribute: attribute.default('preferredLanguage'),
  /** Entries that this filter fits as well are kept out of the product: in Active Directory disabled accounts. */
  disabledFilter: filter.optional(),
  groupsFilter: filter.optional().describe('Groups are copied where this is given.'),
  groupNameAttribute: attribute.default('cn'),
  memberAttribute: attribute.default('member'),
  maxVanishPercent: z.int().min(0).max(100).default(10).describe('If more would vanish, nothing is changed.'),
  everyS: z.int().min(300).max(604_800).default(3600),
});
export const sourceName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'must be lower-case letters, digits, . _ -');
export const sourceInput = z
  .strictObject({
    name: sourceName,
    settings: sourceSettings,
    password: z.string().min(1).max(1024).optional().describe('Stored sealed and never shown again.'),
  })
  .refine((s) => s.settings.url.startsWith('ldaps:') || s.settings.startTls || isLoopback(s.settings.url), {
    message: 'must be ldaps:// or use startTls: names of people must not travel in the clear',
    path: ['settings', 'url'],
  });
export type SourceInput = z.output<typeof sourceInput>;
export type SourceSettings = z.output<typeof sourceSettings>;
export type SourceState = {
  readonly name: string;
  readonly settings: SourceSettings;
  readonly syncedAt: Date | null;
  readonly trouble: string | null;
  readonly done: Readonly<Record<string, number>> | null;
};

const isLoopback = (url: string): boolean =>
  /^ldap:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?(\/|$)/.test(url);
const MAX_SOURCES = 8;
const secretOf = (name: string): string => `people-source/${name}`;

export async function addSource(
  act: Act,
  keys: KeyStore,
  given: SourceInput,
): Promise<Result<string, string>> {
  const { tx, tenant, actor } = act;
  const { name, settings, password } = given;
  if ((settings.bindDn === undefined) !== (password === undefined))
    return err('bindDn and a password belong together.');
  const there = await listSources(tx, tenant);
  if (there.some((s) => s.name === name)) return err(`There is already a source named "${name}".`);
  if (there.length >= MAX_SOURCES) return err(`A tenant has at most ${MAX_SOURCES} sources.`);
  await keys.ensureTenant(tenant);
  const sealed =
    password === undefined
      ? null
      : Buffer.from(keys.seal(tenant, secretOf(name), Buffer.from(password, 'utf8')));
  await tx.query('insert into people_source (tenant_id, name, settings, sealed) values ($1, $2, $3, $4)', [
    tenant,
    name,
    JSON.stringify(settings),
    sealed,
  ]);
  const details = { url: settings.url, baseDn: settings.baseDn };
  await appendAudit(tx, [{ tenant, actor, what: 'people-source.added', subject: name, details }]);
  return ok(name);
}

/** Its people stay as they are; nobody suspends or changes them any more. */
export async function removeSource({ tx, tenant, actor }: Act, name: string): Promise<boolean> {
  const gone = await tx.query('delete from people_source where tenant_id = $1 and name = $2 returning name', [
    tenant,
    name,
  ]);
  if (gone.length === 0) return false;
  await appendAudit(tx, [{ tenant, actor, what: 'people-source.removed', subject: name, details: {} }]);
  return true;
}

export async function listSources(db: Reader, tenant: TenantId): Promise<SourceState[]> {
  const rows = await db.query<Omit<SourceState, 'settings'> & { settings: unknown }>(
    'select name, settings, synced_at as "syncedAt", trouble, done from people_source where tenant_id = $1 order by name',
    [tenant],
  );
  return rows.map((r) => ({ ...r, settings: sourceSettings.parse(r.settings) }));
}

export type OpenSource = {
  readonly name: string;
  readonly settings: SourceSettings;
  readonly password: string | undefined;
};

export async function openSource(
  db: Reader,
  keys: KeyStore,
  tenant: TenantId,
  name: string,
): Promise<OpenSource | undefined> {
  const [row] = await db.query<{ settings: unknown; sealed: Uint8Array | null }>(
    'select settings, sealed from people_source where tenant_id = $1 and name = $2',
    [tenant, name],
  );
  if (row === undefined) return undefined;
  await keys.ensureTenant(tenant);
  const password =
    row.sealed === null
      ? undefined
      : Buffer.from(keys.open(tenant, secretOf(name), row.sealed)).toString('utf8');
  return { name, settings: sourceSettings.parse(row.settings), password };
}
