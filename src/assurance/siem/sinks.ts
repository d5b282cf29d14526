/** What a sink is: its settings as they are given and stored, and the acts on them. Secrets are sealed by the key store. */
import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { appendAudit } from '#assurance/audit/audit.ts';
import type { KeyStore } from '#assurance/keys/keys.ts';
import type { Actor } from '#core/actor.ts';
import type { TenantId } from '#core/id.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { Reader, Transaction } from '#platform/db.ts';

const pem = z
  .string()
  .max(64 * 1024)
  .refine(isCertificates, 'is not one or more certificates in PEM');
const host = z
  .string()
  .max(253)
  .regex(/^[a-zA-Z0-9.:_-]+$/, 'is no host name or address');

export const syslogSettings = z.strictObject({
  kind: z.literal('syslog'),
  host,
  /** RFC 5425 §4.1: 6514. */
  port: z.int().min(1).max(65_535).default(6514),
  caPem: pem.optional().describe('Anchors instead of the system’s.'),
  /** The name in the receiver's certificate, where it is not the host's. */
  serverName: host.optional(),
  certPem: pem.optional().describe('Our certificate, for receivers that ask for one; the secret is its key.'),
});
export const ocsfSettings = z.strictObject({
  kind: z.literal('ocsf'),
  url: z
    .url({ protocol: /^https$/ })
    .max(2048)
    .refine((text) => !URL.canParse(text) || new URL(text).username === '', 'must hold no password'),
  caPem: pem.optional().describe('Anchors instead of the system’s.'),
  auth: z
    .enum(['bearer', 'hmac'])
    .describe('How the secret is used: sent as a token, or to sign each batch.'),
});
export const sinkName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'must be lower-case letters, digits, . _ -');
export const sinkInput = z.strictObject({
  name: sinkName,
  settings: z.discriminatedUnion('kind', [syslogSettings, ocsfSettings]),
  secret: z.string().min(1).max(16_384).optional().describe('Stored sealed and never shown again.'),
  from: z.enum(['beginning', 'now']).default('beginning').describe('Where in the log the stream begins.'),
});
export type SinkInput = z.output<typeof sinkInput>;
export type SinkSettings = SinkInput['settings'];

export type SinkState = {
  readonly name: string;
  readonly settings: SinkSettings;
  readonly hasSecret: boolean;
  readonly nextIndex: number;
  readonly logSize: number;
  readonly failures: number;
  readonly lastError: string | null;
  readonly sentAtMs: number | null;
};

export type Act = { readonly tx: Transaction; readonly tenant: TenantId; readonly actor: Actor };

/** A tenant needs a few; more would be a way to have us send the same log to many. */
const MAX_SINKS = 8;

/** Refuses with one sentence. */
export async function addSink(act: Act, keys: KeyStore, input: SinkInput): Promise<Result<string, string>> {
  const { tx, tenant, actor } = act;
  const { name, settings, secret } = input;
  const needsSecret = settings.kind === 'ocsf' || settings.certPem !== undefined;
  if (needsSecret !== (secret !== undefined))
    return err(needsSecret ? 'This sink needs its secret.' : 'A secret without certPem has no use.');
  const there = await tx.query<{ name: string }>('select name from siem_sink where tenant_id = $1', [tenant]);
  if (there.some((s) => s.name === name)) return err(`There is already a sink named "${name}".`);
  if (there.length >= MAX_SINKS) return err(`A tenant has at most ${MAX_SINKS} sinks.`);
  await keys.ensureTenant(tenant);
  const sealed = secret === undefined ? null : keys.seal(tenant, secretOf(name), Buffer.from(secret, 'utf8'));
  await tx.query(
    'insert into siem_sink (tenant_id, name, kind, settings, sealed) values ($1, $2, $3, $4, $5)',
    [tenant, name, settings.kind, JSON.stringify(settings), sealed === null ? null : Buffer.from(sealed)],
  );
  await tx.query(
    `insert into siem_cursor (tenant_id, name, next_index, settled_index, settling_index)
     select $1, $2, start, start, start from (select coalesce((select case when $3 then size else minimum_index end
       from audit_log where tenant_id = $1), 0) as start) as s`,
    [tenant, name, input.from === 'now'],
  );
  await appendAudit(tx, [{ tenant, actor, what: 'siem.added', subject: name, details: { settings } }]);
  return ok(name);
}

export async function removeSink(act: Act, name: string): Promise<boolean> {
  const { tx, tenant, actor } = act;
  const gone = await tx.query('delete from siem_sink where tenant_id = $1 and name = $2 returning name', [
    tenant,
    name,
  ]);
  if (gone.length === 0) return false;
  await appendAudit(tx, [{ tenant, actor, what: 'siem.removed', subject: name, details: {} }]);
  return true;
}

export async function listSinks(db: Reader, tenant: TenantId): Promise<SinkState[]> {
  return await db.query<SinkState>(
    `select s.name, s.settings, s.sealed is not null as "hasSecret", c.next_index as "nextIndex",
       coalesce(l.size, 0) as "logSize", c.failures, c.last_error as "lastError",
       (extract(epoch from c.sent_at) * 1000)::int8 as "sentAtMs"
     from siem_sink s join siem_cursor c using (tenant_id, name) left join audit_log l using (tenant_id)
     where tenant_id = $1 order by s.name`,
    [tenant],
  );
}

/** The context that a sink's secret is sealed with. */
export const secretOf = (name: string): string => `siem/${name}`;

function isCertificates(text: string): boolean {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]{1,16384}-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.length > 0 && blocks.every((block) => new X509Certificate(block).subject !== undefined);
  } catch {
    return false; // what does not parse is the expected outcome looked for
  }
}
