/**
 * ONE statement that makes messages ours: message, recipients, queue rows and audit events, for as many messages as are
 * waiting. It is all or nothing, inside or outside a larger transaction.
 */
import type { Reader } from '#platform/db.ts';
import { type MessageToCommit, rowsOf } from './rows.ts';

/**
 * $1 the messages as JSON · $2 the instance that leases the new queue rows, so that it can deliver them from memory at
 * once. A null instance leaves them to whoever polls first.
 */
const INSERT = `
with input as (
  select * from json_to_recordset($1::json) as m (
    tenant_id uuid, id uuid, received_at timestamptz, direction text, listener text, listener_kind text, peer_ip text,
    peer_name text, helo text, protocol text, tls_version text, tls_cipher text, auth_method text, auth_who text,
    mail_from text, header_from text, subject text, message_id_header text, size bigint, sha256 text, blob uuid,
    key_wrapped text, body text, smtp_utf8 boolean, require_tls boolean, ret text, envid text, report_to text, verdict text, class text,
    reasons json, policy_version text, findings json, edits json, timings json, recipients json, what text)
), people as (
  select i.tenant_id, i.id as message_id, i.received_at, r.*
  from input i, json_to_recordset(i.recipients) as r (
    n smallint, address text, domain text, action text, class text, reasons json, variant smallint, notify text, orcpt text,
    state text)
), new_message as (
  insert into message (tenant_id, id, received_at, direction, listener, listener_kind, peer_ip, peer_name, helo, protocol,
    tls_version, tls_cipher, auth_method, auth_who, mail_from, header_from, subject, message_id_header, size, sha256, blob,
    key_wrapped, body, smtp_utf8, require_tls, ret, envid, report_to, verdict, class, reasons, policy_version, findings, edits, timings)
  select tenant_id, id, received_at, direction, listener, listener_kind, peer_ip, peer_name, helo, protocol,
    tls_version, tls_cipher, auth_method, auth_who, mail_from, header_from, subject, message_id_header, size, sha256, blob,
    decode(key_wrapped, 'base64'), body, smtp_utf8, require_tls, ret, envid, report_to, verdict, class, reasons, policy_version, findings,
    array(select decode(e, 'base64') from json_array_elements_text(edits) e), timings
  from input
), new_recipient as (
  insert into recipient (tenant_id, message_id, n, address, domain, action, class, reasons, variant, notify, orcpt, state, state_at)
  select tenant_id, message_id, n, address, domain, action, class, reasons, variant, notify, orcpt, state, received_at from people
), new_queue as (
  insert into queue (tenant_id, message_id, n, domain, next_at, queued_at, lease_owner, leased_until)
  select tenant_id, message_id, n, domain, received_at, received_at, $2::uuid,
    case when $2::uuid is null then null else clock_timestamp() + interval '2 minutes' end
  from people where state = 'queued'
)
insert into audit_event (tenant_id, what, actor, subject, details)
select tenant_id, what, case when peer_ip = '' then 'system:worker' else 'system:smtp' end, id::text, jsonb_build_object('verdict', verdict, 'recipients', json_array_length(recipients),
  'policy', policy_version, 'sha256', sha256) from input`;

/** Inserts the messages with everything that belongs to them. Runs in the transaction of `on` when it is one. */
export async function insertMessages(
  on: Reader,
  messages: readonly MessageToCommit[],
  leaseOwner: string | undefined,
): Promise<void> {
  await on.query(INSERT, [JSON.stringify(messages.map(rowsOf)), leaseOwner ?? null], 'queue.insert');
}
