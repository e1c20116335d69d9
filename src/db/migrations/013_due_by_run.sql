-- A run that waits beside another one looks every moment whether anything of its own is left, among millions of due rows
-- of the other. With the run's id at the end of these indexes it reads them instead of the rows; an index of its own
-- would be as quick, but costs 5% of all staging, and this costs 1%.
drop index staged_due;
create index staged_due on staged_records (portal_id, object_type, lane, due_at, run_id) where due_at is not null;

drop index golden_associations_due;
create index golden_associations_due on golden_associations (portal_id, from_object, to_object, run_id)
  where due and batch_id is null and not parked;
