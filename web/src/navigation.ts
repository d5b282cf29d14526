/** What the navigation offers, in its order. */
import type { Texts } from './texts/en.ts';

export type NavItem = { readonly to: string; readonly text: keyof Texts; readonly icon: string };
export type NavGroup = { readonly text: keyof Texts; readonly items: readonly NavItem[] };

export const navigation: readonly NavGroup[] = [
  {
    text: 'nav.mail',
    items: [
      { to: '/', text: 'nav.status', icon: 'pulse' },
      { to: '/messages', text: 'nav.messages', icon: 'search' },
      { to: '/held', text: 'nav.held', icon: 'hand' },
      { to: '/queue', text: 'nav.queue', icon: 'queue' },
    ],
  },
  {
    text: 'nav.directory',
    items: [
      { to: '/domains', text: 'nav.domains', icon: 'globe' },
      { to: '/senders', text: 'nav.senders', icon: 'send' },
      { to: '/partners', text: 'nav.partners', icon: 'link' },
      { to: '/destinations', text: 'nav.destinations', icon: 'route' },
    ],
  },
  { text: 'nav.installation', items: [{ to: '/settings', text: 'nav.settings', icon: 'sliders' }] },
];
