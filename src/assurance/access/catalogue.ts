/**
 * Every permission there is, as `resource.verb`. A route can name no other (its type is made here), a role can hold no other,
 * and a test demands that each is used by a route or marked as planned.
 *
 * `of` says where a permission counts: `tenant` in the tenant that grants it, `installation` for operators only, `content`
 * nowhere by standing right: what a message says is opened by `content_access`, for an hour at most, never by a role. `vetted`
 * is held by a built-in role, but each use of it needs a second person. `person` is what everybody who signed in may do with what is their own, `nobody` stands at routes that ask for no permission.
 */
type Entry = {
  readonly of: 'tenant' | 'installation' | 'content' | 'vetted' | 'person' | 'nobody';
  readonly planned?: true;
};

export const CATALOGUE = {
  'access.read': { of: 'tenant', planned: true },
  'access.write': { of: 'tenant', planned: true },
  'account.read': { of: 'person' },
  'account.write': { of: 'person' },
  'address.read': { of: 'tenant' },
  'address.write': { of: 'tenant' },
  'api-key.read': { of: 'tenant', planned: true },
  'api-key.write': { of: 'tenant', planned: true },
  'approval.read': { of: 'tenant', planned: true },
  'audit.content': { of: 'tenant', planned: true },
  'audit.read': { of: 'tenant', planned: true },
  'audit.write': { of: 'tenant', planned: true },
  'break-glass.read': { of: 'tenant', planned: true },
  'break-glass.write': { of: 'tenant', planned: true },
  'campaign.read': { of: 'tenant', planned: true },
  'campaign.write': { of: 'tenant', planned: true },
  'content.read': { of: 'tenant', planned: true },
  'content.write': { of: 'tenant', planned: true },
  'directory.write': { of: 'tenant' },
  'dkim.read': { of: 'tenant' },
  'dkim.write': { of: 'tenant' },
  'domain.read': { of: 'tenant' },
  'domain.write': { of: 'tenant' },
  'grant.read': { of: 'tenant', planned: true },
  'grant.write': { of: 'tenant', planned: true },
  'held.content': { of: 'content', planned: true },
  'held.delete': { of: 'tenant' },
  'held.read': { of: 'tenant' },
  'held.release': { of: 'tenant' },
  'ldap-source.read': { of: 'tenant' },
  'ldap-source.write': { of: 'tenant' },
  'message.content': { of: 'content', planned: true },
  'message.read': { of: 'tenant' },
  'nothing.read': { of: 'nobody', planned: true },
  'notice.read': { of: 'person', planned: true },
  'notice.write': { of: 'person', planned: true },
  'operator.read': { of: 'installation', planned: true },
  'operator.write': { of: 'installation', planned: true },
  'person.read': { of: 'tenant', planned: true },
  'person.write': { of: 'tenant', planned: true },
  'queue.read': { of: 'tenant' },
  'queue.write': { of: 'tenant' },
  'request.read': { of: 'person', planned: true },
  'request.write': { of: 'person', planned: true },
  'role.read': { of: 'tenant', planned: true },
  'role.write': { of: 'tenant', planned: true },
  'route.read': { of: 'tenant' },
  'route.write': { of: 'tenant' },
  'sender.read': { of: 'tenant' },
  'sender.write': { of: 'tenant' },
  'session.read': { of: 'tenant', planned: true },
  'session.write': { of: 'tenant', planned: true },
  'siem.read': { of: 'tenant', planned: true },
  'siem.write': { of: 'tenant', planned: true },
  'sign-in.read': { of: 'tenant', planned: true },
  'sign-in.write': { of: 'tenant', planned: true },
  'status.read': { of: 'tenant' },
  'tenant.content': { of: 'vetted' },
  'tenant.delete': { of: 'installation' },
  'tenant.read': { of: 'tenant' },
  'tenant.write': { of: 'tenant' },
} as const satisfies Readonly<Record<string, Entry>>;

export type Permission = keyof typeof CATALOGUE;
export const PERMISSIONS = Object.keys(CATALOGUE) as readonly Permission[]; // the keys are the type

export function isPermission(text: string): text is Permission {
  return Object.hasOwn(CATALOGUE, text);
}

/** What a role of a tenant's own making, or a grant of a single permission, may hold: no operator's rights and no content. */
export function isGrantable(permission: Permission): boolean {
  return CATALOGUE[permission].of === 'tenant';
}
