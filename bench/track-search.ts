/**
 * How long the first page of each kind of search takes among N million messages. Fills a database of its own with
 * generate_series (skewed senders and recipients, three months), measures as the role of the
 * API under row-level security, and prints JSON with the index that was used.
 *
 * node bench/track-search.ts [MILLIONS] (default 1)
 */
import { newId } from '#core/id.ts';
import { build, searchMessages, type Search } from '#mail/track/search.ts';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { TENANT } from '#test/support/messages.ts';

const millions = Number(process.argv[2] ?? '1');
if (!(millions > 0 && millions <= 50)) {
  console.error('bench/track-search: MILLIONS must be a number from above 0 to 50');
  process.exit(2);
}
const rows = Math.round(millions * 1_000_000);
const WINDOW_MS = 85 * 86_400_000;
const nowMs = Date.now();

// Ids are made in SQL, one partition range at a time would be slower: 48 bits of time, then the row number.
const FILL_MESSAGES = `
insert into message (tenant_id, id, received_at, direction, listener, listener_kind, peer_ip, helo, protocol, mail_from,
  header_from, subject, message_id_header, size, sha256, blob, key_wrapped, body, smtp_utf8, require_tls, verdict, class,
  reasons, policy_version, findings, edits, timings)
select $1, id, to_timestamp(at / 1000.0), case when i % 3 = 0 then 'out' else 'in' end, 'mx', 'mx', '192.0.2.1',
  'mail.sender.example', 'ESMTPS', 'user' || (i * i % 9973 * (i % 7) % 40000) || '@sender.example',
  'user' || (i % 50000) || '@author.example',
  case when i % 10 = 0 then 'Invoice ' || i when i % 9973 = 0 then 'Quarterly zebra ' || i else 'Re: meeting notes ' || (i % 5000) end,
  '<' || i || '@sender.example>', 8000, repeat('ab', 32), id, '\\x00', '8BITMIME', false, false,
  case when i % 50 = 0 then 'hold' when i % 31 = 0 then 'tag' else 'accept' end, 'none', '[]', 'p', '[]', '{}', '{}'
from (select i, at, (lpad(to_hex(at), 12, '0') || '7' || lpad(to_hex(i % 4096), 3, '0') || '8' || lpad(to_hex(i), 15, '0'))::uuid as id
  from (select i, ($2::bigint + (i::numeric * $3 / $4))::bigint as at from generate_series($5::bigint, $6::bigint) i) t) s`;
const FILL_RECIPIENTS = `
insert into recipient (tenant_id, message_id, n, address, domain, action, class, reasons, variant, state, state_at)
select tenant_id, id, 0, 'person' || (hashtext(id::text) & 8191) || '@ours' || (hashtext(id::text) & 15) || '.example',
  'ours' || (hashtext(id::text) & 15) || '.example', case verdict when 'hold' then 'hold' else 'accept' end, 'none', '[]', 0,
  case verdict when 'hold' then 'held' else 'delivered' end, received_at from message where id > $1 and id <= $2`;

const db = await testDatabase();
// As the API asks: one tenant, under row-level security.
const app = db.as('app').asTenant(TENANT);
try {
  const startMs = nowMs - WINDOW_MS;
  await db.query(`set session statement_timeout = 0`);
  // Partitions for the months of the window, as they would have been made at the time.
  for (const parent of ['message', 'recipient'])
    for (let m = -3; m < 0; m++)
      await db.query(
        `do $do$ declare month timestamptz := (date_trunc('month', now() at time zone 'utc') at time zone 'utc') + interval '${m} months';
         begin execute format('create table %I partition of ${parent} for values from (%L) to (%L)', '${parent}_bench_${-m}',
           uuid_at(month), uuid_at(month + interval '1 month')); end $do$`,
      );
  const batch = 50_000;
  let lastId = '00000000-0000-0000-0000-000000000000';
  const fillStart = performance.now();
  for (let from = 0; from < rows; from += batch) {
    await db.query(FILL_MESSAGES, [TENANT, startMs, WINDOW_MS, rows, from, Math.min(from + batch, rows) - 1]);
    const [max] = await db.query<{ id: string }>('select id from message order by id desc limit 1');
    if (max === undefined) throw new Error('nothing was written');
    await db.query(FILL_RECIPIENTS, [lastId, max.id]);
    lastId = max.id;
  }
  await db.query('analyze message');
  await db.query('analyze recipient');
  console.error(`filled ${rows} messages in ${((performance.now() - fillStart) / 1000).toFixed(1)} s`);

  const [some] = await db.query<{ id: string; address: string }>(
    'select message_id as id, address from recipient order by message_id desc offset 5000 limit 1',
  );
  if (some === undefined) throw new Error('the sample is empty');
  const searches: Readonly<Record<string, Omit<Search, 'limit'>>> = {
    newest: {},
    'frequent sender': { sender: 'user0@sender.example' },
    'rare sender': { sender: 'user123@author.example' },
    'unknown sender': { sender: 'nobody@nowhere.example' },
    recipient: { recipient: some.address },
    'recipient domain': { recipient: '@ours3.example' },
    'frequent subject word': { subject: 'invoice' },
    'rare subject word': { subject: 'zebra' },
    'unknown subject word': { subject: 'xylophone' },
    'one subject number': { subject: 'invoice 4990' },
    'message-id': { messageId: '<77777@sender.example>' },
    held: { verdict: 'hold' },
    'one day, tagged': { verdict: 'tag', fromMs: nowMs - 40 * 86_400_000, untilMs: nowMs - 39 * 86_400_000 },
    'recipient and subject': { recipient: some.address, subject: 'invoice' },
    'sender and held': { sender: 'user0@sender.example', verdict: 'hold' },
    'deep page': { after: newId<'message'>(nowMs - 60 * 86_400_000) },
  };
  const results: Record<string, unknown> = {};
  for (const [name, search] of Object.entries(searches)) {
    const times: number[] = [];
    let found = 0;
    for (let i = 0; i < 7; i++) {
      const at = performance.now();
      found = (await searchMessages(app, TENANT, { ...search, limit: 50 })).items.length;
      times.push(performance.now() - at);
    }
    const { sql, values } = build(TENANT, { ...search, limit: 50 });
    const plan = await app.query<{ 'QUERY PLAN': string }>(`explain ${sql}`, values);
    const indexes = new Set(
      plan.flatMap((r) => /(?:using|Index Scan on) (\S+)/.exec(r['QUERY PLAN'])?.[1] ?? []),
    );
    times.sort((a, b) => a - b);
    results[name] = {
      found,
      firstMs: Math.round((times.at(-1) ?? 0) * 10) / 10,
      medianMs: Math.round((times[3] ?? 0) * 10) / 10,
      indexes: [...indexes].slice(0, 4),
    };
  }
  console.log(JSON.stringify({ messages: rows, results }, undefined, 1));
} finally {
  await db[Symbol.asyncDispose]();
  await stopTestDatabases();
}
