-- compatible
-- Who people and services are, what they prove it with, and what they are signed in with. A person belongs to exactly one
-- tenant. Secrets are hashed where only a comparison is needed (tokens, passwords, recovery codes, links) and sealed under
-- the tenant's key where they must be read again (TOTP).

create table person (
  tenant_id       uuid not null references tenant (id),
  id              uuid not null,
  email           text not null,
  email_key       text not null,
  name            text not null,
  language        text not null default 'en' check (language in ('de', 'en', 'nl')),
  state           text not null check (state in ('invited', 'active', 'suspended', 'left')),
  source          text not null default 'local' check (source in ('local', 'scim', 'ldap', 'oidc')),
  external_id     text,
  created_at      timestamptz not null default now(),
  changed_at      timestamptz not null default now(),
  last_sign_in_at timestamptz,
  primary key (tenant_id, id)
);
-- An address that somebody left behind may be given to somebody else.
create unique index person_email on person (tenant_id, email_key) where state <> 'left';
create unique index person_external on person (tenant_id, source, external_id) where external_id is not null;
comment on column person.email is 'personal: contact; purpose: sign-in and notices; retention: until a year after leaving';
comment on column person.email_key is 'personal: contact; purpose: finding the person by any spelling of the address; retention: as email';
comment on column person.name is 'personal: identity; purpose: telling people apart; retention: until a year after leaving';
comment on column person.language is 'personal: preference; purpose: texts in the person''s language; retention: until a year after leaving';
comment on column person.external_id is 'personal: identity; purpose: the same person in the directory it comes from; retention: as email';
comment on column person.last_sign_in_at is 'personal: behaviour; purpose: finding unused accounts; retention: as email';
call protect_table('person', 'select, insert, update, delete', 'select, insert, update');

create table person_password (
  tenant_id uuid not null,
  person_id uuid not null,
  phc       text not null,
  set_at    timestamptz not null default now(),
  -- Who made the link by which it was reset; null where the person did without one, and for an invitation.
  reset_by  text,
  primary key (tenant_id, person_id),
  foreign key (tenant_id, person_id) references person (tenant_id, id) on delete cascade
);
comment on column person_password.phc is 'personal: credential (argon2id hash); purpose: sign-in; retention: until replaced or the person leaves';
comment on column person_password.reset_by is 'personal: online identifier; purpose: accountability; retention: until replaced or the person leaves';
call protect_table('person_password', 'select, insert, update, delete', '');

create table passkey (
  tenant_id     uuid not null,
  id            uuid not null,
  person_id     uuid not null,
  credential_id text not null,
  public_key    bytea not null,
  counter       bigint not null,
  transports    text[] not null,
  is_backed_up  boolean not null,
  name          text not null,
  created_at    timestamptz not null default now(),
  last_used_at  timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, person_id) references person (tenant_id, id) on delete cascade
);
create unique index passkey_credential on passkey (tenant_id, credential_id);
create index passkey_person on passkey (tenant_id, person_id);
comment on column passkey.credential_id is 'personal: credential (public part); purpose: sign-in; retention: until removed or the person leaves';
comment on column passkey.public_key is 'personal: credential (public part); purpose: sign-in and signed approvals; retention: until removed or the person leaves';
comment on column passkey.name is 'personal: identity; purpose: telling one''s own passkeys apart; retention: until removed';
comment on column passkey.last_used_at is 'personal: behaviour; purpose: finding forgotten passkeys; retention: until removed';
call protect_table('passkey', 'select, insert, update, delete', '');

create table totp (
  tenant_id    uuid not null,
  id           uuid not null,
  person_id    uuid not null,
  name         text not null,
  sealed       bytea not null,
  -- The last time step of which a code was taken: each code works once.
  last_step    bigint,
  created_at   timestamptz not null default now(),
  confirmed_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, person_id) references person (tenant_id, id) on delete cascade
);
create index totp_person on totp (tenant_id, person_id);
comment on column totp.name is 'personal: identity; purpose: telling one''s own devices apart; retention: until removed';
comment on column totp.sealed is 'personal: credential (sealed secret); purpose: second factor; retention: until removed or the person leaves';
call protect_table('totp', 'select, insert, update, delete', '');

create table recovery_code (
  tenant_id uuid not null,
  person_id uuid not null,
  hash      bytea not null,
  made_at   timestamptz not null default now(),
  used_at   timestamptz,
  primary key (tenant_id, person_id, hash),
  foreign key (tenant_id, person_id) references person (tenant_id, id) on delete cascade
);
comment on column recovery_code.hash is 'personal: credential (hash); purpose: second factor when the others are lost; retention: until replaced or the person leaves';
call protect_table('recovery_code', 'select, insert, update, delete', '');

create table session (
  tenant_id    uuid not null,
  id           uuid not null,
  token_hash   bytea not null,
  person_id    uuid not null,
  -- Only the routes that add a factor are open to a session that still owes one.
  is_enrolling boolean not null,
  -- What was proved at sign-in: passkey, password, totp, recovery-code, link, oidc.
  proofs       text[] not null,
  proved_at    timestamptz not null,
  created_at   timestamptz not null,
  seen_at      timestamptz not null,
  ip           text not null,
  user_agent   text not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, person_id) references person (tenant_id, id) on delete cascade
);
create unique index session_token on session (tenant_id, token_hash);
create index session_person on session (tenant_id, person_id);
comment on column session.token_hash is 'personal: credential (hash); purpose: finding the session; retention: until it ends';
comment on column session.ip is 'personal: network address; purpose: a person recognises foreign sessions; retention: until it ends';
comment on column session.user_agent is 'personal: device; purpose: a person recognises foreign sessions; retention: until it ends';
comment on column session.seen_at is 'personal: behaviour; purpose: idle limit; retention: until it ends';
call protect_table('session', 'select, insert, update, delete', 'select, delete');

create table service_account (
  tenant_id  uuid not null references tenant (id),
  id         uuid not null,
  name       text not null,
  purpose    text not null,
  created_at timestamptz not null default now(),
  created_by text not null,
  primary key (tenant_id, id),
  unique (tenant_id, name)
);
comment on column service_account.created_by is 'personal: identity; purpose: who answers for the service; retention: while the service account exists';
call protect_table('service_account', 'select, insert, update, delete', '');

create table api_key (
  tenant_id            uuid not null,
  id                   uuid not null,
  service_id           uuid not null,
  token_hash           bytea not null,
  permissions          text[] not null,
  platform_permissions text[] not null,
  created_at           timestamptz not null default now(),
  created_by           text not null,
  expires_at           timestamptz not null,
  last_used_at         timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, service_id) references service_account (tenant_id, id) on delete cascade,
  check (expires_at <= created_at + interval '366 days')
);
create unique index api_key_token on api_key (tenant_id, token_hash);
create index api_key_service on api_key (tenant_id, service_id);
comment on column api_key.created_by is 'personal: identity; purpose: who answers for the key; retention: while the key exists';
call protect_table('api_key', 'select, insert, update, delete', '');

-- Links that work once: to join, to choose a new password, to replace lost factors, and the first of all, to set up.
create table one_time_link (
  tenant_id  uuid not null references tenant (id),
  id         uuid not null,
  token_hash bytea not null,
  person_id  uuid,
  purpose    text not null check (purpose in ('setup', 'invite', 'password', 'factors')),
  created_at timestamptz not null default now(),
  created_by text not null,
  expires_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, person_id) references person (tenant_id, id) on delete cascade,
  check ((purpose = 'setup') = (person_id is null))
);
create unique index one_time_link_token on one_time_link (tenant_id, token_hash);
create index one_time_link_person on one_time_link (tenant_id, person_id);
comment on column one_time_link.created_by is 'personal: identity; purpose: who let somebody in; retention: until the link is used or expires';
call protect_table('one_time_link', 'select, insert, update, delete', '');

-- Challenges and tickets carry their own seal and are not stored; what is kept is that one was used, until it would expire.
create table used_challenge (
  tenant_id  uuid not null references tenant (id),
  hash       bytea not null,
  expires_at timestamptz not null,
  primary key (tenant_id, hash)
);
create index used_challenge_expiry on used_challenge (tenant_id, expires_at);
call protect_table('used_challenge', 'select, insert, delete', '');

-- Tries to sign in that did not succeed (yet), counted by who was meant and from where, both as keyed hashes.
create table sign_in_failure (
  tenant_id uuid not null references tenant (id),
  bucket    bytea not null,
  failures  int not null,
  last_at   timestamptz not null,
  -- Before then no try that falls into the bucket is looked at.
  next_at   timestamptz not null,
  primary key (tenant_id, bucket)
);
create index sign_in_failure_age on sign_in_failure (tenant_id, last_at);
comment on column sign_in_failure.bucket is 'personal: keyed hash of address and network; purpose: slowing down guessing; retention: a day';
call protect_table('sign_in_failure', 'select, insert, update, delete', '');

-- Limits of sessions, and what an organisation calls itself; a tenant without a row has the defaults.
create table sign_in_policy (
  tenant_id    uuid not null references tenant (id),
  idle_s       int not null default 1800 check (idle_s between 60 and 86400),
  absolute_s   int not null default 43200 check (absolute_s between 300 and 604800),
  primary key (tenant_id)
);
call protect_table('sign_in_policy', 'select, insert, update, delete', '');

-- The tenant that a sign-in means when it names none: the only one there is besides the platform's.
create function sole_tenant() returns uuid language sql stable security definer set search_path = public, pg_temp as
$$ select min(id::text)::uuid from tenant where id <> platform_tenant() having count(*) = 1 $$;

-- Whether nobody has an account yet, in any tenant: only then is there a link to set up.
create function nobody_yet() returns boolean language sql stable security definer set search_path = public, pg_temp as
$$ select not exists (select from person) $$;

-- What the first tenant is called, said once: while it has nobody.
create function name_first_tenant(wanted text) returns void language sql security definer set search_path = public, pg_temp as
$$ update tenant set name = wanted where id = '00000000-0000-7000-8000-000000000001' and nobody_yet() $$;
