-- What people decide: problems retried and dismissed, and who is who.

alter table problems
  -- The other end of an association that failed.
  add column to_golden uuid,
  -- What HubSpot refused, as it was sent.
  add column sent jsonb,
  add column retried_at timestamptz,
  add column note text,
  add column closed_who text,
  -- Of a dismissed problem: the data and the reason for which it was dismissed (problem_evidence).
  add column evidence text;
create index problems_dismissed on problems (portal_id, fingerprint) where closed_by = 'dismissed';

-- What a problem rests on: its reason, and its record's payload or its golden record's values. A dismissed problem
-- stays closed while this is the same.
create function problem_evidence(portal bigint, source text, stream text, record_key text, object_type text,
  golden_id uuid, reason text) returns text language sql stable as $$
  select md5(concat_ws(chr(31), $7, case
    when $4 is not null then (select s.payload_hash from staged_records s
      where s.portal_id = $1 and s.source = $2 and s.stream = $3 and s.record_key = $4)
    else (select md5(g.values::text) from golden_records g
      where g.portal_id = $1 and g.object_type = $5 and g.golden_id = $6) end))
$$;

alter table reviews
  -- The records of each cluster that the question is about, what is in doubt first: lists of {source, stream, key}.
  add column parts jsonb not null default '[]',
  add column decided_at timestamptz;

-- Decisions about who is who, remembered until another one contradicts them. Records as in reviews.record_keys.
create table identity_decisions (
  portal_id bigint not null,
  decision_id bigint generated always as identity,
  object_type text not null,
  kind text not null check (kind in ('together', 'apart')),
  -- 'together' with a HubSpot record on the right: what is on the left leaves the one that it is linked to.
  moves boolean not null default false,
  left_keys text[] not null,
  right_keys text[] not null,
  review_id bigint,
  who text not null,
  note text,
  decided_at timestamptz not null default now(),
  superseded_at timestamptz,
  primary key (portal_id, decision_id)
);
create index identity_decisions_records on identity_decisions using gin ((left_keys || right_keys))
  where superseded_at is null;
create index identity_decisions_object on identity_decisions (portal_id, object_type) where superseded_at is null;
