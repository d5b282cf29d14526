/** Every route of the API, resource by resource. */
import { auditRoutes } from '#api/audit.ts';
import { openSubjectKeys } from '#assurance/audit/subject-keys.ts';
import { apiKeyRoutes } from '#api/api-keys.ts';
import { applyRoutes } from '#api/apply.ts';
import { accountRoutes } from '#api/account.ts';
import { domainCheckRoutes } from '#api/domain-check.ts';
import { dkimRoutes } from '#api/dkim.ts';
import { heldRoutes } from '#api/held.ts';
import { directoryRoutes } from '#api/index.ts';
import { ldapSourceRoutes } from '#api/ldap-sources.ts';
import { messageRoutes } from '#api/messages.ts';
import { oidcRoutes } from '#api/oidc.ts';
import { originRoutes } from '#api/origins.ts';
import { peopleSourceRoutes } from '#api/people-sources.ts';
import { peopleRoutes } from '#api/people.ts';
import { queueRoutes } from '#api/queue.ts';
import type { Route } from '#api/route.ts';
import { scimRoutes } from '#api/scim.ts';
import { sessionRoutes } from '#api/session.ts';
import { setUpRoutes } from '#api/set-up.ts';
import { siemRoutes } from '#api/siem.ts';
import { signInRoutes } from '#api/sign-in.ts';
import { statusRoutes } from '#api/status.ts';
import type { Identity } from '#assurance/identity/identity.ts';
import { tenantRoutes } from '#api/tenants.ts';
import { accessRoutes } from './api-access-routes.ts';
import type { AboutGateway } from './about.ts';
import type { Stores } from './installation.ts';

export type ApiParts = {
  readonly stores: Stores;
  readonly about: AboutGateway;
  readonly identity: Identity;
  /** Where people reach us, for links; known once we listen. */
  readonly publicUrl: () => string;
};

export function apiRoutes({ stores, about, identity, publicUrl }: ApiParts): readonly Route[] {
  const routes: readonly Route[] = [
    ...signInRoutes(identity),
    ...sessionRoutes(identity),
    ...setUpRoutes(identity),
    ...accountRoutes(identity),
    ...oidcRoutes({ ...about.oidc, identity }),
    ...scimRoutes(),
    ...peopleSourceRoutes(stores.keys),
    ...peopleRoutes(identity, publicUrl),
    ...apiKeyRoutes(identity),
    ...directoryRoutes(),
    ...heldRoutes(),
    ...messageRoutes(),
    ...queueRoutes(),
    ...ldapSourceRoutes(stores.keys),
    ...applyRoutes(stores.keys),
    ...dkimRoutes(stores.keys),
    ...siemRoutes(stores.keys),
    ...statusRoutes(about),
    ...domainCheckRoutes(about),
    ...auditRoutes(openSubjectKeys(stores.keys)),
    ...originRoutes(() => about.operator),
    ...tenantRoutes(() => about.tenants),
    ...accessRoutes({ stores, site: () => identity.relyingParty, routes: () => routes }),
  ];
  return routes;
}
