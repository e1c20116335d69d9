-- Audits of HubSpot.

-- What complete list reads of HubSpot found to be other than known: counted per run, object and property, page by page.
create table drift (
  portal_id bigint not null,
  run_id text not null,
  object_type text not null,
  -- 'changed': another value; 'unknown': a record that we did not know; 'missing': one that the list no longer has;
  -- 'returned': an archived one that it has again; 'associations': pairs that lost a label, or all of them.
  kind text not null check (kind in ('changed', 'unknown', 'missing', 'returned', 'associations')),
  -- The property of 'changed', the other object type of 'associations', else ''.
  property text not null default '',
  count bigint not null
);
create index drift_run on drift (portal_id, run_id);
