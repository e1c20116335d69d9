-- The inbox: what HubSpot and source systems told us by webhook, until `receive` has acted on it.

create table inbox_events (
  portal_id bigint not null,
  -- 'hubspot' or a source of the configuration.
  source text not null,
  -- Identity of what happened: a delivery that is repeated is one row (a hash, see src/db/inbox.ts).
  event_key uuid not null,
  -- Order of arrival.
  event_id bigint generated always as identity,
  kind text not null,
  -- What it is about, named as staged records are. For source 'hubspot' the stream is our object type (HubSpot's type
  -- id, such as 2-123, where the receiver knows no name of ours) and the key is HubSpot's record id.
  stream text not null,
  record_key text not null,
  -- Further ids: those of a merge, or the other end of an association. Never a property's value.
  also jsonb not null default '{}',
  -- Source webhooks only: the record itself, emptied when it is settled. HubSpot's events are hints, never data.
  payload jsonb,
  lane smallint not null default 0,
  occurred_at timestamptz not null,
  received_at timestamptz not null default clock_timestamp(),
  settled_at timestamptz,
  primary key (portal_id, event_id),
  unique (portal_id, source, event_key)
);
create index inbox_due on inbox_events (portal_id, lane, event_id) where settled_at is null;
create index inbox_record on inbox_events (portal_id, source, stream, record_key) where settled_at is null;
create index inbox_settled on inbox_events (settled_at) where settled_at is not null;
alter table inbox_events alter column payload set statistics 0;

-- Bumped by every slice that is claimed: an older slice that wakes up late settles nothing.
create table inbox_fences (
  portal_id bigint primary key,
  fence bigint not null default 0
);
