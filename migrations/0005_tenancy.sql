-- compatible
-- Tenants are kept apart by the database itself. Three roles: the owner, who brings the schema up to date and does nothing
-- else; gatehouse_app (API, console, command line), which sees the one tenant that its transaction has named; and
-- gatehouse_system (mail processes and periodic jobs), which sees all tenants' rows, but only of the tables its work needs.
-- None of the two owns a table or may bypass row-level security.

do $$
declare
  name text;
begin
  foreach name in array array['gatehouse_app', 'gatehouse_system'] loop
    begin
      execute format('create role %I login nosuperuser nocreatedb nocreaterole nobypassrls', name);
    exception
      -- Roles belong to the whole server: another database of it may have made them already, or be making them now.
      when duplicate_object or unique_violation then null;
    end;
    -- So that an owner who is no superuser can hand its connection over to the role.
    if not pg_has_role(current_user, name, 'member') then
      execute format('grant %I to %I', name, current_user);
    end if;
  end loop;
end
$$;
grant usage on schema public to gatehouse_app, gatehouse_system;

-- The tenant this transaction works for; null, which matches no row, until one was named.
create function current_tenant() returns uuid language sql stable parallel safe as
$$ select nullif(current_setting('gatehouse.tenant', true), '')::uuid $$;

-- The tenant of those who run the installation: its people are operators, its log is the platform's.
create function platform_tenant() returns uuid language sql immutable parallel safe as
$$ select '00000000-0000-7000-8000-000000000000'::uuid $$;
insert into tenant (id, name) values (platform_tenant(), 'platform') on conflict do nothing;

-- Puts a table under row-level security: `app` and `system` are what the two roles may do with it, e.g. 'select, insert',
-- and '' for nothing. Every table that a migration makes goes through here; a test looks for those that did not.
create procedure protect_table(t regclass, app text, system text) language plpgsql as
$$
begin
  execute format('alter table %s enable row level security', t);
  execute format('create policy one_tenant on %s for all to gatehouse_app
    using (tenant_id = (select current_tenant())) with check (tenant_id = (select current_tenant()))', t);
  if app <> '' then execute format('grant %s on %s to gatehouse_app', app, t); end if;
  if system <> '' then
    execute format('create policy all_tenants on %s for all to gatehouse_system using (true) with check (true)', t);
    execute format('grant %s on %s to gatehouse_system', system, t);
  end if;
end
$$;

call protect_table('message', 'select', 'select, insert, update, delete');
call protect_table('recipient', 'select, update', 'select, insert, update, delete');
call protect_table('attempt', 'select', 'select, insert, update, delete');
call protect_table('queue', 'select, insert, update, delete', 'select, insert, update, delete');
call protect_table('audit_event', 'select, insert', 'select, insert');
call protect_table('tenant_key', '', 'select, insert');
call protect_table('dkim_key', 'select, insert, update, delete', 'select, insert, update, delete');
call protect_table('greylist', '', 'select, insert, update, delete');
call protect_table('ldap_source', 'select, insert, update, delete', 'select');
call protect_table('domain', 'select, insert, update, delete', 'select, update');
call protect_table('address', 'select, insert, update, delete', 'select');
call protect_table('sender_login', 'select, insert, update, delete', 'select');
call protect_table('sender_network', 'select, insert, update, delete', 'select');
call protect_table('sender_certificate', 'select, insert, update, delete', 'select');
call protect_table('cloud_pin', 'select, insert, update, delete', 'select');
call protect_table('partner_route', 'select, insert, update, delete', 'select');
call protect_table('destination_rule', 'select, insert, update, delete', 'select');
call protect_table('tenant_settings', 'select, insert, update, delete', 'select');
call protect_table('api_idempotency', 'select, insert, update, delete', 'select, delete');

-- The list of tenants: each sees itself, operators see all names. Changes go through functions of their own.
alter table tenant enable row level security;
create policy one_tenant on tenant for select to gatehouse_app
  using (id = (select current_tenant()) or (select current_tenant()) = platform_tenant());
create policy all_tenants on tenant for select to gatehouse_system using (true);
grant select on tenant to gatehouse_app, gatehouse_system;

-- Which tenant a name means, for those who are just about to name theirs.
create function tenant_named(wanted text) returns uuid language sql stable security definer set search_path = public, pg_temp as
$$ select id from tenant where name = wanted $$;

-- Of the installation, of no tenant.
grant select on migration to gatehouse_app, gatehouse_system;
grant select, update on directory_version to gatehouse_app, gatehouse_system;
grant select, insert, update, delete on instance to gatehouse_system;
grant select, insert, update, delete on sts_policy to gatehouse_system;
grant select, insert, update, delete on periodic_job to gatehouse_system;
grant select on periodic_job to gatehouse_app;

-- Partitions belong to the owner; whoever may ask for room gets it made, and nothing else.
alter function ensure_partitions(int) security definer set search_path = public, pg_temp;
