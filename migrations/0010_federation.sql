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

-- OpenID providers that a tenant's people may sign in through.
create table oidc_provider (
  tenant_id  uuid not null references tenant (id),
  name       text not null check (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  issuer     text not null,
  client_id  text not null,
  -- The client's secret, sealed under the tenant's key; absent for a public client.
  sealed     bytea,
  -- Claims, domains, what counts as a second factor: checked by assurance/oidc/providers.ts when written and when read.
  settings   jsonb not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, name)
);
call protect_table('oidc_provider', 'select, insert, update, delete', '');

-- Who somebody is at a provider. Nothing but issuer and subject makes the link, never an address.
create table oidc_link (
  tenant_id uuid not null,
  issuer    text not null,
  subject   text not null,
  person_id uuid not null,
  linked_at timestamptz not null default now(),
  primary key (tenant_id, issuer, subject),
  foreign key (tenant_id, person_id) references person (tenant_id, id) on delete cascade
);
create index oidc_link_person on oidc_link (tenant_id, person_id);
comment on column oidc_link.subject is 'personal: identifier; purpose: sign-in; retention: until unlinked or the person leaves';
call protect_table('oidc_link', 'select, insert, delete', '');

-- Which session came from which sign-in at the provider, so that the provider can end it.
create table oidc_session (
  tenant_id  uuid not null,
  session_id uuid not null,
  issuer     text not null,
  subject    text not null,
  sid        text,
  primary key (tenant_id, session_id),
  foreign key (tenant_id, session_id) references session (tenant_id, id) on delete cascade
);
create index oidc_session_subject on oidc_session (tenant_id, issuer, subject);
create index oidc_session_sid on oidc_session (tenant_id, issuer, sid);
comment on column oidc_session.subject is 'personal: identifier; purpose: sign-out at the provider; retention: until the session ends';
call protect_table('oidc_session', 'select, insert, delete', '');

-- What a SCIM client knows a person of ours by, and what it may see and change: nobody else. `version` is its ETag.
create table scim_user (
  tenant_id     uuid not null,
  person_id     uuid not null,
  user_name     text not null,
  user_name_key text not null,
  external_id   text,
  given_name    text,
  family_name   text,
  version       int not null default 1,
  created_at    timestamptz not null default now(),
  changed_at    timestamptz not null default now(),
  primary key (tenant_id, person_id),
  unique (tenant_id, user_name_key),
  foreign key (tenant_id, person_id) references person (tenant_id, id) on delete cascade
);
create index scim_user_external on scim_user (tenant_id, external_id);
comment on column scim_user.user_name is 'personal: identifier; purpose: the same person in the directory it comes from; retention: until removed there';
comment on column scim_user.user_name_key is 'personal: identifier; purpose: finding it in any spelling; retention: as user_name';
comment on column scim_user.external_id is 'personal: identifier; purpose: the same person in the directory it comes from; retention: as user_name';
comment on column scim_user.given_name is 'personal: identity; purpose: as the directory has it; retention: as user_name';
comment on column scim_user.family_name is 'personal: identity; purpose: as the directory has it; retention: as user_name';
call protect_table('scim_user', 'select, insert, update, delete', '');

-- Groups that are copied from elsewhere. A client sees and changes those of its own source and no other.
create table directory_group (
  tenant_id   uuid not null,
  group_id    uuid not null,
  source      text not null check (source ~ '^(scim|(ldap|oidc)/[a-z0-9][a-z0-9._-]{0,62})$'),
  external_id text,
  version     int not null default 1,
  created_at  timestamptz not null default now(),
  changed_at  timestamptz not null default now(),
  primary key (tenant_id, group_id),
  foreign key (tenant_id, group_id) references "group" (tenant_id, id) on delete cascade
);
create index directory_group_external on directory_group (tenant_id, source, external_id);
call protect_table('directory_group', 'select, insert, update, delete', 'select, insert, update, delete');

-- LDAP directories that people and groups are copied from.
create table people_source (
  tenant_id   uuid not null references tenant (id),
  name        text not null check (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  -- Address, filters, attributes, limits: checked by assurance/people-sync/sources.ts when written and when read.
  settings    jsonb not null,
  -- The password it is asked with, sealed under the tenant's key.
  sealed      bytea,
  created_at  timestamptz not null default now(),
  next_at     timestamptz not null default now(),
  synced_at   timestamptz,
  -- Why the last attempt changed nothing; null after one that went through.
  trouble     text,
  -- What the last one that went through did.
  done        jsonb,
  primary key (tenant_id, name)
);
call protect_table('people_source', 'select, insert, update, delete', 'select');
