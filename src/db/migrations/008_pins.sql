-- Ownership: who changed what in HubSpot, and which edits count for how long.

-- The newest value of properties that others than us changed, as HubSpot's history tells it: who and when.
alter table known_states add column edits jsonb not null default '{}';
alter table known_states alter column edits set statistics 0;

-- How HubSpot's history names our own calls, learned from the history of our own property.
create table own_writers (
  portal_id bigint not null,
  writer text not null,
  learned_at timestamptz not null default now(),
  primary key (portal_id, writer)
);

-- Edits of fields that sources own: one row each, for good, so that an edit is decided on once.
create table pins (
  portal_id bigint not null,
  pin_id bigint generated always as identity,
  object_type text not null,
  golden_id uuid not null,
  record_id text not null,
  property text not null,
  -- '' where it was cleared.
  value text not null,
  set_by text not null check (set_by in ('person', 'integration')),
  -- The writer as HubSpot's history names it.
  writer text not null,
  -- HubSpot's own time of the edit.
  set_at timestamptz not null,
  state text not null check (state in ('pinned', 'review', 'ended')),
  pin_for_ms bigint,
  expires_at timestamptz,
  opened_at timestamptz not null default now(),
  ended_at timestamptz,
  ended_by text check (ended_by in ('sourceChanged', 'expired', 'replaced', 'lifted', 'decided')),
  -- Who lifted it or decided on it, and why.
  who text,
  note text,
  primary key (portal_id, pin_id),
  check ((state = 'ended') = (ended_at is not null))
);
create unique index pins_edit on pins (portal_id, object_type, record_id, property, set_at);
create index pins_golden on pins (portal_id, object_type, golden_id);
create index pins_expiry on pins (expires_at) where state = 'pinned' and expires_at is not null;
create index pins_open on pins (portal_id, pin_id) where state <> 'ended';

alter table reviews
  -- The edit that the question is about.
  add column pin_id bigint;
