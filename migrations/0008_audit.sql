-- compatible
-- The audit log proper: committed events in one provable order for each tenant, what that order is signed with, and who
-- witnessed it. audit_event stays what every act inserts into; everything else here is written by the sequencer.

-- The transaction that wrote the event. The sequencer takes what has become visible since its last snapshot, and so never
-- passes over a transaction that commits late (assurance/audit/sequencer.ts). It works for all tenants, hence the index.
alter table audit_event add column xid xid8 not null default pg_current_xact_id();
create index audit_event_xid on audit_event (xid, id);
-- Whoever adds an event does not choose its place: one that claimed an old transaction would never come into the log.
revoke insert on audit_event from gatehouse_app, gatehouse_system;
grant insert (tenant_id, what, actor, subject, details) on audit_event to gatehouse_app, gatehouse_system;
-- Every act of a tenant would lock the tenant's one row for it, each in the way of the others; row-level security and the log
-- itself, which does refer to its tenant, hold what this held.
alter table audit_event drop constraint audit_event_tenant_id_fkey;
-- Who acted is always of a known kind (core/actor.ts).
alter table audit_event add constraint audit_event_actor
  check (actor ~ '^(admin|employee|customer|service|system):.') not valid;
-- An event must fit into a log entry whatever its details are; those that do not fit are logged by their digest.
alter table audit_event add constraint audit_event_bounds
  check (octet_length(what) <= 128 and octet_length(actor) <= 512 and octet_length(subject) <= 4096) not valid;

-- One log for each tenant and one for the platform.
create table audit_log (
  tenant_id     uuid primary key references tenant (id),
  origin        text not null unique,
  size          bigint not null default 0 check (size >= 0),
  -- The roots of the tree's perfect subtrees, largest first: what is needed to go on.
  edge          bytea not null default '',
  -- The newest signed checkpoint; empty until the first entry.
  checkpoint    text not null default '',
  signed_at     timestamptz,
  -- C2SP pruning: entries below may be gone; the tree stays.
  minimum_index bigint not null default 0 check (minimum_index between 0 and size),
  -- How many of its witnesses must have signed before an entry counts as witnessed.
  quorum        int not null default 1 check (quorum between 0 and 64)
);

create table audit_log_key (
  tenant_id  uuid not null references tenant (id),
  -- As others know it: name+id+base64 of the public key.
  vkey       text not null,
  kind       text not null check (kind in ('note', 'subtree')),
  -- The private key, sealed under the tenant's key; gone when the key is retired.
  sealed     bytea,
  created_at timestamptz not null default now(),
  retired_at timestamptz,
  primary key (tenant_id, vkey),
  check ((sealed is null) = (retired_at is not null))
);

create table audit_entry (
  tenant_id uuid not null,
  log_index bigint not null check (log_index >= 0),
  event_id  bigint not null,
  at        timestamptz not null,
  -- Compared byte by byte, so that the beginning of a verb can be looked up in every locale.
  what      text collate "C" not null,
  actor     text collate "C" not null,
  subject   text collate "C" not null,
  -- What the leaf hash is over: the event as canonical JSON (RFC 8785).
  entry     bytea not null check (octet_length(entry) <= 65535),
  primary key (tenant_id, log_index),
  -- No event stands in the log twice, whatever the sequencer believes.
  unique (tenant_id, event_id)
);
create index audit_entry_at on audit_entry (tenant_id, at, log_index);
create index audit_entry_what on audit_entry (tenant_id, what, log_index);
create index audit_entry_actor on audit_entry (tenant_id, actor, log_index);
create index audit_entry_subject on audit_entry (tenant_id, subject, log_index);
comment on column audit_entry.actor is 'personal: online identifier; purpose: accountability; retention: audit';
comment on column audit_entry.subject is 'personal: identifier; purpose: accountability; retention: audit';
comment on column audit_entry.entry is 'personal: online identifier; purpose: accountability; retention: audit';
comment on column audit_event.actor is 'personal: online identifier; purpose: accountability; retention: audit';
comment on column audit_event.subject is 'personal: identifier; purpose: accountability; retention: audit';
comment on column audit_event.details is 'personal: identifier; purpose: accountability; retention: audit';

-- Full tiles of the tree (C2SP tlog-tiles); they never change. Partial ones are made from entries and from roots here.
create table audit_tile (
  tenant_id uuid not null,
  level     smallint not null check (level between 0 and 6),
  n         bigint not null check (n >= 0),
  hashes    bytea not null check (octet_length(hashes) = 8192),
  root      bytea not null check (octet_length(root) = 32),
  primary key (tenant_id, level, n)
);
alter table audit_tile alter column hashes set storage external;

-- Who signs with us that the log was only added to.
create table audit_witness (
  tenant_id uuid not null references tenant (id),
  name      text not null check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' and name <> 'none'),
  -- One of Ed25519, one of ML-DSA-44, or both; either of them counts as the witness.
  vkeys     text[] not null check (cardinality(vkeys) between 1 and 4),
  added_at  timestamptz not null default now(),
  primary key (tenant_id, name)
);

-- A checkpoint that somebody cosigned, as it was signed, and each signature line.
create table audit_checkpoint (
  tenant_id uuid not null references tenant (id),
  size      bigint not null,
  note      text not null,
  primary key (tenant_id, size)
);
create table audit_cosignature (
  tenant_id uuid not null,
  size      bigint not null,
  witness   text not null,
  -- Which of its keys, by the key's id.
  key_id    bigint not null,
  line      text not null,
  signed_at timestamptz not null,
  primary key (tenant_id, size, witness, key_id),
  foreign key (tenant_id, size) references audit_checkpoint (tenant_id, size) on delete cascade,
  foreign key (tenant_id, witness) references audit_witness (tenant_id, name) on delete cascade
);
create index audit_cosignature_newest on audit_cosignature (tenant_id, witness, size);

-- One key for each person whose fields appear in events; without it they are noise, and every proof stays valid.
create table subject_key (
  tenant_id    uuid not null references tenant (id),
  id           uuid not null,
  -- A person's id, never a name or an address.
  about        text not null,
  -- The key, sealed under the tenant's key; null once it was destroyed.
  wrapped      bytea,
  created_at   timestamptz not null default now(),
  destroyed_at timestamptz,
  primary key (tenant_id, id),
  check ((wrapped is null) = (destroyed_at is not null))
);
create unique index subject_key_about on subject_key (tenant_id, about) where wrapped is not null;
comment on column subject_key.about is 'personal: identifier; purpose: accountability; retention: audit';

-- Where the sequencer is: everything visible in `base` has its entry; of what became visible by `target`, everything up to
-- (at_xid, at_id). One row, and whoever sequences locks it.
create table audit_sequencer (
  only_row boolean primary key default true check (only_row),
  -- Of pg_control_system(): transaction ids mean nothing in another cluster.
  cluster  text not null default '',
  base     text not null default '',
  target   text not null default '',
  at_xid   text not null default '0',
  at_id    bigint not null default 0
);
insert into audit_sequencer default values;

-- Nobody but the owner may change or remove what is in a log. The application reads its tenant's, adds events and witnesses'
-- signatures, and destroys keys of persons; the sequencer, as `system`, adds entries and moves each log's head.
call protect_table('audit_log', 'select', 'select, insert, update');
grant update (quorum) on audit_log to gatehouse_app;
call protect_table('audit_log_key', '', 'select, insert, update');
grant select (tenant_id, vkey, kind, created_at, retired_at) on audit_log_key to gatehouse_app;
call protect_table('audit_entry', 'select', 'select, insert');
call protect_table('audit_tile', 'select', 'select, insert');
call protect_table('audit_witness', 'select, insert, delete', 'select');
call protect_table('audit_checkpoint', 'select, insert', 'select, delete');
call protect_table('audit_cosignature', 'select, insert', 'select');
call protect_table('subject_key', 'select, insert', 'select, insert');
grant update (wrapped, destroyed_at) on subject_key to gatehouse_app;
grant select, update on audit_sequencer to gatehouse_system;

-- After a restore into another cluster: ids of transactions that are still to come here become that of one long done. Nothing
-- else about an event can be changed by anybody but the owner.
create function forget_foreign_transactions() returns void language sql security definer set search_path = public, pg_temp as
$$ update audit_event set xid = '3'::xid8 where xid >= pg_snapshot_xmax(pg_current_snapshot()) $$;
revoke all on function forget_foreign_transactions() from public;
grant execute on function forget_foreign_transactions() to gatehouse_system;

-- C2SP pruning: lets go the entries below a border, whole bundles only, and the events they came from. Their tiles stay, so
-- every proof and every old checkpoint stays valid. Only the owner may, for a retention rule; what no quorum of witnesses has
-- seen is not let go where there are witnesses. It is recorded itself.
create function prune_audit_log(log uuid, below bigint, by text) returns bigint language plpgsql set search_path = public, pg_temp as
$$
declare
  border bigint := below - below % 256;
  seen bigint;
begin
  select max(size) into seen from audit_checkpoint where tenant_id = log;
  if exists (select from audit_witness where tenant_id = log) and coalesce(seen, 0) < border then
    raise exception 'witnesses have seen % entries of this log only', coalesce(seen, 0);
  end if;
  update audit_log set minimum_index = border where tenant_id = log and size >= border and minimum_index <= border;
  if not found then
    raise exception 'the log cannot be pruned to %', border;
  end if;
  delete from audit_event e using audit_entry n
    where n.tenant_id = log and n.log_index < border and e.tenant_id = log and e.id = n.event_id;
  delete from audit_entry where tenant_id = log and log_index < border;
  insert into audit_event (tenant_id, what, actor, subject, details)
    values (log, 'audit.pruned', by, 'log', jsonb_build_object('minimumIndex', border));
  return border;
end
$$;
revoke all on function prune_audit_log(uuid, bigint, text) from public;
