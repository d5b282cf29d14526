/**
 * What can be made to need a second person, and by whom it is approved where the tenant has no rule of its own. `none`: nobody,
 * until the tenant sets a rule. `always`: there is no turning it off, only changing who approves.
 */
export const ACTS = {
  'access.request': { fallback: 'role:tenant-admin', always: true },
  'access.settings': { fallback: 'none', always: false },
  'content.access': { fallback: 'role:tenant-admin', always: true },
  'domain.remove': { fallback: 'none', always: false },
  'grant.give': { fallback: 'none', always: false },
  'grant.give-admin': { fallback: 'none', always: false },
  'group.change': { fallback: 'none', always: false },
  'held.release': { fallback: 'none', always: false },
  'role.change': { fallback: 'none', always: false },
  'tenant.export': { fallback: 'role:tenant-admin', always: true },
} as const satisfies Readonly<Record<string, { readonly fallback: string; readonly always: boolean }>>;

export type FourEyesAct = keyof typeof ACTS;
export const ACT_NAMES = Object.keys(ACTS) as readonly FourEyesAct[]; // the keys are the type

export function isAct(text: string): text is FourEyesAct {
  return Object.hasOwn(ACTS, text);
}
