-- compatible
-- What Gatehouse shares with other systems of an organisation: the stream of its record to a SIEM, sign-in through an OpenID
-- provider, people and groups by SCIM and LDAP.

-- Where a tenant's audit log is streamed to; the platform's sinks are those of the platform tenant.
create table siem_sink (
  tenant_id  uuid not null references tenant (id),
  name       text not null check (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  kind       text not null check (kind in ('syslog', 'ocsf')),
  -- Address, anchors, certificate: checked by assurance/siem/sinks.ts when it was written and again when it is read.
  settings   jsonb not null,
  -- The secret (a private key, a bearer token, an HMAC key), sealed under the tenant's key.
  sealed     bytea,
  created_at timestamptz not null default now(),
  primary key (tenant_id, name)
);

-- How far each sink is. Written by whoever sends, in a transaction of its own: no act ever waits for it.
create table siem_cursor (
  tenant_id       uuid not null,
  name            text not null,
  -- Everything below was taken by the receiver.
  next_index      bigint not null default 0 check (next_index >= 0),
  -- What was taken long enough ago to have survived the receiver's end: where to go on after a connection broke.
  settled_index   bigint not null default 0 check (settled_index >= 0),
  settling_index  bigint not null default 0 check (settling_index >= settled_index),
  settling_at     timestamptz not null default now(),
  -- The size of the last checkpoint that was sent.
  checkpoint_size bigint not null default 0,
  failures        int not null default 0,
  last_error      text,
  next_try_at     timestamptz not null default now(),
  -- One process sends at a time; a process that died holds it no longer than this.
  leased_until    timestamptz not null default '-infinity',
  sent_at         timestamptz,
  primary key (tenant_id, name),
  foreign key (tenant_id, name) references siem_sink (tenant_id, name) on delete cascade
);

call protect_table('siem_sink', 'select, insert, update, delete', 'select');
call protect_table('siem_cursor', 'select, insert', 'select, update');
