/**
 * The pages and their addresses. A page is three lines: its route here, its place in the tree below, and (if it belongs in the
 * navigation) its entry in navigation.ts. Its code stands in pages/NAME/ and is loaded when it is first visited.
 */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { parseSearch, searchOf, stringifySearch } from './search.ts';
import { NotFound } from './shell/NotFound.tsx';
import { Broken } from './shell/Broken.tsx';
import { Shell } from './shell/Shell.tsx';

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, errorComponent: Broken });
const under = { getParentRoute: () => root } as const;

const status = createRoute({
  ...under,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/status/StatusPage.tsx'), 'StatusPage'),
});
const messages = createRoute({
  ...under,
  path: '/messages',
  validateSearch: searchOf(
    'sender',
    'recipient',
    'subject',
    'messageId',
    'from',
    'until',
    'verdict',
    'cursor',
  ),
  component: lazyRouteComponent(() => import('./pages/messages/MessagesPage.tsx'), 'MessagesPage'),
});
const message = createRoute({
  ...under,
  path: '/messages/$id',
  component: lazyRouteComponent(() => import('./pages/message/MessagePage.tsx'), 'MessagePage'),
});
const held = createRoute({
  ...under,
  path: '/held',
  validateSearch: searchOf('recipient', 'cursor'),
  component: lazyRouteComponent(() => import('./pages/held/HeldPage.tsx'), 'HeldPage'),
});
const heldOne = createRoute({
  ...under,
  path: '/held/$id',
  component: lazyRouteComponent(() => import('./pages/held/HeldMessagePage.tsx'), 'HeldMessagePage'),
});
const queue = createRoute({
  ...under,
  path: '/queue',
  validateSearch: searchOf('domain', 'cursor'),
  component: lazyRouteComponent(() => import('./pages/queue/QueuePage.tsx'), 'QueuePage'),
});
const domains = createRoute({
  ...under,
  path: '/domains',
  validateSearch: searchOf('cursor'),
  component: lazyRouteComponent(() => import('./pages/domains/DomainsPage.tsx'), 'DomainsPage'),
});
const domain = createRoute({
  ...under,
  path: '/domains/$name',
  component: lazyRouteComponent(() => import('./pages/domains/DomainPage.tsx'), 'DomainPage'),
});
const addresses = createRoute({
  ...under,
  path: '/domains/$name/addresses',
  validateSearch: searchOf('cursor'),
  component: lazyRouteComponent(() => import('./pages/addresses/AddressesPage.tsx'), 'AddressesPage'),
});
const partners = createRoute({
  ...under,
  path: '/partners',
  validateSearch: searchOf('cursor'),
  component: lazyRouteComponent(() => import('./pages/partners/PartnersPage.tsx'), 'PartnersPage'),
});
const destinations = createRoute({
  ...under,
  path: '/destinations',
  validateSearch: searchOf('cursor'),
  component: lazyRouteComponent(
    () => import('./pages/destinations/DestinationsPage.tsx'),
    'DestinationsPage',
  ),
});
const senders = createRoute({
  ...under,
  path: '/senders',
  validateSearch: searchOf('kind'),
  component: lazyRouteComponent(() => import('./pages/senders/SendersPage.tsx'), 'SendersPage'),
});
const settings = createRoute({
  ...under,
  path: '/settings',
  component: lazyRouteComponent(() => import('./pages/settings/SettingsPage.tsx'), 'SettingsPage'),
});

// The reader's notices; access to what messages say.
const notices = createRoute({
  ...under,
  path: '/notices',
  validateSearch: searchOf('show', 'cursor'),
  component: lazyRouteComponent(() => import('./pages/notices/NoticesPage.tsx'), 'NoticesPage'),
});
const content = createRoute({
  ...under,
  path: '/content',
  validateSearch: searchOf('cursor'),
  component: lazyRouteComponent(() => import('./pages/content/ContentPage.tsx'), 'ContentPage'),
});
const consent = createRoute({
  ...under,
  path: '/content/requests/$id',
  component: lazyRouteComponent(() => import('./pages/content/ConsentPage.tsx'), 'ConsentPage'),
});

const reader = createRoute({
  ...under,
  path: '/held/$id/read',
  component: lazyRouteComponent(() => import('./pages/content/ReadPage.tsx'), 'ReadPage'),
});

const apiKeys = createRoute({
  ...under,
  path: '/api-keys',
  component: lazyRouteComponent(() => import('./pages/api-keys/ApiKeysPage.tsx'), 'ApiKeysPage'),
});
// For the tenant's own administrators: streams of the record, directories. For operators: tenants.
const siem = createRoute({
  ...under,
  path: '/siem',
  component: lazyRouteComponent(() => import('./pages/siem/SiemPage.tsx'), 'SiemPage'),
});
const ldap = createRoute({
  ...under,
  path: '/ldap-sources',
  validateSearch: searchOf('cursor'),
  component: lazyRouteComponent(() => import('./pages/ldap/LdapPage.tsx'), 'LdapPage'),
});
const tenants = createRoute({
  ...under,
  path: '/tenants',
  validateSearch: searchOf('cursor'),
  component: lazyRouteComponent(() => import('./pages/tenants/TenantsPage.tsx'), 'TenantsPage'),
});
const tenant = createRoute({
  ...under,
  path: '/tenants/$id',
  component: lazyRouteComponent(() => import('./pages/tenants/TenantPage.tsx'), 'TenantPage'),
});

const audit = createRoute({
  ...under,
  path: '/audit',
  validateSearch: searchOf('actor', 'subject', 'what', 'from', 'to', 'cursor', 'follow'),
  component: lazyRouteComponent(() => import('./pages/audit/AuditPage.tsx'), 'AuditPage'),
});
const auditEntry = createRoute({
  ...under,
  path: '/audit/$index',
  component: lazyRouteComponent(() => import('./pages/audit/EntryPage.tsx'), 'EntryPage'),
});
const account = createRoute({
  ...under,
  path: '/account',
  component: lazyRouteComponent(() => import('./pages/account/AccountPage.tsx'), 'AccountPage'),
});
const signIn = createRoute({
  ...under,
  path: '/sign-in',
  validateSearch: searchOf('next'),
  component: lazyRouteComponent(() => import('./pages/sign-in/SignInPage.tsx'), 'SignInPage'),
});
const link = createRoute({
  ...under,
  path: '/link',
  component: lazyRouteComponent(() => import('./pages/sign-in/LinkPage.tsx'), 'LinkPage'),
});
const requests = createRoute({
  ...under,
  path: '/requests',
  validateSearch: searchOf('box', 'cursor'),
  component: lazyRouteComponent(() => import('./pages/requests/RequestsPage.tsx'), 'RequestsPage'),
});
const request = createRoute({
  ...under,
  path: '/requests/$id',
  component: lazyRouteComponent(() => import('./pages/requests/RequestPage.tsx'), 'RequestPage'),
});
const roles = createRoute({
  ...under,
  path: '/roles',
  validateSearch: searchOf('tab', 'cursor'),
  component: lazyRouteComponent(() => import('./pages/roles/RolesPage.tsx'), 'RolesPage'),
});
const breakGlass = createRoute({
  ...under,
  path: '/break-glass',
  validateSearch: searchOf('cursor'),
  component: lazyRouteComponent(() => import('./pages/break-glass/BreakGlassPage.tsx'), 'BreakGlassPage'),
});
const campaigns = createRoute({
  ...under,
  path: '/campaigns',
  validateSearch: searchOf('cursor'),
  component: lazyRouteComponent(() => import('./pages/campaigns/CampaignsPage.tsx'), 'CampaignsPage'),
});
const campaign = createRoute({
  ...under,
  path: '/campaigns/$id',
  component: lazyRouteComponent(() => import('./pages/campaigns/CampaignPage.tsx'), 'CampaignPage'),
});
const setUp = createRoute({
  ...under,
  path: '/setup',
  validateSearch: searchOf('step'),
  component: lazyRouteComponent(() => import('./pages/set-up/SetUpPage.tsx'), 'SetUpPage'),
});
const people = createRoute({
  ...under,
  path: '/people',
  validateSearch: searchOf('search', 'cursor'),
  component: lazyRouteComponent(() => import('./pages/people/PeoplePage.tsx'), 'PeoplePage'),
});
const person = createRoute({
  ...under,
  path: '/people/$id',
  component: lazyRouteComponent(() => import('./pages/people/PersonPage.tsx'), 'PersonPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    status,
    messages,
    message,
    held,
    heldOne,
    queue,
    domains,
    domain,
    addresses,
    partners,
    destinations,
    senders,
    settings,
    notices,
    content,
    consent,
    reader,
    siem,
    apiKeys,
    ldap,
    tenants,
    tenant,
    audit,
    auditEntry,
    account,
    requests,
    request,
    roles,
    breakGlass,
    campaigns,
    campaign,
    signIn,
    link,
    setUp,
    people,
    person,
  ]),
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
