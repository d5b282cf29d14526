/**
 * Every permission there is, as `resource.verb`. A route can name no other (its type is made here), a role can hold no other,
 * and a test demands that each is used by a route or marked as planned.
 *
 * `of` says where a permission counts: `tenant` in the tenant that grants it, `installation` for operators only, `content`
 * nowhere by standing right: what a message says is opened by `content_access`, for an hour at most, never by a role. `vetted`
 * is held by a built-in role, but each use of it needs a second person. `person` is what everybody who signed in may do with
 * what is their own, `nobody` stands at routes that ask for no permission.
 */
type Entry = {
  readonly of: 'tenant' | 'installation' | 'content' | 'vetted' | 'person' | 'nobody';
  readonly planned?: true;
};

export const CATALOGUE = {
  'access.read': { of: 'tenant' },
  'access.write': { of: 'tenant' },
  'account.read': { of: 'person' },
  'account.write': { of: 'person' },
  'address.read': { of: 'tenant' },
  'address.write': { of: 'tenant' },
  'api-key.read': { of: 'tenant' },
  'api-key.write': { of: 'tenant' },
  'approval.read': { of: 'tenant' },
  'audit.content': { of: 'tenant', planned: true },
  'audit.read': { of: 'tenant', planned: true },
  'audit.write': { of: 'tenant', planned: true },
  'break-glass.read': { of: 'tenant' },
  'break-glass.review': { of: 'tenant' },
  'break-glass.take': { of: 'tenant' },
  'campaign.read': { of: 'tenant' },
  'campaign.write': { of: 'tenant' },
  'content.read': { of: 'tenant' },
  'content.write': { of: 'tenant' },
  'directory.write': { of: 'tenant' },
  'dkim.read': { of: 'tenant' },
  'dkim.write': { of: 'tenant' },
  'domain.read': { of: 'tenant' },
  'domain.write': { of: 'tenant' },
  'grant.read': { of: 'tenant' },
  'grant.write': { of: 'tenant' },
  'group.read': { of: 'tenant' },
  'group.write': { of: 'tenant' },
  'held.content': { of: 'content' },
  'held.delete': { of: 'tenant' },
  'held.read': { of: 'tenant' },
  'held.release': { of: 'tenant' },
  'ldap-source.read': { of: 'tenant' },
  'ldap-source.write': { of: 'tenant' },
  'message.content': { of: 'content', planned: true },
  'message.read': { of: 'tenant' },
  'metrics.read': { of: 'installation', planned: true },
  'nothing.read': { of: 'nobody', planned: true },
  'notice.read': { of: 'person' },
  'notice.write': { of: 'person' },
  'operator.read': { of: 'installation', planned: true },
  'operator.write': { of: 'installation', planned: true },
  'person.read': { of: 'tenant' },
  'person.write': { of: 'tenant' },
  'queue.read': { of: 'tenant' },
  'queue.write': { of: 'tenant' },
  'request.read': { of: 'person' },
  'request.write': { of: 'person' },
  'role.read': { of: 'tenant' },
  'role.write': { of: 'tenant' },
  'route.read': { of: 'tenant' },
  'route.write': { of: 'tenant' },
  'scim.write': { of: 'tenant' },
  'sender.read': { of: 'tenant' },
  'sender.write': { of: 'tenant' },
  'session.read': { of: 'tenant' },
  'session.write': { of: 'tenant' },
  'siem.read': { of: 'tenant' },
  'siem.write': { of: 'tenant' },
  'sign-in.read': { of: 'tenant' },
  'sign-in.write': { of: 'tenant' },
  'status.read': { of: 'tenant' },
  'tenant.content': { of: 'vetted' },
  'tenant.delete': { of: 'installation' },
  'tenant.read': { of: 'tenant' },
  'tenant.write': { of: 'tenant' },
} as const satisfies Readonly<Record<string, Entry>>;

export type Permission = keyof typeof CATALOGUE;
export type Permissions = readonly [Permission, ...Permission[]];
export const PERMISSIONS = Object.keys(CATALOGUE) as unknown as Permissions; // the keys are the type, and there are some

export function isPermission(text: string): text is Permission {
  return Object.hasOwn(CATALOGUE, text);
}

/** What a role of a tenant's own making, or a grant of a single permission, may hold: no operator's rights and no content. */
export function isGrantable(permission: Permission): boolean {
  return CATALOGUE[permission].of === 'tenant';
}
export const GRANTABLE = PERMISSIONS.filter(isGrantable) as unknown as Permissions; // a tenant may grant some
