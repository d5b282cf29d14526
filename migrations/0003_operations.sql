-- compatible
-- What an operator steers (destinations, a tenant's ways of delivery, keys in DNS) and what happens by itself.

alter table destination_rule
  drop constraint destination_rule_state_check,
  -- `pause` keeps mail in the queue, `hold` takes it out until somebody decides, `reroute` sends it to the hop_* below.
  add constraint destination_rule_state_check check (state in ('normal', 'pause', 'hold', 'reroute')),
  -- The state is over then; null for until further notice.
  add column state_until      timestamptz,
  -- For those who wonder why mail waits.
  add column reason           text,
  -- What we call ourselves when we send from the source addresses.
  add column helo_name        text,
  add column hop_host         text,
  add column hop_port         int check (hop_port between 1 and 65535),
  add column hop_protocol     text check (hop_protocol in ('smtp', 'lmtp')),
  add column hop_tls          tls_demand,
  add column hop_fingerprints text[],
  add column hop_ca_pem       text,
  add constraint destination_rule_hop check
    ((state = 'reroute') = (hop_host is not null and hop_port is not null and hop_protocol is not null and hop_tls is not null));

-- How a tenant's mail is delivered; null means the product's default.
create table tenant_settings (
  tenant_id            uuid primary key references tenant (id),
  -- Seconds to wait after the first, second, … failure; the last one repeats.
  retry_waits_s        int[],
  -- After this the sender is told that the message failed; reports of ours are given up after the second.
  max_age_s            int check (max_age_s > 0),
  bounce_max_age_s     int check (bounce_max_age_s > 0),
  -- Ages at which the sender is told that the message is late.
  delay_notices_s      int[],
  source_ip4           text,
  source_ip6           text,
  helo_name            text
);
create trigger tenant_settings_changed after insert or update or delete on tenant_settings
  for each statement execute function directory_changed();

-- Set while a recipient is held because its destination is, so that those alone go on when the destination does.
alter table recipient add column held_for text check (held_for in ('destination'));

alter table dkim_key
  -- When DNS was first seen to show the record as it must be; null while it does not.
  add column seen_at    timestamptz,
  -- What DNS said when it was last asked: `right`, `missing`, or what is wrong.
  add column dns_says   text,
  add column checked_at timestamptz;

create function dkim_changed() returns trigger language plpgsql as
$$
begin
  perform pg_notify('dkim', '');
  return null;
end
$$;
-- Only what decides about signing: looking into DNS is no news to those who sign.
create trigger dkim_key_changed after insert or delete or update of state on dkim_key
  for each statement execute function dkim_changed();

-- When each periodic job of the installation ran and is due again; the advisory lock (2, hashtext(name)) is held by who runs it.
create table periodic_job (
  name        text primary key,
  next_at     timestamptz not null,
  started_at  timestamptz,
  ended_at    timestamptz,
  -- Failures in a row.
  failures    int not null default 0,
  last_error  text
);
