-- Reason for length: the first schema as a whole; tables are read side by side.
-- The river's tables. Every key begins with the portal id: nothing of one portal can meet another's.
-- Postgres holds the data, Temporal the progress (DESIGN §1); with Temporal's state deleted these rows suffice.

create table portals (
  portal_id bigint primary key,
  name text not null unique,
  mode text not null default 'hold' check (mode in ('hold', 'live')),
  time_zone text,
  -- The circuit breaker and every other reason to stop calling HubSpot.
  paused_until timestamptz,
  pause_reason text,
  -- `apply` wants a passed check of the very configuration it makes live.
  checked_hash text,
  checked_at timestamptz,
  check_faults jsonb not null default '[]',
  created_at timestamptz not null default now()
);

-- Object configurations are numbered: a row consolidated under another number is due.
create table object_configs (
  portal_id bigint not null,
  object_type text not null,
  config_number int not null,
  config_hash text not null,
  created_at timestamptz not null default now(),
  primary key (portal_id, object_type, config_number)
);

-- What the portal says of itself: properties, owners, pipelines, association labels.
create table reference_data (
  portal_id bigint not null,
  object_type text not null,
  kind text not null check (kind in ('properties', 'owners', 'pipelines', 'labels')),
  body jsonb not null,
  read_at timestamptz not null default now(),
  primary key (portal_id, object_type, kind)
);

-- Runs ------------------------------------------------------------------------------------------------------

create table runs (
  portal_id bigint not null,
  run_id text not null,
  trigger text not null,
  full_read boolean not null,
  sources text[] not null,
  state text not null default 'running'
    check (state in ('running', 'succeeded', 'failed', 'waiting', 'cancelled')),
  reason text,
  started_at timestamptz not null default now(),
  ended_at timestamptz,
  primary key (portal_id, run_id)
);
create index runs_newest on runs (portal_id, started_at desc);

create table run_sources (
  portal_id bigint not null,
  run_id text not null,
  source text not null,
  state text not null default 'pending'
    check (state in ('pending', 'running', 'succeeded', 'failed', 'skipped', 'cancelled')),
  reason text,
  started_at timestamptz,
  ended_at timestamptz,
  primary key (portal_id, run_id, source)
);
create index run_sources_newest on run_sources (portal_id, source, ended_at desc);

-- What happened to records, as entries: concurrent settlements never wait for each other's sums.
create table run_count_entries (
  portal_id bigint not null,
  run_id text not null,
  source text not null,
  object_type text not null,
  status text not null,
  count bigint not null
);
create index run_count_entries_run on run_count_entries (portal_id, run_id);

create view run_counts as
  select portal_id, run_id, source, object_type, status, sum(count)::bigint as count
  from run_count_entries group by portal_id, run_id, source, object_type, status;

-- While a run still reads an object, its bulk delivery waits, so that batches are full and a record is sent
-- once, not once per source. A lease that runs out by itself: a dead run delays delivery, never prevents it.
create table gatherings (
  portal_id bigint not null,
  object_type text not null,
  run_id text not null,
  until timestamptz not null,
  primary key (portal_id, object_type, run_id)
);

-- Extract ---------------------------------------------------------------------------------------------------

create table cursors (
  portal_id bigint not null,
  source text not null,
  stream text not null,
  -- The read in progress: by which run, full or not, and where it stands.
  run_id text,
  full_read boolean not null default false,
  read_number bigint not null default 0,
  position jsonb,
  done boolean not null default true,
  -- What the last completed read left: the `since` of the next incremental one.
  watermark jsonb,
  pending_watermark jsonb,
  -- Bumped by every attempt; a page commits only where the fence is still its own.
  fence bigint not null default 0,
  completed_at timestamptz,
  full_completed_at timestamptz,
  -- For source hubspot: the properties that the last complete list read covered.
  covers text[] not null default '{}',
  primary key (portal_id, source, stream)
);

create table staged_records (
  portal_id bigint not null,
  source text not null,
  stream text not null,
  record_key text not null,
  object_type text not null,
  payload jsonb not null,
  payload_hash text not null,
  changed_at timestamptz,
  staged_at timestamptz not null default now(),
  run_id text,
  gone_at timestamptz,
  gone_action text check (gone_action in ('withdraw', 'archive')),
  due_at timestamptz,
  lane smallint not null default 2,
  primary key (portal_id, source, stream, record_key)
);
create index staged_due on staged_records (portal_id, object_type, lane, due_at) where due_at is not null;

-- The keys a full read has seen, only for streams whose missing records mean something.
create table seen_keys (
  portal_id bigint not null,
  source text not null,
  stream text not null,
  read_number bigint not null,
  record_key text not null,
  primary key (portal_id, source, stream, read_number, record_key)
);

-- Consolidate -----------------------------------------------------------------------------------------------

create table mapped_records (
  portal_id bigint not null,
  source text not null,
  stream text not null,
  record_key text not null,
  object_type text not null,
  fields jsonb not null,
  keys text[] not null,
  golden_id uuid,
  link_rule text,
  linked_at timestamptz,
  config_number int not null,
  primary key (portal_id, source, stream, record_key)
);
create index mapped_golden on mapped_records (portal_id, golden_id) where golden_id is not null;

create table identity_keys (
  portal_id bigint not null,
  object_type text not null,
  key text not null,
  source text not null,
  stream text not null,
  record_key text not null,
  primary key (portal_id, object_type, key, source, stream, record_key)
);

-- Every link that ended, so that a wrong join can be split again.
create table link_history (
  portal_id bigint not null,
  object_type text not null,
  source text not null,
  stream text not null,
  record_key text not null,
  golden_id uuid not null,
  link_rule text,
  linked_at timestamptz,
  unlinked_at timestamptz not null default now()
);
create index link_history_record on link_history (portal_id, source, stream, record_key);

create table record_references (
  portal_id bigint not null,
  source text not null,
  stream text not null,
  record_key text not null,
  object_type text not null,
  to_object text not null,
  to_source text not null,
  to_stream text not null,
  to_key text not null,
  labels text[] not null,
  run_id text,
  primary key (portal_id, source, stream, record_key, to_source, to_stream, to_key)
);
create index record_references_to on record_references (portal_id, to_source, to_stream, to_key);

create table golden_records (
  portal_id bigint not null,
  object_type text not null,
  golden_id uuid not null,
  version bigint not null default 1,
  values jsonb not null,
  origins jsonb not null,
  -- The strongest source among its members: where its deliveries are counted.
  lead_source text not null,
  state text not null default 'live' check (state in ('live', 'archived', 'empty')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (portal_id, object_type, golden_id)
);

create table reviews (
  portal_id bigint not null,
  review_id bigint generated always as identity,
  object_type text not null,
  fingerprint text not null,
  kind text not null,
  reason text not null,
  records jsonb not null,
  record_keys text[] not null,
  golden_ids uuid[] not null,
  run_id text,
  opened_at timestamptz not null default now(),
  closed_at timestamptz,
  decision text,
  primary key (portal_id, review_id)
);
create unique index reviews_open on reviews (portal_id, object_type, fingerprint) where closed_at is null;
create index reviews_records on reviews using gin (record_keys) where closed_at is null;

-- Deliver ---------------------------------------------------------------------------------------------------

-- What the target is known to hold, from its own replies and reads.
create table known_states (
  portal_id bigint not null,
  target text not null default 'hubspot',
  object_type text not null,
  record_id text not null,
  golden_id uuid,
  kept jsonb not null,
  sent jsonb not null default '{}',
  record_updated_at timestamptz,
  read_at timestamptz not null default now(),
  settled_at timestamptz,
  archived boolean not null default false,
  primary key (portal_id, target, object_type, record_id)
);
-- One to one: a HubSpot record belongs to at most one golden record, and the reverse.
create unique index known_states_golden on known_states (portal_id, target, object_type, golden_id)
  where golden_id is not null;

-- Marks, not bodies: one row per golden record and target that may differ from what the target holds.
create table outbox (
  portal_id bigint not null,
  target text not null default 'hubspot',
  object_type text not null,
  golden_id uuid not null,
  lane smallint not null default 2,
  due_at timestamptz not null default now(),
  not_before timestamptz,
  run_id text,
  lead_source text not null,
  batch_id bigint,
  -- How often HubSpot named another owner of a key of it; bounded, then it is a problem.
  conflicts smallint not null default 0,
  -- A parked mark waits for a person or a change: its record is a problem.
  parked boolean not null default false,
  primary key (portal_id, target, object_type, golden_id)
);
create index outbox_due on outbox (portal_id, target, object_type, lane, due_at)
  where batch_id is null and not parked;
create index outbox_batch on outbox (batch_id) where batch_id is not null;
create index outbox_run on outbox (portal_id, run_id);

create sequence fences;

create table delivery_batches (
  batch_id bigint generated always as identity primary key,
  portal_id bigint not null,
  target text not null default 'hubspot',
  kind text not null check (kind in ('records', 'associations')),
  object_type text not null,
  to_object text,
  operation text not null check (operation in ('create', 'update', 'archive', 'associate', 'dissociate')),
  lane smallint not null,
  fence bigint,
  expires_at timestamptz,
  split_from bigint,
  attempts int not null default 0,
  not_before timestamptz,
  created_at timestamptz not null default now()
);
create index delivery_batches_portal on delivery_batches (portal_id, kind, created_at);

-- Frozen changes of claimed records: the same body on every retry.
create table intents (
  batch_id bigint not null references delivery_batches on delete cascade,
  golden_id uuid not null,
  portal_id bigint not null,
  object_type text not null,
  record_id text,
  properties jsonb not null,
  before jsonb not null,
  golden_version bigint not null,
  run_id text,
  lead_source text not null,
  primary key (batch_id, golden_id)
);

-- What was written, record by record: before, after, and what HubSpot acknowledged.
create table deliveries (
  portal_id bigint not null,
  delivery_id bigint generated always as identity,
  run_id text,
  object_type text not null,
  golden_id uuid not null,
  record_id text not null,
  operation text not null,
  before jsonb not null,
  after jsonb not null,
  acknowledged jsonb not null,
  record_updated_at timestamptz,
  settled_at timestamptz not null default now(),
  primary key (portal_id, delivery_id)
);
create index deliveries_golden on deliveries (portal_id, object_type, golden_id);

-- Associations ----------------------------------------------------------------------------------------------

create table golden_associations (
  portal_id bigint not null,
  from_object text not null,
  from_golden uuid not null,
  to_object text not null,
  to_golden uuid not null,
  labels text[] not null,
  wanted boolean not null,
  due boolean not null default true,
  run_id text,
  lead_source text not null,
  batch_id bigint,
  parked boolean not null default false,
  primary key (portal_id, from_object, from_golden, to_object, to_golden)
);
create index golden_associations_due on golden_associations (portal_id, from_object, to_object)
  where due and batch_id is null and not parked;
create index golden_associations_to on golden_associations (portal_id, to_object, to_golden);
create index golden_associations_batch on golden_associations (batch_id) where batch_id is not null;

-- Frozen association changes, as intents are for records.
create table association_intents (
  batch_id bigint not null references delivery_batches on delete cascade,
  portal_id bigint not null,
  from_object text not null,
  from_golden uuid not null,
  to_object text not null,
  to_golden uuid not null,
  from_id text not null,
  to_id text not null,
  -- What is sent, and which of it is ours; both as 'CATEGORY:typeId'.
  types text[] not null,
  ours text[] not null,
  run_id text,
  lead_source text not null,
  primary key (batch_id, from_golden, to_golden)
);

create table known_associations (
  portal_id bigint not null,
  from_object text not null,
  from_id text not null,
  to_object text not null,
  to_id text not null,
  -- All types HubSpot has on the pair, as 'CATEGORY:typeId', and those that we wrote.
  types text[] not null,
  ours text[] not null default '{}',
  primary key (portal_id, from_object, from_id, to_object, to_id)
);

-- Problems --------------------------------------------------------------------------------------------------

create table problems (
  portal_id bigint not null,
  problem_id bigint generated always as identity,
  stage text not null check (stage in ('extract', 'consolidate', 'deliver', 'associate')),
  kind text not null,
  object_type text,
  source text,
  stream text,
  record_key text,
  golden_id uuid,
  field text,
  reason text not null,
  -- Identity of an open problem: the same fault of the same record is one row.
  fingerprint text not null,
  run_id text,
  opened_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  closed_at timestamptz,
  closed_by text,
  primary key (portal_id, problem_id)
);
create unique index problems_open on problems (portal_id, fingerprint) where closed_at is null;
create index problems_record on problems (portal_id, source, stream, record_key) where closed_at is null;
create index problems_golden on problems (portal_id, object_type, golden_id) where closed_at is null;

-- Quota -----------------------------------------------------------------------------------------------------

create table quota_buckets (
  portal_id bigint not null,
  bucket text not null check (bucket in ('burst', 'search', 'associations', 'daily')),
  calls_max int not null,
  -- The configured ceiling, where fewer calls than HubSpot grants shall be used.
  calls_cap int,
  window_ms int not null,
  next_slot_at timestamptz not null default now(),
  used bigint not null default 0,
  resets_at timestamptz,
  updated_at timestamptz not null default now(),
  primary key (portal_id, bucket)
);

create table quota_leases (
  lease_id bigint generated always as identity primary key,
  portal_id bigint not null,
  bucket text not null,
  lane smallint not null,
  slots int not null,
  spent int not null default 0,
  starts_at timestamptz not null,
  interval_ms double precision not null,
  expires_at timestamptz not null
);
create index quota_leases_expiry on quota_leases (expires_at);

-- API -------------------------------------------------------------------------------------------------------

create table api_tokens (
  token_hash text primary key,
  name text not null,
  created_at timestamptz not null default now()
);
