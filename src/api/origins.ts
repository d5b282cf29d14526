/** Where each setting of a tenant comes from: the product's default, the operator's configuration, or the tenant. */
import { z } from 'zod';
import { BOUNCE_SCHEDULE, DEFAULT_SCHEDULE } from '#mail/deliver/retry.ts';
import { findTenantSettings } from '#mail/directory/tenant-settings.ts';
import type { TenantSettings } from '#mail/directory/values.ts';
import { readRoute, type Route } from './route.ts';

const value = z.union([z.string(), z.int(), z.array(z.int()).readonly()]);
const layered = z.object({
  name: z.string(),
  unit: z.enum(['seconds', 'text']),
  /** The one that counts is the last that is there. */
  default: value.nullable(),
  operator: value.nullable(),
  tenant: value.nullable(),
  origin: z.enum(['default', 'operator', 'tenant']),
});
type Value = z.input<typeof value>;

const DEFAULTS = {
  retryWaitsS: [...DEFAULT_SCHEDULE.waitsS],
  maxAgeS: DEFAULT_SCHEDULE.maxAgeS,
  bounceMaxAgeS: BOUNCE_SCHEDULE.maxAgeS,
  delayNoticesS: [...DEFAULT_SCHEDULE.delayNoticesS],
  sourceIp4: null,
  sourceIp6: null,
  heloName: null,
  language: 'en',
} as const satisfies Record<keyof TenantSettings, unknown>;

/** What the configuration of the machine says, as far as it says anything. */
export type OperatorSettings = Partial<Record<keyof TenantSettings, Value>>;

export function originRoutes(operator: () => OperatorSettings): readonly Route[] {
  return [
    readRoute({
      path: '/tenant-settings/origins',
      summary:
        'Lists every setting of the tenant with its default, what the operator and the tenant say, and which counts.',
      permission: 'tenant.read',
      scope: 'tenant',
      rate: 'read',
      reply: z.object({ items: z.array(layered) }),
      handle: async (_input, { db, tenant }) => {
        const ofOperator = operator();
        const theirs = await findTenantSettings(db, tenant);
        const names = Object.keys(DEFAULTS) as (keyof TenantSettings)[]; // `as`: the keys of the constant above
        return {
          items: names.map((name) => {
            const layers = {
              default: DEFAULTS[name],
              operator: ofOperator[name] ?? null,
              tenant: theirs[name] ?? null,
            };
            const origin =
              layers.tenant !== null
                ? ('tenant' as const)
                : layers.operator !== null
                  ? ('operator' as const)
                  : ('default' as const);
            return {
              name,
              unit: name.endsWith('S') ? ('seconds' as const) : ('text' as const),
              ...layers,
              origin,
            };
          }),
        };
      },
    }),
  ];
}
