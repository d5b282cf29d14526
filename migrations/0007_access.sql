-- compatible
-- Who may do what: roles, grants that end, what needs a second person and the approvals of it, break-glass, campaigns that
-- ask whether a right is still needed, access to content, and what people are told about all this.

-- People in groups; roles and approvals may name either.
create table "group" (
  tenant_id  uuid not null references tenant (id),
  id         uuid not null,
  name       text not null check (length(name) between 1 and 200),
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, id),
  unique (tenant_id, name)
);
create table group_member (
  tenant_id uuid not null,
  group_id  uuid not null,
  person_id uuid not null,
  primary key (tenant_id, group_id, person_id),
  foreign key (tenant_id, group_id) references "group" (tenant_id, id) on delete cascade,
  foreign key (tenant_id, person_id) references person (tenant_id, id) on delete cascade
);
create index group_member_person on group_member (tenant_id, person_id);
call protect_table('"group"', 'select, insert, update, delete', 'select');
call protect_table('group_member', 'select, insert, delete', 'select');

-- Roles of a tenant's own making; the built-in ones are in src/assurance/access/roles.ts.
create table custom_role (
  tenant_id   uuid not null references tenant (id),
  name        text not null check (name ~ '^[a-z][a-z0-9-]{0,62}$'),
  description text not null check (length(description) <= 500),
  permissions text[] not null check (cardinality(permissions) between 1 and 100),
  created_at  timestamptz not null default clock_timestamp(),
  primary key (tenant_id, name)
);

-- A role or a single permission, for a person or a group, until a time. Rows are never deleted: they say who had what when.
create table role_grant (
  tenant_id        uuid not null references tenant (id),
  id               uuid not null,
  -- The person's own tenant: another one only in the platform's tenant, where an operator may be anybody's employee.
  person_tenant_id uuid,
  person_id        uuid,
  group_id         uuid,
  role             text,
  permission       text,
  source           text not null check (source in ('given', 'requested', 'break-glass', 'directory', 'set-up')),
  reason           text not null check (length(reason) <= 2000),
  ticket           text check (length(ticket) <= 200),
  given_by         text not null,
  given_at         timestamptz not null default clock_timestamp(),
  expires_at       timestamptz,
  revoked_at       timestamptz,
  revoked_by       text,
  primary key (tenant_id, id),
  check ((person_id is null) <> (group_id is null)),
  check ((person_id is null) = (person_tenant_id is null)),
  check (person_tenant_id is null or person_tenant_id = tenant_id or tenant_id = platform_tenant()),
  check ((role is null) <> (permission is null)),
  -- Reading content is not given by a role or a grant but by content_access, for an hour at most.
  check (permission is null or permission not like '%.content'),
  -- Every privileged grant ends by itself.
  check (expires_at is not null or role in ('employee', 'guest')),
  check (role is distinct from 'operator' or tenant_id = platform_tenant()),
  foreign key (person_tenant_id, person_id) references person (tenant_id, id) on delete cascade
);
create index role_grant_person on role_grant (tenant_id, person_tenant_id, person_id) where revoked_at is null;
create index role_grant_group on role_grant (tenant_id, group_id) where revoked_at is null;
create index role_grant_role on role_grant (tenant_id, role, expires_at) where revoked_at is null;
comment on column role_grant.reason is 'personal: work record; purpose: accountability; retention: audit';
comment on column role_grant.given_by is 'personal: identifier; purpose: accountability; retention: audit';
comment on column role_grant.revoked_by is 'personal: identifier; purpose: accountability; retention: audit';

create table access_settings (
  tenant_id       uuid primary key references tenant (id),
  -- The longest that a privileged grant may last, and one that somebody asked for.
  max_grant_s     int not null check (max_grant_s between 3600 and 366 * 86400),
  max_request_s   int not null check (max_request_s between 300 and 366 * 86400),
  -- The group that is told of break-glass and access to content, beside the tenant's administrators.
  security_group  uuid
);

-- What needs approval in a tenant, and whose.
create table four_eyes_rule (
  tenant_id  uuid not null references tenant (id),
  act        text not null,
  approval   text not null check (length(approval) between 1 and 1000),
  primary key (tenant_id, act)
);

-- A change that somebody asks for. What it is never changes once somebody approved it: `hash` is over all of it.
create table demand (
  tenant_id           uuid not null references tenant (id),
  id                  uuid not null,
  act                 text not null,
  subject             text not null check (length(subject) <= 500),
  details             text not null check (length(details) <= 1048576),
  hash                bytea not null check (length(hash) = 32),
  approval            text not null check (length(approval) between 1 and 1000),
  requester_tenant_id uuid not null,
  requester_id        uuid not null,
  reason              text not null check (length(reason) <= 2000),
  ticket              text check (length(ticket) <= 200),
  created_at          timestamptz not null,
  expires_at          timestamptz not null,
  state               text not null check (state in ('open', 'executed', 'refused', 'withdrawn')),
  state_at            timestamptz not null,
  primary key (tenant_id, id),
  check (expires_at > created_at),
  foreign key (requester_tenant_id, requester_id) references person (tenant_id, id)
);
create index demand_open on demand (tenant_id, id desc) where state = 'open';
create index demand_requester on demand (tenant_id, requester_id, id desc);
comment on column demand.details is 'personal: work record; purpose: accountability; retention: audit';
comment on column demand.reason is 'personal: work record; purpose: accountability; retention: audit';
comment on column demand.subject is 'personal: identifier; purpose: accountability; retention: audit';

-- One person's word on one demand, with the evidence: the passkey's signature over the demand's hash, or a marked weaker proof.
create table approval (
  tenant_id     uuid not null,
  demand_id     uuid not null,
  person_id     uuid not null,
  word          text not null check (word in ('approve', 'refuse')),
  hash          bytea not null check (length(hash) = 32),
  method        text not null check (method in ('passkey', 'step-up')),
  -- credential id, authenticator data, client data, signature: what a third party needs to check it again.
  evidence      jsonb,
  at            timestamptz not null,
  primary key (tenant_id, demand_id, person_id),
  foreign key (tenant_id, demand_id) references demand (tenant_id, id),
  check (method <> 'passkey' or evidence is not null),
  foreign key (tenant_id, person_id) references person (tenant_id, id)
);
comment on column approval.evidence is 'personal: authentication; purpose: accountability; retention: audit';

-- Rights taken in an emergency. While one is not reviewed its person cannot take another: the index sees to it.
create table break_glass (
  tenant_id   uuid not null references tenant (id),
  id          uuid not null,
  person_id   uuid not null,
  grant_id    uuid not null,
  reason      text not null check (length(reason) between 1 and 2000),
  ticket      text check (length(ticket) <= 200),
  at          timestamptz not null,
  reviewed_at timestamptz,
  reviewed_by uuid,
  findings    text check (length(findings) <= 4000),
  primary key (tenant_id, id),
  foreign key (tenant_id, grant_id) references role_grant (tenant_id, id),
  check ((reviewed_at is null) = (reviewed_by is null)),
  check (reviewed_by is distinct from person_id)
);
create unique index break_glass_unreviewed on break_glass (tenant_id, person_id) where reviewed_at is null;
comment on column break_glass.reason is 'personal: work record; purpose: accountability; retention: audit';
comment on column break_glass.findings is 'personal: work record; purpose: accountability; retention: audit';

-- Asks the owner, grant by grant, whether it is still needed; what was not kept when it ends is taken away.
create table campaign (
  tenant_id     uuid not null references tenant (id),
  id            uuid not null,
  name          text not null check (length(name) between 1 and 200),
  owner_id      uuid not null,
  -- Null: every privileged grant.
  roles         text[],
  starts_at     timestamptz not null,
  ends_at       timestamptz not null,
  -- A new one begins this long after this one began.
  every_days    int check (every_days between 1 and 366),
  closed_at     timestamptz,
  repeated_at   timestamptz,
  primary key (tenant_id, id),
  check (ends_at > starts_at),
  foreign key (tenant_id, owner_id) references person (tenant_id, id)
);
create index campaign_running on campaign (ends_at) where closed_at is null;

create table campaign_item (
  tenant_id   uuid not null,
  campaign_id uuid not null,
  grant_id    uuid not null,
  decision    text check (decision in ('keep', 'remove')),
  decided_by  uuid,
  decided_at  timestamptz,
  primary key (tenant_id, campaign_id, grant_id),
  foreign key (tenant_id, campaign_id) references campaign (tenant_id, id),
  foreign key (tenant_id, grant_id) references role_grant (tenant_id, id)
);

-- The only way to read what a message says: consented, for one message or a search, from one place, an hour at most.
create table content_access (
  tenant_id  uuid not null references tenant (id),
  id         uuid not null,
  demand_id  uuid not null,
  person_id  uuid not null,
  message_id uuid,
  search     jsonb,
  place      text not null,
  starts_at  timestamptz not null,
  expires_at timestamptz not null,
  ended_at   timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, demand_id) references demand (tenant_id, id),
  unique (tenant_id, demand_id),
  check ((message_id is null) <> (search is null)),
  check (expires_at > starts_at and expires_at <= starts_at + interval '1 hour')
);
create index content_access_person on content_access (tenant_id, person_id) where ended_at is null;
comment on column content_access.search is 'personal: address; purpose: accountability; retention: audit';
comment on column content_access.place is 'personal: online identifier; purpose: accountability; retention: audit';

create table notice (
  tenant_id  uuid not null references tenant (id),
  id         uuid not null,
  person_id  uuid not null,
  kind       text not null,
  details    jsonb not null,
  at         timestamptz not null,
  seen_at    timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, person_id) references person (tenant_id, id) on delete cascade
);
create index notice_person on notice (tenant_id, person_id, id desc);
comment on column notice.details is 'personal: work record; purpose: accountability; retention: audit';

call protect_table('custom_role', 'select, insert, update, delete', '');
-- Of a grant only its end may change, of a demand only its state, and of an approval nothing.
call protect_table('role_grant', 'select, insert', 'select');
grant update (revoked_at, revoked_by) on role_grant to gatehouse_app, gatehouse_system;
call protect_table('access_settings', 'select, insert, update, delete', 'select');
call protect_table('four_eyes_rule', 'select, insert, update, delete', '');
call protect_table('demand', 'select, insert', '');
grant update (state, state_at) on demand to gatehouse_app;
call protect_table('approval', 'select, insert', '');
call protect_table('break_glass', 'select, insert', '');
grant update (reviewed_at, reviewed_by, findings) on break_glass to gatehouse_app;
call protect_table('campaign', 'select, insert', 'select, insert');
grant update (closed_at, repeated_at) on campaign to gatehouse_system;
-- Only so that the row can be locked while one of its grants is decided.
grant update (repeated_at) on campaign to gatehouse_app;
call protect_table('campaign_item', 'select, insert', 'select, insert');
grant update (decision, decided_by, decided_at) on campaign_item to gatehouse_app;
call protect_table('content_access', 'select, insert', '');
grant update (ended_at) on content_access to gatehouse_app;
call protect_table('notice', 'select, insert', 'select, insert');
grant update (seen_at) on notice to gatehouse_app;

-- An operator's grants are rows of the platform's tenant: this tells of a person of the tenant at hand, and of nobody else.
create function is_operator(person uuid, at timestamptz) returns boolean
  language sql stable security definer set search_path = public, pg_temp as
$$
  select exists (select from role_grant g
    where g.tenant_id = platform_tenant() and g.person_tenant_id = current_tenant() and g.person_id = person
      and g.role = 'operator' and g.revoked_at is null and g.expires_at > at)
$$;
