-- The quota: a slot gets its time when it is spent, just before the call, and what was spent is kept for a while.

alter table quota_buckets
  -- Calls per window that somebody else takes of the same budget, as seen at foreign_at; it fades by itself.
  add column foreign_calls float8 not null default 0,
  add column foreign_at timestamptz not null default now(),
  -- When HubSpot last told this limit. A daily limit that was never told (OAuth apps have none) stops nobody.
  add column told_at timestamptz,
  -- HubSpot refused a call: no slot before this, whatever the timeline says.
  add column blocked_until timestamptz;

-- Every slot spent, at the time planned for its call.
create table quota_spent (
  spent_id bigint generated always as identity primary key,
  portal_id bigint not null,
  bucket text not null,
  lane smallint not null,
  starts_at timestamptz not null
);
create index quota_spent_window on quota_spent (portal_id, bucket, starts_at);
create index quota_leases_bucket on quota_leases (portal_id, bucket);

create function quota_ms(ms float8) returns interval language sql immutable as $$
  select make_interval(secs => ms / 1000)
$$;

-- The share that is left of what was seen `since` then; never so little that exp() fails.
create function quota_fading(since timestamptz, at timestamptz, over_ms float8) returns float8
language sql immutable as $$
  select exp(greatest(-50, least(0, -extract(epoch from at - since)::float8 * 1000 / over_ms)))
$$;

-- What others take: without news it is forgotten within some ten windows.
create function quota_foreign(b quota_buckets, at timestamptz) returns float8 language sql immutable as $$
  select b.foreign_calls * quota_fading(b.foreign_at, at, 10.0 * b.window_ms)
$$;

-- Calls of a window that are never planned. Calls arrive a little unevenly, HubSpot counts arrivals, and urgent calls
-- go at once: 5 of 190, so that 97% are used (facts 2.4: the window's algorithm is not published).
create function quota_spare(usable float8) returns float8 language sql immutable as $$
  select greatest(1, ceil(usable * 0.026))::float8
$$;

-- Milliseconds between two planned calls.
create function quota_gap_ms(b quota_buckets, at timestamptz) returns float8 language sql immutable as $$
  select b.window_ms / greatest(usable - quota_spare(usable), 1)
  from (select greatest(b.calls_max - quota_foreign(b, at), 1)::float8 as usable) as ours
$$;

-- The next midnight of the account, where HubSpot's daily counter starts anew (facts 2.1).
create function quota_day_end(of_portal bigint, at timestamptz) returns timestamptz language plpgsql stable as $$
declare
  zone text := coalesce((select time_zone from portals where portal_id = of_portal), 'UTC');
begin
  return (date_trunc('day', at at time zone zone) + interval '1 day') at time zone zone;
exception when invalid_parameter_value then
  -- A zone that this server does not know must not stop all calls.
  return (date_trunc('day', at at time zone 'UTC') + interval '1 day') at time zone 'UTC';
end $$;

-- Until when a caller that must leave `kept_share` of the day to others has to wait; null: it may go on.
create function quota_day_stop(of_portal bigint, kept_share float8, at timestamptz) returns timestamptz
language sql stable as $$
  select resets_at from quota_buckets
  where portal_id = of_portal and bucket = 'daily' and kept_share > 0 and resets_at > at
    and (told_at is not null or calls_cap is not null) and calls_max - used <= calls_max * kept_share
$$;

-- Spends the next slot of a bucket, or says how long to wait before asking again. The bucket's row is locked first, so
-- that all workers on all machines stand in one queue; the statements below then see all that was spent before.
--
-- next_slot_at is the timeline: evenly spaced slots. Bulk (lane 2) is given a slot only shortly before its time, so an
-- urgent call (lane 0), which may go up to the spare before its slot, hardly ever waits, and what it takes pushes the
-- next slots of all others back. Partner (lane 1) asks a little earlier than bulk. Independent of the timeline, no
-- window ever holds more than the limit less a part of the spare: so a limit that shrank, or calls caught up after a
-- stall, break nothing.
create function quota_take_slot(
  of_portal bigint, of_bucket text, for_lane int, of_lease bigint, kept_share float8, given_now timestamptz)
returns table (taken_id bigint, wait_ms float8, late_ms_max float8, resume_at timestamptz)
language plpgsql as $$
declare
  b quota_buckets;
  clock timestamptz;
  usable float8;
  spare float8;
  gap_ms float8;
  spare_ms float8;
  ahead_ms float8;
  slot timestamptz;
  start timestamptz;
  bound int;
  leaves timestamptz;
begin
  -- What a crash of the server forgets here was followed by the crash itself: longer than any slot.
  perform set_config('synchronous_commit', 'off', true);
  select * into b from quota_buckets where portal_id = of_portal and bucket = of_bucket for update;
  if not found then return; end if;
  clock := coalesce(given_now, clock_timestamp());
  resume_at := quota_day_stop(of_portal, kept_share, clock);
  if resume_at is not null then
    wait_ms := extract(epoch from resume_at - clock) * 1000;
    return next;
    return;
  end if;

  usable := greatest(b.calls_max - quota_foreign(b, clock), 1);
  spare := quota_spare(usable);
  gap_ms := quota_gap_ms(b, clock);
  spare_ms := spare * gap_ms;
  ahead_ms := spare_ms / 4 + (2 - for_lane) * gap_ms;
  -- Slots that nobody took are lost, but for the last few: a short stall is caught up.
  slot := greatest(b.next_slot_at, clock - quota_ms(spare_ms));
  start := greatest(clock, slot - quota_ms(case for_lane when 0 then spare_ms else 0 end), b.blocked_until);
  -- One more than is planned, so that a call that came late does not hold back those of all later windows.
  bound := greatest(1, floor(usable) - greatest(1, case for_lane when 0 then ceil(spare / 2) else spare - 1 end));
  -- No limit of HubSpot is near this; what is not counted costs nothing where tests lift the limit.
  if bound <= 5000 then
    select starts_at into leaves from quota_spent
    where portal_id = of_portal and bucket = of_bucket and starts_at > start - quota_ms(b.window_ms)
    order by starts_at desc offset bound - 1 limit 1;
    start := greatest(start, leaves + quota_ms(b.window_ms));
  end if;

  wait_ms := extract(epoch from start - clock) * 1000;
  if wait_ms > ahead_ms then
    wait_ms := wait_ms - ahead_ms;
    return next;
    return;
  end if;
  late_ms_max := spare_ms / 2;
  update quota_buckets set next_slot_at = slot + quota_ms(gap_ms), used = used + 1
  where portal_id = of_portal and bucket = of_bucket;
  update quota_buckets set
    used = case when resets_at <= clock then 1 else used + 1 end,
    resets_at = case when resets_at > clock then resets_at else quota_day_end(of_portal, clock) end
  where portal_id = of_portal and bucket = 'daily';
  update quota_leases set spent = spent + 1 where lease_id = of_lease and spent < slots and expires_at > clock;
  insert into quota_spent (portal_id, bucket, lane, starts_at) values (of_portal, of_bucket, for_lane, start)
  returning spent_id into taken_id;
  return next;
end $$;
