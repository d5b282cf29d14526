-- compatible
-- The tables every room stands on: tenants and their keys, the audit record, messages with what became of them, the queue.
-- tenant_id leads every key. Ids are UUIDv7, so a range of ids is a range of time: the tracking tables are partitioned by it.

create table tenant (
  id         uuid primary key,
  name       text not null unique check (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  created_at timestamptz not null default now()
);
insert into tenant (id, name) values ('00000000-0000-7000-8000-000000000001', 'default');

create table tenant_key (
  tenant_id  uuid not null references tenant (id),
  version    int not null,
  -- The tenant's key, sealed by the root key, which is never in this database.
  wrapped    bytea not null,
  state      text not null check (state in ('active', 'retired', 'destroyed')),
  created_at timestamptz not null default now(),
  primary key (tenant_id, version)
);

create table instance (
  id           uuid primary key,
  node         text not null,
  pid          int not null,
  started_at   timestamptz not null default now(),
  heartbeat_at timestamptz not null default now()
);
comment on table instance is 'Running processes. Each holds the advisory lock (1, hashtext(id)) while it lives, so that leases of the dead can be taken over.';

create table audit_event (
  tenant_id uuid not null references tenant (id),
  id        bigint generated always as identity,
  at        timestamptz not null default clock_timestamp(),
  what      text not null,
  actor     text not null,
  subject   text not null,
  details   jsonb not null,
  primary key (tenant_id, id)
);
create index audit_event_subject on audit_event (tenant_id, subject, id);

create table message (
  tenant_id         uuid not null,
  id                uuid not null,
  received_at       timestamptz not null,
  direction         text not null check (direction in ('in', 'out')),
  listener          text not null,
  listener_kind     text not null,
  peer_ip           text not null,
  peer_name         text,
  helo              text not null,
  protocol          text not null,
  tls_version       text,
  tls_cipher        text,
  auth_method       text,
  auth_who          text,
  mail_from         text not null,
  header_from       text,
  subject           text,
  message_id_header text,
  size              bigint not null,
  sha256            text not null,
  blob              uuid not null,
  key_wrapped       bytea not null,
  body              text not null,
  smtp_utf8         boolean not null,
  require_tls       boolean not null,
  ret               text,
  envid             text,
  verdict           text not null check (verdict in ('accept', 'tag', 'hold', 'reject', 'defer')),
  class             text not null,
  reasons           json not null,
  policy_version    text not null,
  findings          json not null,
  -- Changes built beside the original, one per variant (mail/act); a recipient names its variant.
  edits             bytea[] not null,
  timings           json not null,
  primary key (tenant_id, id)
) partition by range (id);
create table message_default partition of message default;
create index message_mail_from on message (tenant_id, lower(mail_from), id desc);
create index message_header_from on message (tenant_id, lower(header_from), id desc);
create index message_message_id on message (tenant_id, message_id_header, id desc);
create index message_verdict on message (tenant_id, verdict, id desc) where verdict <> 'accept';
create index message_subject on message using gin (to_tsvector('simple', coalesce(subject, '')));
comment on column message.peer_ip is 'personal: online identifier; purpose: security; retention: tracking';
comment on column message.peer_name is 'personal: online identifier; purpose: security; retention: tracking';
comment on column message.helo is 'personal: online identifier; purpose: security; retention: tracking';
comment on column message.auth_who is 'personal: login; purpose: security; retention: tracking';
comment on column message.mail_from is 'personal: address; purpose: tracking; retention: tracking';
comment on column message.header_from is 'personal: address; purpose: tracking; retention: tracking';
comment on column message.subject is 'personal: content; purpose: tracking; retention: tracking';
comment on column message.message_id_header is 'personal: identifier; purpose: tracking; retention: tracking';
comment on column message.reasons is 'personal: address; purpose: explanation; retention: tracking';
comment on column message.findings is 'personal: address; purpose: explanation; retention: tracking';
comment on column message.edits is 'personal: address; purpose: delivery; retention: tracking';
comment on column message.blob is 'Names the encrypted body, which exists while any recipient is queued or held.';

create table recipient (
  tenant_id  uuid not null,
  message_id uuid not null,
  n          smallint not null,
  address    text not null,
  domain     text not null,
  action     text not null check (action in ('accept', 'tag', 'hold', 'defer', 'reject')),
  class      text not null,
  reasons    json not null,
  variant    smallint not null,
  notify     text,
  orcpt      text,
  -- queued → delivered | failed | expired; held → queued | deleted; refused: the dialogue said no and nothing was kept.
  state      text not null check (state in ('queued', 'held', 'delivered', 'failed', 'expired', 'deleted', 'refused')),
  state_at   timestamptz not null,
  primary key (tenant_id, message_id, n)
) partition by range (message_id);
create table recipient_default partition of recipient default;
create index recipient_address on recipient (tenant_id, lower(address), message_id desc);
create index recipient_domain on recipient (tenant_id, domain, message_id desc);
create index recipient_held on recipient (tenant_id, message_id desc) where state = 'held';
comment on column recipient.address is 'personal: address; purpose: delivery; retention: tracking';
comment on column recipient.orcpt is 'personal: address; purpose: delivery; retention: tracking';
comment on column recipient.reasons is 'personal: address; purpose: explanation; retention: tracking';

create table attempt (
  tenant_id    uuid not null,
  message_id   uuid not null,
  n            smallint not null,
  at           timestamptz not null,
  duration_ms  int not null,
  outcome      text not null check (outcome in ('delivered', 'deferred', 'failed')),
  stage        text not null,
  remote_host  text,
  remote_ip    text,
  reply_code   smallint,
  enhanced     text,
  reply_text   text not null,
  tls_version  text,
  tls_cipher   text,
  -- What made the transport safe: `none`, `opportunistic`, `required`, `verified`, `dane`, `sts`, `pin`; with the result.
  security     text not null,
  security_detail text not null,
  primary key (tenant_id, message_id, n, at)
) partition by range (message_id);
create table attempt_default partition of attempt default;
comment on column attempt.reply_text is 'personal: address; purpose: explanation; retention: tracking';

-- The delivery queue: one row for each recipient that is still to be delivered. Small and hot; rows go when they are done.
create table queue (
  tenant_id    uuid not null,
  message_id   uuid not null,
  n            smallint not null,
  domain       text not null,
  next_at      timestamptz not null,
  attempts     int not null default 0,
  queued_at    timestamptz not null,
  delay_told   boolean not null default false,
  last_reply   text,
  lease_owner  uuid,
  leased_until timestamptz,
  primary key (tenant_id, message_id, n)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
create index queue_due on queue (next_at) where lease_owner is null;
create index queue_leased on queue (lease_owner) where lease_owner is not null;
comment on column queue.last_reply is 'personal: address; purpose: explanation; retention: delivery';

create function uuid_at(at timestamptz) returns uuid language sql immutable as
$$ select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid $$;

-- Makes the monthly partitions of the tracking tables from this month to `ahead` months on. Rows outside fall into *_default.
create function ensure_partitions(ahead int) returns void language plpgsql as
$$
declare
  parent text;
  month timestamptz;
  name text;
begin
  foreach parent in array array['message', 'recipient', 'attempt'] loop
    for i in 0..ahead loop
      month := date_trunc('month', now() at time zone 'utc') at time zone 'utc' + make_interval(months => i);
      name := parent || '_' || to_char(month at time zone 'utc', 'YYYY_MM');
      if to_regclass(name) is null then
        execute format('create table %I partition of %I for values from (%L) to (%L)', name, parent, uuid_at(month),
          uuid_at((month at time zone 'utc' + interval '1 month') at time zone 'utc'));
      end if;
    end loop;
  end loop;
end
$$;
select ensure_partitions(2);

-- DKIM keys of our domains; the private key is sealed under the tenant's key.
create table dkim_key (
  tenant_id    uuid not null references tenant (id),
  domain       text not null,
  selector     text not null,
  algorithm    text not null check (algorithm in ('rsa-sha256', 'ed25519-sha256')),
  sealed       bytea not null,
  record       text not null,
  state        text not null check (state in ('published', 'signing', 'retired', 'removed')),
  created_at   timestamptz not null,
  signing_from timestamptz,
  retired_at   timestamptz,
  primary key (tenant_id, domain, selector)
);

create table greylist (
  tenant_id  uuid not null,
  triplet    bytea not null,
  first_seen timestamptz not null,
  last_seen  timestamptz not null,
  primary key (tenant_id, triplet)
);

-- MTA-STS policies outlive the process: making DNS or the web server go away must not make a policy go away.
create table sts_policy (
  domain     text primary key,
  policy_id  text not null,
  policy     jsonb not null,
  fetched_at timestamptz not null
);
