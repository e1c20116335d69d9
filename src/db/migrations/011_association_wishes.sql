-- The wish that a change of an association was decided for: one that changes while it is in flight is looked at again.
alter table association_intents
  add column wanted boolean,
  add column labels text[];
