-- Lanes that failed for good, for the runs that wait for them: a person must mend something. Names and plain words only.
create table lane_stops (
  portal_id bigint not null,
  activity text not null,
  -- What the lane is for: an object type, an urgency, a source that takes write-backs.
  subject text not null,
  reason text not null,
  stopped_at timestamptz not null default now(),
  primary key (portal_id, activity, subject)
);
