/** `gatehouse tenant`: what operators do with tenants (tenant-acts.ts), and how a tenant's mail is delivered. */
import { formatDurationS, parseDurationS } from '#core/duration.ts';
import { ok } from '#core/result.ts';
import { findTenantSettings, setTenantSettings } from '#mail/directory/tenant-settings.ts';
import { tenantSettings, type TenantSettings } from '#mail/directory/values.ts';
import { zodComplaints } from '#platform/config/zod-complaints.ts';
import { tenantVerbs } from './tenant-acts.ts';
import { type Arguments, badValues, commandOf, print, usage, withAct, withTenant } from './subcommands.ts';

export const tenant = commandOf('tenant', 'Tenants, and what holds for all mail of one.', {
  ...tenantVerbs,
  settings: {
    summary: 'Show the settings, or change those that are named. "none" goes back to the default.',
    positionals: [],
    flags: {
      waits: {
        type: 'string',
        value: 'SPANS',
        help: 'Waits between tries, as 5m,15m,1h; the last one repeats.',
      },
      'max-age': { type: 'string', value: 'SPAN', help: 'How long a message is tried, as 5d.' },
      'bounce-max-age': { type: 'string', value: 'SPAN', help: 'The same for reports, as 1d.' },
      'delay-notices': {
        type: 'string',
        value: 'SPANS',
        help: 'Ages at which the sender is told, as 4h,2d.',
      },
      'source-ip4': { type: 'string', value: 'ADDRESS', help: 'Our IPv4 address to send from.' },
      'source-ip6': { type: 'string', value: 'ADDRESS', help: 'Our IPv6 address to send from.' },
      helo: { type: 'string', value: 'NAME', help: 'What we call ourselves when we send from there.' },
      language: { type: 'string', value: 'en|de|nl', help: 'Language of reports to its people.' },
    },
    run: async (args, context) => {
      const change = changeFrom(args);
      if (typeof change === 'string') return usage(context, 'tenant settings', change);
      if (Object.keys(change).length === 0) {
        const found = await withTenant(args, context, findTenantSettings);
        print(context, args, found, settingsText(found));
        return 0;
      }
      const before = await withTenant(args, context, findTenantSettings);
      const raw = Object.entries({ ...before, ...change }).filter(([, v]) => v !== 'none');
      const parsed = tenantSettings.safeParse(Object.fromEntries(raw));
      if (!parsed.success)
        return badValues(context, 'tenant settings', zodComplaints(parsed.error, tenantSettings));
      await withAct(args, context, async (act) => ok(await setTenantSettings(act, parsed.data)));
      print(context, args, parsed.data, settingsText(parsed.data));
      return 0;
    },
  },
});

type Change = Record<string, unknown>;

/** The fields that are named, or what is wrong with one. */
function changeFrom(args: Arguments): Change | string {
  const change: Change = {};
  for (const [flag, field, isList] of SPANS) {
    const text = args.text(flag);
    if (text === undefined) continue;
    if (text === 'none') change[field] = 'none';
    else {
      const spans = (isList ? text.split(',') : [text]).map((t) => parseDurationS(t));
      if (spans.includes(undefined))
        return `--${flag}: "${text}" is no ${isList ? 'list of spans such as 5m,1h' : 'span such as 4h'}`;
      change[field] = isList ? spans : spans[0];
    }
  }
  for (const [flag, field] of PLAIN) {
    const text = args.text(flag);
    if (text !== undefined) change[field] = text;
  }
  return change;
}

const SPANS = [
  ['waits', 'retryWaitsS', true],
  ['max-age', 'maxAgeS', false],
  ['bounce-max-age', 'bounceMaxAgeS', false],
  ['delay-notices', 'delayNoticesS', true],
] as const satisfies readonly (readonly [string, keyof TenantSettings, boolean])[];
const PLAIN = [
  ['source-ip4', 'sourceIp4'],
  ['source-ip6', 'sourceIp6'],
  ['helo', 'heloName'],
  ['language', 'language'],
] as const satisfies readonly (readonly [string, keyof TenantSettings])[];

function settingsText(s: TenantSettings): string {
  const spans = (list: readonly number[] | undefined): string =>
    list === undefined ? 'default' : list.length === 0 ? 'never' : list.map(formatDurationS).join(', ');
  const one = (v: number | undefined): string => (v === undefined ? 'default' : formatDurationS(v));
  return [
    `waits between tries  ${spans(s.retryWaitsS)}`,
    `given up after       ${one(s.maxAgeS)}`,
    `reports after        ${one(s.bounceMaxAgeS)}`,
    `delays told at       ${spans(s.delayNoticesS)}`,
    `sent from            ${[s.sourceIp4, s.sourceIp6].filter((x) => x !== undefined).join(' ') || 'default'}`,
    `called               ${s.heloName ?? 'default'}`,
    `language of reports  ${s.language ?? 'default'}`,
    '',
  ].join('\n');
}

export const run = tenant.run;
