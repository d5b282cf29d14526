-- compatible
-- The audit log proper: committed events in one provable order for each tenant, what that order is signed with, and who
-- witnessed it. audit_event stays what every act inserts into; everything else here is written by the sequencer.

-- The transaction that wrote the event. The sequencer takes what has become visible since its last snapshot, and so never
-- passes over a transaction that commits late (assurance/audit/sequencer.ts). It works for all tenants, hence the index.
alter table audit_event add column xid xid8 not null default pg_current_xact_id();
create index audit_event_xid on audit_event (xid, id);
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
  -- C2SP tlog-policy: which witnesses must have signed.
  quorum        text not null default 'none'
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
  what      text not null,
  actor     text not null,
  subject   text not null,
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
  vkey      text not null,
  -- Where checkpoints are pushed to (C2SP tlog-witness); a witness without one fetches them itself.
  url       text,
  added_at  timestamptz not null default now(),
  primary key (tenant_id, name),
  unique (tenant_id, vkey)
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
  line      text not null,
  signed_at timestamptz not null,
  primary key (tenant_id, size, witness),
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
