/**
 * The data that the API is measured on: many tenants, many people with one known password, mail to find. Made by the
 * server itself from generate_series, in seconds, so that a benchmark starts from the same installation each time.
 *
 * node bench/api-data.ts [TENANTS] [PEOPLE] [MESSAGES] loads a database of its own and says how long each part took.
 */
import { performance } from 'node:perf_hooks';
import type { Database } from '#platform/db.ts';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';

export type ApiDataSize = {
  readonly tenants: number;
  /** Spread evenly over the tenants. */
  readonly people: number;
  /** Messages with one recipient each, spread evenly; every fiftieth is held. */
  readonly messages: number;
  /** A PHC string that every person gets as password, so that one of them can sign in. */
  readonly passwordHash: string;
};

/** The n-th tenant and its p-th person, both from 0. */
export const tenantName = (n: number): string => `bench-${n}`;
export const personEmail = (tenant: number, person: number): string => `p${person}@bench-${tenant}.example`;

/** An id that PostgreSQL makes of a kind, a tenant's number and a running number: `bench_id('1', n, i)`. */
const BENCH_ID = `
create or replace function pg_temp.bench_id(kind text, tenant bigint, i bigint) returns uuid language sql immutable as
$$ select ('019a0000-0' || lpad(kind, 3, '0') || '-7' || lpad(to_hex(tenant % 4096), 3, '0') || '-8' || lpad(to_hex(tenant / 4096), 3, '0') || '-' || lpad(to_hex(i), 12, '0'))::uuid $$`;

const TENANTS = `insert into tenant (id, name) select pg_temp.bench_id('1', n, 0), 'bench-' || n from generate_series(0, $1::bigint - 1) n`;
const DOMAINS = `
insert into domain (tenant_id, name, subdomains, hop_host, hop_port, hop_protocol, hop_tls, hop_fingerprints, recipient_source, subaddress, case_sensitive)
select pg_temp.bench_id('1', n, 0), 'bench-' || n || '.example', false, 'hop.example', 25, 'smtp', 'none', '{}', 'any', '', false
from generate_series(0, $1::bigint - 1) n`;
const PEOPLE = `
insert into person (tenant_id, id, email, email_key, name, state)
select pg_temp.bench_id('1', i % $1, 0), pg_temp.bench_id('2', i % $1, i / $1), e, e, 'Person ' || i, 'active'
from generate_series(0, $2::bigint - 1) i, lateral (select 'p' || i / $1::bigint || '@bench-' || i % $1::bigint || '.example' as e) x`;
const PASSWORDS = `
insert into person_password (tenant_id, person_id, phc) select tenant_id, id, $1 from person where email like 'p%@bench-%'`;
const MESSAGES = `
insert into message (tenant_id, id, received_at, direction, listener, listener_kind, peer_ip, helo, protocol, mail_from,
  header_from, subject, message_id_header, size, sha256, blob, key_wrapped, body, smtp_utf8, require_tls, verdict, class,
  reasons, policy_version, findings, edits, timings)
select pg_temp.bench_id('1', i % $1, 0), id, now(), 'in', 'mx', 'mx', '192.0.2.1', 'mail.sender.example', 'ESMTPS',
  'user' || i % 5000 || '@sender.example', 'user' || i % 5000 || '@sender.example', 'Re: meeting notes ' || i % 5000,
  '<' || i || '@sender.example>', 8000, repeat('ab', 32), id, '\\x00', '8BITMIME', false, false,
  case when i % 50 = 0 then 'hold' else 'accept' end, 'none', '[]', 'p', '[]', '{}', '{}'
from generate_series(0, $2::bigint - 1) i, lateral (
  select (lpad(to_hex((extract(epoch from now()) * 1000)::bigint - i), 12, '0') || '7000' || '8' || lpad(to_hex(i), 15, '0'))::uuid as id) x`;
const RECIPIENTS = `
insert into recipient (tenant_id, message_id, n, address, domain, action, class, reasons, variant, state, state_at)
select m.tenant_id, m.id, 0, 'p0@' || t.name || '.example', t.name || '.example', case m.verdict when 'hold' then 'hold' else 'accept' end,
  'none', '[]', 0, case m.verdict when 'hold' then 'held' else 'delivered' end, m.received_at
from message m join tenant t on t.id = m.tenant_id where t.name like 'bench-%'`;

/** Loads it as the owner of the schema, in one transaction. Returns how long each part took, in milliseconds. */
export async function loadApiData(
  owner: Database,
  size: ApiDataSize,
): Promise<Readonly<Record<string, number>>> {
  const { tenants, people, messages, passwordHash } = size;
  const tookMs: Record<string, number> = {};
  await owner.transact(async (tx) => {
    await tx.query('set local statement_timeout = 0');
    await tx.query(BENCH_ID);
    const steps: readonly (readonly [string, string, readonly unknown[]])[] = [
      ['tenants', TENANTS, [tenants]],
      ['domains', DOMAINS, [tenants]],
      ['people', PEOPLE, [tenants, people]],
      ['passwords', PASSWORDS, [passwordHash]],
      ['messages', MESSAGES, [tenants, messages]],
      ['recipients', RECIPIENTS, []],
    ];
    for (const [name, sql, values] of steps) {
      const startedMs = performance.now();
      await tx.query(sql, values);
      tookMs[name] = Math.round(performance.now() - startedMs);
    }
  });
  await owner.query('analyze');
  return tookMs;
}

if (import.meta.main) {
  const [tenants = 1_000, people = 100_000, messages = 100_000] = process.argv.slice(2).map(Number);
  await using db = await testDatabase();
  try {
    const tookMs = await loadApiData(db, { tenants, people, messages, passwordHash: '$argon2id$none' });
    const [there] = await db.query(
      'select (select count(*) from tenant) as tenants, (select count(*) from person) as people, (select count(*) from message) as messages',
    );
    process.stdout.write(`${JSON.stringify({ there, tookMs }, null, 1)}\n`);
  } finally {
    await stopTestDatabases();
  }
}
