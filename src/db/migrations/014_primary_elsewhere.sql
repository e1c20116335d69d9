-- A record has one primary company, whichever side says so.

alter table golden_associations
  -- It is wished as the primary one, and a stronger wish goes to another company: it is associated without.
  add column primary_elsewhere boolean not null default false;
