-- Write-back: sources are targets beside HubSpot, by their names. Their known states, marks, batches and intents stand in
-- the same tables; a known state of theirs is linked by its mapped record, so one golden record may have several.

-- Each target has a circuit breaker of its own, as portals have: one that is down stops nobody else.
create table targets (
  portal_id bigint not null,
  target text not null,
  paused_until timestamptz,
  pause_reason text,
  -- Failed calls since the last one that it answered, and how often in a row the breaker opened.
  failures int not null default 0,
  openings int not null default 0,
  primary key (portal_id, target)
);

-- A person with two subscriptions: two records of one target that want the same value.
alter table intents drop constraint intents_pkey;
create unique index intents_record on intents (batch_id, golden_id, coalesce(record_id, ''));

alter table deliveries add column target text not null default 'hubspot';

-- Null: HubSpot, or no delivery at all.
alter table problems add column target text;

-- When the read began that brought the payload: a write that was settled after that is newer than it.
alter table staged_records add column read_at timestamptz not null default now();
