-- compatible
-- What operators do with tenants, where a tenant's data may be, how much it may use, and searches that stay fast under
-- row-level security. Operators work as gatehouse_app on the platform's tenant; what they may change of other tenants is
-- exactly the functions below, none of which gives out content, addresses or subjects.

alter table tenant
  -- `suspended`: nothing is taken, sent or answered, everything is kept. `deleting`: the same, until delete_after. `deleted`:
  -- rows and keys are gone; the row stays, since the record of the platform speaks of it.
  add column state text not null default 'active' check (state in ('active', 'suspended', 'deleting', 'deleted')),
  add column state_at timestamptz not null default now(),
  add column delete_after timestamptz,
  -- The only place the tenant's data may be at: a label of nodes and the name of a storage target. Null for any.
  add column location text check (location ~ '^[a-z0-9][a-z0-9-]{0,30}$'),
  -- Null for no limit.
  add column quota_messages_per_day int check (quota_messages_per_day >= 0),
  add column quota_stored_bytes bigint check (quota_stored_bytes >= 0),
  add column quota_people int check (quota_people >= 0),
  add column quota_domains int check (quota_domains >= 0),
  add constraint tenant_delete_after check ((state = 'deleting') = (delete_after is not null));
-- What mail asks with every statement that takes work: few rows, in most installations none.
create index tenant_located on tenant (id) where location is not null;
create index tenant_inactive on tenant (id) where state <> 'active';

-- Processes learn of a tenant's state with the directory, and of a new or destroyed key by `tenant`.
create function tenant_changed() returns trigger language plpgsql as
$$
begin
  update directory_version set version = version + 1;
  perform pg_notify('directory', '');
  perform pg_notify('tenant', '');
  return null;
end
$$;
create trigger tenant_changed after insert or update on tenant for each statement execute function tenant_changed();

alter table tenant_settings
  -- Language of the reports to the tenant's people; null for the installation's.
  add column language text check (language in ('en', 'de', 'nl'));

-- ── What is counted of a tenant ────────────────────────────────────────────────────────────────────────────────────────────
-- Numbers only. Renewed each minute by a periodic job; the limits on mail are held against them.
create table tenant_usage (
  tenant_id       uuid primary key references tenant (id),
  counted_at      timestamptz not null,
  -- Since midnight UTC.
  messages_today  bigint not null,
  queued          bigint not null,
  held            bigint not null,
  stored_bytes    bigint not null,
  -- Which limits are used up: `messages`, `storage`.
  over            text[] not null default '{}'
);
call protect_table('tenant_usage', 'select', 'select');
create trigger tenant_usage_over after update of over on tenant_usage for each row when (old.over is distinct from new.over)
  execute function directory_changed();

-- Counts a tenant anew and answers with the limits that have just been reached.
create function count_tenant(t uuid) returns text[] language plpgsql security definer set search_path = public, pg_temp as
$$
declare
  known text[];
  now_over text[];
  limits tenant%rowtype;
  today uuid := uuid_at(date_trunc('day', now() at time zone 'utc') at time zone 'utc');
  messages bigint;
  waiting bigint;
  kept bigint;
  bytes bigint;
begin
  select * into limits from tenant where id = t;
  select count(*) into messages from message where tenant_id = t and id >= today;
  select count(*) into waiting from queue where tenant_id = t;
  select count(*) into kept from recipient where tenant_id = t and state = 'held';
  -- A body is kept as long as a recipient waits or is held.
  select coalesce(sum(m.size), 0) into bytes from message m where m.tenant_id = t and m.id in (
    select message_id from queue where tenant_id = t
    union select message_id from recipient where tenant_id = t and state = 'held');
  now_over := array_remove(array[
    case when messages >= limits.quota_messages_per_day then 'messages' end,
    case when bytes >= limits.quota_stored_bytes then 'storage' end], null);
  select over into known from tenant_usage where tenant_id = t;
  insert into tenant_usage as u (tenant_id, counted_at, messages_today, queued, held, stored_bytes, over)
  values (t, now(), messages, waiting, kept, bytes, '{}')
  on conflict (tenant_id) do update set counted_at = excluded.counted_at, messages_today = excluded.messages_today,
    queued = excluded.queued, held = excluded.held, stored_bytes = excluded.stored_bytes;
  update tenant_usage set over = now_over where tenant_id = t and over is distinct from now_over;
  return array(select unnest(now_over) except select unnest(coalesce(known, '{}')));
end
$$;

-- People and domains are counted when one is added. The lock is taken only where there is a limit to keep.
create function hold_quota() returns trigger language plpgsql security definer set search_path = public, pg_temp as
$$
declare
  allowed int;
  there bigint;
begin
  execute format('select %I from tenant where id = $1', 'quota_' || tg_argv[0]) into allowed using new.tenant_id;
  if allowed is null then return new; end if;
  perform pg_advisory_xact_lock(3, hashtext(new.tenant_id::text));
  execute format('select count(*) from %I where tenant_id = $1 %s', tg_table_name, tg_argv[1]) into there using new.tenant_id;
  if there >= allowed then
    raise exception using errcode = 'GHQTA', message = format('the limit of %s %s is reached', allowed, tg_argv[0]),
      detail = tg_argv[0];
  end if;
  return new;
end
$$;
create trigger domain_quota before insert on domain for each row execute function hold_quota('domains', '');
do $$
begin
  if to_regclass('person') is not null then
    create trigger person_quota before insert on person for each row execute function hold_quota('people', 'and state <> ''left''');
  end if;
end
$$;

-- ── Operators' acts ────────────────────────────────────────────────────────────────────────────────────────────────────────
-- Each answers whether something was changed. Whoever is not the platform is told so, whatever the tenant.
create function as_operator(t uuid) returns void language plpgsql stable as
$$
begin
  if current_tenant() is distinct from platform_tenant() then
    raise insufficient_privilege using message = 'only those who run the installation may do this';
  end if;
  if t = platform_tenant() then
    raise exception using errcode = 'GHPLT', message = 'the platform itself is no tenant that can be changed';
  end if;
end
$$;

create function tenant_create(new_id uuid, new_name text, new_location text) returns boolean
  language plpgsql security definer set search_path = public, pg_temp as
$$
begin
  perform as_operator(new_id);
  insert into tenant (id, name, location) values (new_id, new_name, new_location) on conflict (name) do nothing;
  return found;
end
$$;

create function tenant_rename(t uuid, new_name text) returns boolean language plpgsql security definer set search_path = public, pg_temp as
$$
begin
  perform as_operator(t);
  update tenant set name = new_name where id = t and state <> 'deleted' and not exists (select from tenant where name = new_name);
  return found;
end
$$;

create function tenant_suspend(t uuid) returns boolean language plpgsql security definer set search_path = public, pg_temp as
$$
begin
  perform as_operator(t);
  update tenant set state = 'suspended', state_at = now() where id = t and state = 'active';
  return found;
end
$$;

-- Ends a suspension, and also the waiting for a deletion.
create function tenant_resume(t uuid) returns boolean language plpgsql security definer set search_path = public, pg_temp as
$$
begin
  perform as_operator(t);
  update tenant set state = 'active', state_at = now(), delete_after = null where id = t and state in ('suspended', 'deleting');
  perform pg_notify('queue', '');
  return found;
end
$$;

create function tenant_mark_deleting(t uuid, after timestamptz) returns boolean language plpgsql security definer set search_path = public, pg_temp as
$$
begin
  perform as_operator(t);
  update tenant set state = 'deleting', state_at = now(), delete_after = after where id = t and state in ('active', 'suspended');
  return found;
end
$$;

create function tenant_set_quota(t uuid, messages int, bytes bigint, people int, domains int) returns boolean
  language plpgsql security definer set search_path = public, pg_temp as
$$
begin
  perform as_operator(t);
  update tenant set quota_messages_per_day = messages, quota_stored_bytes = bytes, quota_people = people, quota_domains = domains
    where id = t and state <> 'deleted';
  return found;
end
$$;

create function tenant_set_location(t uuid, place text) returns boolean language plpgsql security definer set search_path = public, pg_temp as
$$
begin
  perform as_operator(t);
  -- With mail under way two places would each have half of it: a tenant that has domains is suspended first.
  update tenant set location = place where id = t and state <> 'deleted'
    and (state <> 'active' or not exists (select from domain where tenant_id = t))
    and not exists (select from queue where tenant_id = t and lease_owner is not null);
  return found;
end
$$;

-- What an operator sees of a tenant: its state and numbers.
create function tenant_health(wanted uuid default null) returns table (
  id uuid, name text, state text, state_at timestamptz, delete_after timestamptz, created_at timestamptz, location text,
  quota_messages_per_day int, quota_stored_bytes bigint, quota_people int, quota_domains int,
  counted_at timestamptz, messages_today bigint, queued bigint, held bigint, stored_bytes bigint, over text[],
  domains bigint, people bigint, last_sign_in_at timestamptz
) language plpgsql stable security definer set search_path = public, pg_temp as
$$
#variable_conflict use_column
declare
  of_people text := case when to_regclass('person') is null then '0::bigint, null::timestamptz'
    else '(select count(*) from person p where p.tenant_id = t.id and p.state <> ''left''),
      (select max(p.last_sign_in_at) from person p where p.tenant_id = t.id)' end;
begin
  if current_tenant() is distinct from platform_tenant() then
    raise insufficient_privilege using message = 'only those who run the installation may do this';
  end if;
  return query execute format('select t.id, t.name, t.state, t.state_at, t.delete_after, t.created_at, t.location,
      t.quota_messages_per_day, t.quota_stored_bytes, t.quota_people, t.quota_domains,
      u.counted_at, coalesce(u.messages_today, 0), coalesce(u.queued, 0), coalesce(u.held, 0), coalesce(u.stored_bytes, 0),
      coalesce(u.over, ''{}''), (select count(*) from domain d where d.tenant_id = t.id), %s
    from tenant t left join tenant_usage u on u.tenant_id = t.id
    where t.id <> platform_tenant() and ($1 is null or t.id = $1) order by t.name', of_people) using wanted;
end
$$;

-- ── Exports and deletion, which periodic jobs carry out ────────────────────────────────────────────────────────────────────
create table tenant_export (
  tenant_id    uuid not null references tenant (id),
  id           uuid not null,
  asked_at     timestamptz not null default now(),
  asked_by     text not null,
  -- Whether bodies are opened. Only the tenant itself can ask for that: an operator's order goes through the function below.
  is_open      boolean not null,
  state        text not null default 'waiting' check (state in ('waiting', 'running', 'done', 'failed')),
  -- What was written so far.
  tables       int not null default 0,
  rows         bigint not null default 0,
  bodies       bigint not null default 0,
  -- Below the folder of exports.
  folder       text,
  manifest     text,
  trouble      text,
  ended_at     timestamptz,
  primary key (tenant_id, id)
);
comment on column tenant_export.asked_by is 'personal: online identifier; purpose: accountability; retention: audit';
call protect_table('tenant_export', 'select', 'select, update');
-- Not the rest: who asks says for whom and whether opened, the job says what became of it.
grant insert (tenant_id, id, asked_by, is_open) on tenant_export to gatehouse_app;

create function tenant_order_export(t uuid, export_id uuid, who text) returns boolean
  language plpgsql security definer set search_path = public, pg_temp as
$$
begin
  perform as_operator(t);
  insert into tenant_export (tenant_id, id, asked_by, is_open)
  select id, export_id, who, false from tenant where id = t and state <> 'deleted';
  return found;
end
$$;

create function tenant_exports(t uuid) returns setof tenant_export language plpgsql stable security definer set search_path = public, pg_temp as
$$
begin
  perform as_operator(t);
  return query select * from tenant_export e where e.tenant_id = t order by e.id desc;
end
$$;

-- What a deletion has done so far; stays when everything else is gone.
create table tenant_deletion (
  tenant_id       uuid primary key references tenant (id),
  began_at        timestamptz not null default now(),
  rows            jsonb not null default '{}',
  key_gone_at     timestamptz,
  ended_at        timestamptz
);
call protect_table('tenant_deletion', '', 'select');
create function tenant_deletion_report(t uuid) returns setof tenant_deletion language plpgsql stable security definer set search_path = public, pg_temp as
$$
begin
  perform as_operator(t);
  return query select * from tenant_deletion d where d.tenant_id = t;
end
$$;

-- Every table (and partition) that holds rows of tenants. The audit log stays: it proves what was done, its personal fields
-- are ciphertext, and its keys go with the tenant's.
create function tables_of_tenants() returns setof regclass language sql stable set search_path = public, pg_temp as
$$
  select c.oid::regclass from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
  where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
    and c.relname not in ('tenant_key', 'tenant_deletion') and c.relname not like 'audit\_%'
$$;

-- Destroys one more batch of a tenant whose time has come, its key first, so that what is left is noise from then on. True
-- when nothing is left. Bears to be cut anywhere and called again.
create function tenant_destroy(t uuid, batch int) returns boolean language plpgsql security definer set search_path = public, pg_temp as
$$
declare
  part regclass;
  gone bigint;
  is_clean boolean := true;
begin
  if not exists (select from tenant where id = t and state = 'deleting' and delete_after <= now() for update) then
    raise exception using errcode = 'GHDEL', message = 'this tenant is not to be deleted now';
  end if;
  insert into tenant_deletion (tenant_id) values (t) on conflict do nothing;
  update tenant_key set state = 'destroyed', wrapped = '' where tenant_id = t and state <> 'destroyed';
  update tenant_deletion set key_gone_at = now() where tenant_id = t and key_gone_at is null;
  for part in select * from tables_of_tenants() loop
    begin
      execute format('delete from %s where ctid = any (array(select ctid from %s where tenant_id = $1 limit $2))', part, part)
        using t, batch;
      get diagnostics gone = row_count;
    exception
      -- Another table still speaks of these rows: they go in a later round.
      when foreign_key_violation then
        gone := 0;
        is_clean := false;
    end;
    is_clean := is_clean and gone < batch;
    if gone > 0 then
      update tenant_deletion set rows = rows || jsonb_build_object(part::text, coalesce((rows ->> part::text)::bigint, 0) + gone)
        where tenant_id = t;
    end if;
  end loop;
  if is_clean then
    update tenant_deletion set ended_at = now() where tenant_id = t;
    update tenant set state = 'deleted', state_at = now(), delete_after = null, name = 'deleted-' || replace(t::text, '-', ''),
      location = null where id = t;
  end if;
  return is_clean;
end
$$;

-- ── Where a tenant's data may be ───────────────────────────────────────────────────────────────────────────────────────────
-- A node says its labels on each connection. Rows of work and keys of tenants that are pinned elsewhere do not exist for it.
create function tenants_elsewhere() returns uuid[] language sql stable security definer set search_path = public, pg_temp as
$$
  select coalesce(array_agg(id), '{}') from tenant where location is not null
    and not location = any (string_to_array(coalesce(current_setting('gatehouse.labels', true), ''), ','))
$$;
create function tenants_inactive() returns uuid[] language sql stable security definer set search_path = public, pg_temp as
$$ select coalesce(array_agg(id), '{}') from tenant where state <> 'active' $$;

create policy here on queue as restrictive for all to gatehouse_system
  using (tenant_id <> all ((select tenants_elsewhere())::uuid[]));
create policy here on tenant_key as restrictive for all to gatehouse_system
  using (tenant_id <> all ((select tenants_elsewhere())::uuid[]));
create policy here on dkim_key as restrictive for all to gatehouse_system
  using (tenant_id <> all ((select tenants_elsewhere())::uuid[]));

-- ── Searches ───────────────────────────────────────────────────────────────────────────────────────────────────────────────
-- Under a policy only leakproof conditions may drive an index; lower() is none, `=` on a stored column is.
alter table message
  add column mail_from_lower text not null generated always as (lower(mail_from)) stored,
  add column header_from_lower text generated always as (lower(header_from)) stored;
alter table recipient add column address_lower text not null generated always as (lower(address)) stored;
comment on column message.mail_from_lower is 'personal: address; purpose: tracking; retention: tracking';
comment on column message.header_from_lower is 'personal: address; purpose: tracking; retention: tracking';
comment on column recipient.address_lower is 'personal: address; purpose: tracking; retention: tracking';
drop index message_mail_from, message_header_from, recipient_address, message_subject;
create index message_mail_from on message (tenant_id, mail_from_lower, id desc);
create index message_header_from on message (tenant_id, header_from_lower, id desc);
create index recipient_address on recipient (tenant_id, address_lower, message_id desc);
-- The tenant is a word of its own in the index, so that a search reads nobody else's subjects.
create function subject_words(t uuid, subject text) returns tsvector language sql immutable parallel safe as
$$ select array_to_tsvector(array[t::text]) || to_tsvector('simple'::regconfig, coalesce(subject, '')) $$;
create index message_subject on message using gin (subject_words(tenant_id, subject));

-- The ids of the tenant's messages whose subject has all these words, newest first. The tenant is the one that the
-- connection named, and everything given out passes the same conditions as any search.
create function messages_about(words text, first_id uuid, before_id uuid, wanted_verdict text, message_ids text[],
  sender text, recipient_address text, recipient_domain text, at_most int) returns setof uuid
  language plpgsql stable security definer set search_path = public, pg_temp as
$$
declare
  q tsquery := (quote_literal(current_tenant()::text))::tsquery && plainto_tsquery('simple', words);
begin
  return query execute 'select m.id from message m where m.tenant_id = $1 and subject_words(m.tenant_id, m.subject) @@ $2'
    || case when first_id is null then '' else ' and m.id >= $3' end
    || case when before_id is null then '' else ' and m.id < $4' end
    || case when wanted_verdict is null then '' when wanted_verdict = 'accept' then ' and m.verdict = $5' else ' and m.verdict = $5 and m.verdict <> ''accept''' end
    || case when message_ids is null then '' else ' and m.message_id_header = any ($6)' end
    || case when sender is null then '' else ' and (m.mail_from_lower = $7 or m.header_from_lower = $7)' end
    || case when recipient_address is null then '' else ' and exists (select from recipient r where r.tenant_id = $1 and r.message_id = m.id and r.address_lower = $8)' end
    || case when recipient_domain is null then '' else ' and exists (select from recipient r where r.tenant_id = $1 and r.message_id = m.id and r.domain = $9)' end
    || ' order by m.id desc limit $10'
    using current_tenant(), q, first_id, before_id, wanted_verdict, message_ids, sender, recipient_address, recipient_domain, at_most;
end
$$;

-- ── Who may call what ──────────────────────────────────────────────────────────────────────────────────────────────────────
revoke execute on function tenant_create, tenant_rename, tenant_suspend, tenant_resume, tenant_mark_deleting, tenant_set_quota,
  tenant_set_location, tenant_health, tenant_order_export, tenant_exports, tenant_deletion_report, messages_about,
  count_tenant, tenant_destroy, tables_of_tenants, tenants_elsewhere, tenants_inactive from public;
grant execute on function tenant_create, tenant_rename, tenant_suspend, tenant_resume, tenant_mark_deleting, tenant_set_quota,
  tenant_set_location, tenant_health, tenant_order_export, tenant_exports, tenant_deletion_report, messages_about to gatehouse_app;
grant execute on function count_tenant, tenant_destroy, tenants_elsewhere, tenants_inactive to gatehouse_system;
