/**
 * The built-in roles. Each holds what its task needs and no more: who manages people cannot release mail, who helps cannot
 * grant, who audits changes nothing, and nobody reads content. Small tenants give one person several.
 */
import { CATALOGUE, type Permission, PERMISSIONS } from './catalogue.ts';

export const ROLES = [
  'operator',
  'tenant-admin',
  'mail-admin',
  'quarantine-manager',
  'helpdesk',
  'meeting-manager',
  'auditor',
  'employee',
  'guest',
] as const;
export type Role = (typeof ROLES)[number];

/** What the first administrator of a tenant needs to set it up: people and rights, and the mail side. */
export const SET_UP_ROLES = ['tenant-admin', 'mail-admin'] as const satisfies readonly Role[];

/** What a role may do in its tenant, and what with the installation. */
export type RoleRights = {
  readonly tenant: readonly Permission[];
  readonly platform: readonly Permission[];
};

const DIRECTORY = [
  'address.read',
  'address.write',
  'directory.write',
  'dkim.read',
  'dkim.write',
  'domain.read',
  'domain.write',
  'ldap-source.read',
  'ldap-source.write',
  'route.read',
  'route.write',
  'sender.read',
  'sender.write',
  'status.read',
  'tenant.read',
  'tenant.write',
] as const satisfies readonly Permission[];

const READS = PERMISSIONS.filter((p) => CATALOGUE[p].of === 'tenant' && p.endsWith('.read'));
const inTenant = (...tenant: readonly Permission[]): RoleRights => ({ tenant, platform: [] });

export const RIGHTS: Readonly<Record<Role, RoleRights>> = {
  operator: {
    tenant: [],
    platform: [
      'operator.read',
      'operator.write',
      'audit.read',
      'metrics.read',
      'status.read',
      'queue.read',
      'tenant.read',
      'tenant.write',
      'tenant.delete',
    ],
  },
  'tenant-admin': inTenant(
    ...DIRECTORY,
    'access.read',
    'access.write',
    'api-key.read',
    'api-key.write',
    'approval.read',
    'audit.content',
    'audit.read',
    'audit.write',
    'break-glass.read',
    'break-glass.review',
    'break-glass.take',
    'campaign.read',
    'campaign.write',
    'content.read',
    'content.write',
    'grant.read',
    'grant.write',
    'group.read',
    'group.write',
    'person.read',
    'person.write',
    'role.read',
    'role.write',
    'scim.write',
    'session.read',
    'session.write',
    'siem.read',
    'siem.write',
    'sign-in.read',
    'sign-in.write',
    'tenant.content',
  ),
  'mail-admin': inTenant(
    ...DIRECTORY,
    'break-glass.take',
    'held.read',
    'held.release',
    'held.delete',
    'message.read',
    'queue.read',
    'queue.write',
  ),
  'quarantine-manager': inTenant(
    'held.read',
    'held.release',
    'held.delete',
    'message.read',
    'domain.read',
    'status.read',
  ),
  helpdesk: inTenant(
    'address.read',
    'break-glass.take',
    'domain.read',
    'held.read',
    'message.read',
    'person.read',
    'queue.read',
    'session.read',
    'status.read',
  ),
  'meeting-manager': inTenant('person.read', 'status.read'),
  auditor: inTenant(...READS, 'audit.content'),
  employee: inTenant(),
  guest: inTenant(),
};

export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}

/** Above employee: its grants always end, and its people prove a second factor. A tenant's own roles are all privileged. */
export function isPrivileged(role: string): boolean {
  return role !== 'employee' && role !== 'guest';
}
