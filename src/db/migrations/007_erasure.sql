-- Erased people, and what a read of HubSpot's associations must not undo.

alter table known_associations
  -- When a write of ours settled the pair: a read that began before it knows nothing newer.
  add column settled_at timestamptz;

-- The fact that somebody was erased, without personal data.
create table erasures (
  portal_id bigint not null,
  erasure_id bigint generated always as identity,
  object_type text not null,
  -- Who told it: 'hubspot' is a privacy deletion there.
  told_by text not null default 'hubspot',
  erased_at timestamptz not null default now(),
  -- How many source records were deleted then, and how many were kept out since.
  records int not null,
  dropped bigint not null default 0,
  last_dropped_at timestamptz,
  lifted_at timestamptz,
  lifted_by text,
  note text,
  primary key (portal_id, erasure_id)
);

-- Keyed hashes (HMAC-SHA-256) of what the erased person was known by: identity keys and keys of source records.
create table erased_keys (
  portal_id bigint not null,
  key_hash text not null,
  -- Which secret made the hash: without that very secret nobody could be recognised.
  key_id text not null,
  erasure_id bigint not null,
  primary key (portal_id, key_hash),
  foreign key (portal_id, erasure_id) references erasures on delete cascade
);
create index erased_keys_erasure on erased_keys (portal_id, erasure_id);

-- The secret of a portal where none is configured.
create table erasure_secrets (
  portal_id bigint primary key,
  secret text not null
);
