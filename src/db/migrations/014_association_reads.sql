-- Reads of HubSpot's associations have an order, as those of records have.

-- When the read began that told the associations of a record with one object type: one that began earlier and is stored
-- later knows nothing newer. A row of its own, for a read that found none leaves nothing else behind.
create table association_reads (
  portal_id bigint not null,
  from_object text not null,
  from_id text not null,
  to_object text not null,
  read_at timestamptz not null,
  primary key (portal_id, from_object, from_id, to_object)
);
alter table association_reads alter column from_id set statistics 0;
