-- compatible
-- Who we are to the mail world: domains we own, addresses we know, who may send through us, where mail goes next.
-- Every change to these tables raises directory_version and notifies `directory`, so that running processes read them again.

create table directory_version (
  only_row boolean primary key default true check (only_row),
  version  bigint not null
);
insert into directory_version (version) values (1);

create function directory_changed() returns trigger language plpgsql as
$$
begin
  update directory_version set version = version + 1;
  perform pg_notify('directory', '');
  return null;
end
$$;

-- How safe the transport to a host must be; mail/directory/types.ts says what each word means.
create domain tls_demand as text check (value in ('none', 'opportunistic', 'required', 'verified'));

create table ldap_source (
  tenant_id            uuid not null references tenant (id),
  name                 text not null,
  url                  text not null,
  start_tls            boolean not null,
  -- PEM of anchors instead of the system's.
  ca_pem               text,
  bind_dn              text,
  -- Sealed under the tenant's key with the context `ldap/<name>`.
  bind_password_sealed bytea,
  base_dn              text not null,
  -- {address}, {local} and {domain} are replaced, escaped.
  filter               text not null,
  timeout_ms           int not null,
  cache_s              int not null,
  negative_cache_s     int not null,
  primary key (tenant_id, name)
);
comment on column ldap_source.bind_dn is 'personal: login; purpose: routing; retention: contract';

create table domain (
  tenant_id         uuid not null references tenant (id),
  -- A-labels, lower case. One tenant only may own a name, or mail for it could go astray.
  name              text not null unique,
  -- Whether names below it are ours, too.
  subdomains        boolean not null,
  hop_host          text not null,
  hop_port          int not null check (hop_port between 1 and 65535),
  hop_protocol      text not null check (hop_protocol in ('smtp', 'lmtp')),
  hop_tls           tls_demand not null,
  hop_fingerprints  text[] not null,
  hop_ca_pem        text,
  -- How recipients are known: by the rows in address, by LDAP, by asking the next hop, or not at all.
  recipient_source  text not null check (recipient_source in ('list', 'ldap', 'callout', 'any')),
  ldap_source       text,
  -- The character after which a local part's rest is ignored when it is looked up; empty for none.
  subaddress        text not null check (length(subaddress) <= 1),
  case_sensitive    boolean not null,
  -- Raised when its addresses change, so that only they are read again.
  addresses_version bigint not null default 1,
  created_at        timestamptz not null default now(),
  primary key (tenant_id, name),
  foreign key (tenant_id, ldap_source) references ldap_source (tenant_id, name),
  check ((recipient_source = 'ldap') = (ldap_source is not null))
);

create table address (
  tenant_id  uuid not null,
  domain     text not null,
  -- As it is compared: lower case unless the domain is case-sensitive.
  local      text not null,
  -- As it was given.
  written    text not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, domain, local),
  foreign key (tenant_id, domain) references domain (tenant_id, name) on delete cascade
);
comment on column address.local is 'personal: contact; purpose: routing; retention: contract';
comment on column address.written is 'personal: contact; purpose: routing; retention: contract';

create function addresses_changed() returns trigger language plpgsql as
$$
begin
  update domain d set addresses_version = addresses_version + 1
    where (d.tenant_id, d.name) in (select distinct tenant_id, domain from changed);
  return null;
end
$$;
create trigger address_inserted after insert on address referencing new table as changed
  for each statement execute function addresses_changed();
create trigger address_deleted after delete on address referencing old table as changed
  for each statement execute function addresses_changed();
create trigger address_updated after update on address referencing new table as changed
  for each statement execute function addresses_changed();

create table sender_login (
  tenant_id     uuid not null references tenant (id),
  -- Lower case. Unique over all tenants, since AUTH names no tenant.
  name          text not null unique,
  -- PHC string, argon2id.
  password_hash text not null,
  -- Addresses, or @domain; empty means every domain the tenant owns.
  may_use       text[] not null,
  created_at    timestamptz not null default now(),
  primary key (tenant_id, name)
);
comment on column sender_login.name is 'personal: login; purpose: authentication; retention: contract';
comment on column sender_login.password_hash is 'personal: credential; purpose: authentication; retention: contract';
comment on column sender_login.may_use is 'personal: contact; purpose: authorisation; retention: contract';

create table sender_network (
  tenant_id  uuid not null references tenant (id),
  name       text not null,
  network    text not null,
  may_use    text[] not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, name)
);
comment on column sender_network.may_use is 'personal: contact; purpose: authorisation; retention: contract';

create table sender_certificate (
  tenant_id  uuid not null references tenant (id),
  name       text not null,
  -- Lower-case hex. Unique over all tenants, since a certificate names none.
  sha256     text not null unique,
  may_use    text[] not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, name)
);
comment on column sender_certificate.may_use is 'personal: contact; purpose: authorisation; retention: contract';

-- A relay in a shared cloud is ours only with a pin; its address range alone never is.
create table cloud_pin (
  tenant_id    uuid not null references tenant (id),
  name         text not null,
  networks     text[] not null check (cardinality(networks) > 0),
  kind         text not null check (kind in ('header', 'certificate')),
  header_name  text,
  header_value text,
  sha256       text,
  may_use      text[] not null,
  created_at   timestamptz not null default now(),
  primary key (tenant_id, name),
  check ((kind = 'header') = (header_name is not null and header_value is not null and sha256 is null)),
  check ((kind = 'certificate') = (sha256 is not null and header_name is null and header_value is null))
);
comment on column cloud_pin.may_use is 'personal: contact; purpose: authorisation; retention: contract';

-- What mail to a domain that is not ours must have: a fixed next hop, or safe transport by MX.
create table partner_route (
  tenant_id    uuid not null references tenant (id),
  name         text not null,
  subdomains   boolean not null,
  kind         text not null check (kind in ('mx', 'host')),
  tls          tls_demand not null,
  host         text,
  port         int check (port between 1 and 65535),
  protocol     text check (protocol in ('smtp', 'lmtp')),
  fingerprints text[] not null,
  ca_pem       text,
  created_at   timestamptz not null default now(),
  primary key (tenant_id, name),
  check ((kind = 'host') = (host is not null and port is not null and protocol is not null))
);

-- How delivery treats a destination, whatever the route says.
create table destination_rule (
  tenant_id           uuid not null references tenant (id),
  -- A domain, or `*` for all that have no rule of their own.
  name                text not null,
  max_connections     int check (max_connections > 0),
  messages_per_minute int check (messages_per_minute > 0),
  -- Addresses of ours to send from.
  source_ip4          text,
  source_ip6          text,
  -- `pause` keeps mail in the queue.
  state               text not null check (state in ('normal', 'pause')),
  primary key (tenant_id, name)
);

create trigger domain_changed after insert or update or delete on domain
  for each statement execute function directory_changed();
create trigger ldap_source_changed after insert or update or delete on ldap_source
  for each statement execute function directory_changed();
create trigger sender_login_changed after insert or update or delete on sender_login
  for each statement execute function directory_changed();
create trigger sender_network_changed after insert or update or delete on sender_network
  for each statement execute function directory_changed();
create trigger sender_certificate_changed after insert or update or delete on sender_certificate
  for each statement execute function directory_changed();
create trigger cloud_pin_changed after insert or update or delete on cloud_pin
  for each statement execute function directory_changed();
create trigger partner_route_changed after insert or update or delete on partner_route
  for each statement execute function directory_changed();
create trigger destination_rule_changed after insert or update or delete on destination_rule
  for each statement execute function directory_changed();

create table api_idempotency (
  tenant_id  uuid not null references tenant (id),
  key        text not null,
  -- SHA-256 of method, path and everything sent.
  request    bytea not null,
  status     int,
  reply      jsonb,
  created_at timestamptz not null default now(),
  primary key (tenant_id, key)
);
create index api_idempotency_age on api_idempotency (created_at);
comment on column api_idempotency.reply is 'personal: contact; purpose: repeat of a request; retention: 24 hours';
