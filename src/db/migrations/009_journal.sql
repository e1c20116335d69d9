-- HubSpot's Webhooks Journal.

-- How far a portal's journal was read, and what its events were worth.
create table journals (
  portal_id bigint primary key,
  -- The last journal file that was taken over; null: none yet.
  read_offset text,
  -- Bumped by every read: an older one that wakes up late commits nothing.
  fence bigint not null default 0,
  events bigint not null default 0,
  -- Events that no webhook had told.
  repairs bigint not null default 0,
  -- When the offset was older than what HubSpot keeps: only an audit finds what lies between.
  gap_at timestamptz,
  read_at timestamptz
);

-- Whether a webhook told what the journal tells.
create index inbox_told on inbox_events (portal_id, stream, record_key, occurred_at) where source = 'hubspot';
