/**
 * Finding messages among millions: newest first, a page at a time, every search driven by one index that is already in the
 * order of the answer (ids are times). The narrowest question drives; the others only filter what it brings.
 *
 * The searcher's role is under row-level security, where only leakproof conditions may drive an index: addresses are compared
 * with stored lower-case columns, and words of the subject are looked up by a function of the database that keeps to the
 * tenant of the connection (messages_about, migrations/0009).
 */
import { firstIdAt, type MessageId, type TenantId } from '#core/id.ts';
import type { Reader, Row } from '#platform/db.ts';
import type { ThreatClass } from '../finding.ts';
import type { Action } from '../verdict.ts';

export type Search = {
  readonly id?: MessageId | undefined;
  /** A whole address, of the envelope or of From. */
  readonly sender?: string | undefined;
  /** A whole address, or `@domain`. */
  readonly recipient?: string | undefined;
  /** Words that all occur in the subject. */
  readonly subject?: string | undefined;
  /** The Message-ID field, with or without angle brackets. */
  readonly messageId?: string | undefined;
  readonly fromMs?: number | undefined;
  readonly untilMs?: number | undefined;
  readonly verdict?: Action | undefined;
  readonly limit: number;
  /** The last id of the page before. */
  readonly after?: MessageId | undefined;
};

export type FoundMessage = {
  readonly id: MessageId;
  readonly receivedAtMs: number;
  readonly direction: 'in' | 'out';
  readonly mailFrom: string;
  readonly headerFrom: string | null;
  readonly subject: string | null;
  readonly size: number;
  readonly verdict: Action;
  readonly class: ThreatClass | 'none';
  /** The first recipients; `recipientCount` says how many there are. `deferred` were told 451 in the dialogue. */
  readonly recipients: readonly { readonly address: string; readonly state: string }[];
  readonly recipientCount: number;
};

export type FoundPage = { readonly items: readonly FoundMessage[]; readonly next: MessageId | undefined };

const SHOWN_RECIPIENTS = 5;

export async function searchMessages(on: Reader, tenant: TenantId, search: Search): Promise<FoundPage> {
  const statement = build(tenant, search);
  const rows = await on.query<FoundMessage & Row>(statement.sql, statement.values);
  const items = rows.slice(0, search.limit);
  return { items, next: rows.length > search.limit ? items.at(-1)?.id : undefined };
}

type Statement = { readonly sql: string; readonly values: readonly unknown[] };

/** Exported for the benchmark, which looks at the plan. */
export function build(tenant: TenantId, search: Search): Statement {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const tenantIs = bind(tenant);
  const limit = bind(search.limit + 1);
  const { subject } = search;
  if (subject !== undefined) return page(aboutSubject(subject, search, bind, limit), tenantIs, values);
  const range = (column: string): string => rangeOf(column, search, bind);
  const filters = filtersOf(search, bind);
  const messages = (more: string): string =>
    `select m.id from message m where m.tenant_id = ${tenantIs}${range('m.id')}${filters}${more} order by m.id desc limit ${limit}`;
  return page(driver(search, bind, { tenantIs, limit, range, filters, messages }), tenantIs, values);
}

/** The page around the ids that `driven` finds. */
function page(driven: string, tenantIs: string, values: readonly unknown[]): Statement {
  return {
    sql: `with hit as (${driven})
select m.id, (extract(epoch from m.received_at) * 1000)::bigint as "receivedAtMs", m.direction, m.mail_from as "mailFrom",
  m.header_from as "headerFrom", m.subject, m.size, m.verdict, m.class, r.recipients, r.count as "recipientCount"
from hit join message m on m.tenant_id = ${tenantIs} and m.id = hit.id
cross join lateral (
  select count(*)::int as count, coalesce(json_agg(json_build_object('address', address, 'state',
    case when state = 'refused' and put_off then 'deferred' else state end) order by n)
    filter (where n < ${SHOWN_RECIPIENTS}), '[]') as recipients
  from (select n, address, state, bool_or(action = 'defer') over () as put_off
    from recipient where tenant_id = ${tenantIs} and message_id = m.id) x) r
order by m.id desc`,
    values,
  };
}

type Parts = {
  readonly tenantIs: string;
  readonly limit: string;
  readonly range: (column: string) => string;
  readonly filters: string;
  readonly messages: (more: string) => string;
};

/** The ids of the page, found along one index. */
function driver(search: Search, bind: (value: unknown) => string, parts: Parts): string {
  const { recipient, sender, messageId, id } = search;
  // These name at most a few messages; the recipient is then only a filter.
  if (id !== undefined || messageId !== undefined || recipient === undefined) {
    const to =
      recipient === undefined
        ? ''
        : ` and exists (${recipientOf(recipient, bind, parts, 'message_id = m.id')})`;
    if (sender === undefined) return parts.messages(to);
    // Two indexes, each in order; a plain OR would have to sort everything the sender ever sent.
    const address = bind(sender.toLowerCase());
    const by = (column: string): string => `(${parts.messages(`${to} and m.${column}_lower = ${address}`)})`;
    return `select id from (${by('mail_from')} union ${by('header_from')}) u order by id desc limit ${parts.limit}`;
  }
  const isFiltered = parts.filters !== '' || sender !== undefined;
  const address = sender === undefined ? undefined : bind(sender.toLowerCase());
  const from =
    address === undefined ? '' : ` and (m.mail_from_lower = ${address} or m.header_from_lower = ${address})`;
  const message = isFiltered
    ? ` and exists (select from message m where m.tenant_id = ${parts.tenantIs} and m.id = r.message_id${parts.filters}${from})`
    : '';
  return `select r.message_id as id from (${recipientOf(recipient, bind, parts, 'true')}) r where true${message}
    group by r.message_id order by r.message_id desc limit ${parts.limit}`;
}

function recipientOf(
  recipient: string,
  bind: (value: unknown) => string,
  parts: Parts,
  more: string,
): string {
  const lower = recipient.toLowerCase();
  const is = lower.startsWith('@') ? `domain = ${bind(lower.slice(1))}` : `address_lower = ${bind(lower)}`;
  return `select message_id from recipient where tenant_id = ${parts.tenantIs} and ${is} and ${more}${parts.range('message_id')}`;
}

const bareId = (messageId: string | undefined): string | undefined => messageId?.replace(/^<?(.*?)>?$/, '$1');

/** Everything that was asked goes into the function, so that it finds a whole page and no more. */
function aboutSubject(
  subject: string,
  search: Search,
  bind: (value: unknown) => string,
  limit: string,
): string {
  const { id, fromMs, untilMs, after, verdict, messageId, sender, recipient } = search;
  const first = id ?? (fromMs === undefined ? null : firstIdAt(fromMs));
  // The function looks before an id, and so past the one that is asked for.
  const ends = [untilMs === undefined ? undefined : firstIdAt(untilMs), after, id && idAfter(id)];
  const before = ends.filter((e) => e !== undefined).toSorted()[0] ?? null;
  const bare = bareId(messageId);
  const ids = bare === undefined ? null : [bare, `<${bare}>`];
  const to = recipient?.toLowerCase();
  const isDomain = to?.startsWith('@') === true;
  const address = isDomain ? null : (to ?? null);
  const domain = isDomain ? (to?.slice(1) ?? null) : null;
  const values = [
    subject,
    first,
    before,
    verdict ?? null,
    ids,
    sender?.toLowerCase() ?? null,
    address,
    domain,
  ];
  const places = values.map((v) => bind(v)).join(', ');
  return `select id from messages_about(${places}, ${limit}::int) id`;
}

/** The next id there could be. */
function idAfter(id: MessageId): string {
  const hex = (BigInt(`0x${id.replaceAll('-', '')}`) + 1n).toString(16).padStart(32, '0');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Ids are times: a range of time is a range of ids, and lets whole partitions be left out. */
function rangeOf(column: string, search: Search, bind: (value: unknown) => string): string {
  const { fromMs, untilMs, after, id } = search;
  return (
    (id === undefined ? '' : ` and ${column} = ${bind(id)}::uuid`) +
    (fromMs === undefined ? '' : ` and ${column} >= ${bind(firstIdAt(fromMs))}::uuid`) +
    (untilMs === undefined ? '' : ` and ${column} < ${bind(firstIdAt(untilMs))}::uuid`) +
    (after === undefined ? '' : ` and ${column} < ${bind(after)}::uuid`)
  );
}

function filtersOf(search: Search, bind: (value: unknown) => string): string {
  const { verdict, messageId } = search;
  const bare = bareId(messageId);
  return (
    // The index holds only what was not accepted; said literally, so that the planner knows that it may be used.
    (verdict === undefined
      ? ''
      : ` and m.verdict = ${bind(verdict)}${verdict === 'accept' ? '' : " and m.verdict <> 'accept'"}`) +
    (bare === undefined ? '' : ` and m.message_id_header in (${bind(bare)}, ${bind(`<${bare}>`)})`)
  );
}
