/** A tenant's settings for delivery: one row or none, read into the snapshot like everything else of the directory. */
import { appendAudit } from '#assurance/audit/audit.ts';
import { InvariantError } from '#core/errors.ts';
import type { TenantId } from '#core/id.ts';
import type { Reader, Row } from '#platform/db.ts';
import type { Act } from './commands.ts';
import { tenantSettings, type TenantSettings } from './values.ts';

const COLUMNS = {
  retryWaitsS: 'retry_waits_s',
  maxAgeS: 'max_age_s',
  bounceMaxAgeS: 'bounce_max_age_s',
  delayNoticesS: 'delay_notices_s',
  sourceIp4: 'source_ip4',
  sourceIp6: 'source_ip6',
  heloName: 'helo_name',
  language: 'language',
} as const satisfies Record<keyof TenantSettings, string>;
const FIELDS = Object.entries(COLUMNS);

export async function readTenantSettings(on: Reader): Promise<ReadonlyMap<TenantId, TenantSettings>> {
  const rows = await on.query('select * from tenant_settings');
  return new Map(rows.map((row) => [row['tenant_id'] as TenantId, settingsOf(row)])); // `as`: the column's type
}

/** What the tenant has set; empty when that is nothing. */
export async function findTenantSettings(on: Reader, tenant: TenantId): Promise<TenantSettings> {
  const [row] = await on.query('select * from tenant_settings where tenant_id = $1', [tenant]);
  return row === undefined ? {} : settingsOf(row);
}

/** Replaces the tenant's settings as a whole. Running processes learn of it through the table's trigger. */
export async function setTenantSettings(act: Act, value: TenantSettings): Promise<void> {
  const before = await findTenantSettings(act.tx, act.tenant);
  const names = FIELDS.map(([, column]) => column);
  await act.tx.query(
    `insert into tenant_settings (tenant_id, ${names.join(', ')}) values ($1, ${names.map((_, i) => `$${i + 2}`).join(', ')})
     on conflict (tenant_id) do update set ${names.map((n) => `${n} = excluded.${n}`).join(', ')}`,
    [act.tenant, ...FIELDS.map(([field]) => Reflect.get(value, field) ?? null)],
  );
  await appendAudit(act.tx, [
    {
      tenant: act.tenant,
      what: 'tenant.settings-changed',
      actor: act.actor,
      subject: act.tenant,
      details: { before, value },
    },
  ]);
}

function settingsOf(row: Row): TenantSettings {
  const given = FIELDS.flatMap(([field, column]) => (row[column] === null ? [] : [[field, row[column]]]));
  const parsed = tenantSettings.safeParse(Object.fromEntries(given));
  if (!parsed.success)
    throw new InvariantError('the settings of a tenant in the database do not fit their schema', {
      cause: parsed.error,
    });
  return parsed.data;
}
