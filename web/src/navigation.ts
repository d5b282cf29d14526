/** What the navigation offers, in its order. */
import type { Texts } from './texts/en.ts';

export type NavItem = {
  readonly to: string;
  readonly text: keyof Texts;
  readonly icon: string;
  /** Shown to those who may; all others are spared a page of refusals. */
  readonly needs?: string;
  /** The right is one over the installation: what the reader may do in a tenant does not count. */
  readonly isPlatform?: true;
};
export type NavGroup = { readonly text: keyof Texts; readonly items: readonly NavItem[] };

export const navigation: readonly NavGroup[] = [
  {
    text: 'nav.mail',
    items: [
      { to: '/', text: 'nav.status', icon: 'pulse', needs: 'status.read' },
      { to: '/messages', text: 'nav.messages', icon: 'search', needs: 'message.read' },
      { to: '/held', text: 'nav.held', icon: 'hand', needs: 'held.read' },
      { to: '/queue', text: 'nav.queue', icon: 'queue', needs: 'queue.read' },
    ],
  },
  {
    text: 'nav.directory',
    items: [
      { to: '/domains', text: 'nav.domains', icon: 'globe', needs: 'domain.read' },
      { to: '/senders', text: 'nav.senders', icon: 'send', needs: 'sender.read' },
      { to: '/partners', text: 'nav.partners', icon: 'link', needs: 'route.read' },
      { to: '/destinations', text: 'nav.destinations', icon: 'route', needs: 'route.read' },
      { to: '/ldap-sources', text: 'nav.ldap', icon: 'book', needs: 'ldap-source.read' },
    ],
  },
  {
    text: 'nav.access',
    items: [
      { to: '/people', text: 'nav.people', icon: 'people', needs: 'person.read' },
      { to: '/requests', text: 'nav.requests', icon: 'key' },
      { to: '/roles', text: 'nav.roles', icon: 'check', needs: 'role.read' },
      { to: '/break-glass', text: 'nav.break-glass', icon: 'hand', needs: 'break-glass.read' },
      { to: '/campaigns', text: 'nav.campaigns', icon: 'review', needs: 'campaign.read' },
      { to: '/api-keys', text: 'nav.keys', icon: 'key', needs: 'api-key.read' },
    ],
  },
  {
    text: 'nav.record',
    items: [
      { to: '/audit', text: 'nav.audit', icon: 'record', needs: 'audit.read' },
      { to: '/content', text: 'nav.content', icon: 'eye', needs: 'content.read' },
      { to: '/siem', text: 'nav.siem', icon: 'stream', needs: 'siem.read' },
    ],
  },
  {
    text: 'nav.installation',
    items: [
      { to: '/settings', text: 'nav.settings', icon: 'sliders', needs: 'tenant.read' },
      { to: '/tenants', text: 'nav.tenants', icon: 'buildings', needs: 'tenant.read', isPlatform: true },
    ],
  },
];
