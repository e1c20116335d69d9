-- Delivery follows what people do in HubSpot.

alter table known_states
  -- HubSpot has merged it into this record. A golden record still linked to it lost the record that it was to another
  -- golden record: a person decides whether they are one.
  add column merged_into text;
create index known_states_merged on known_states (portal_id, object_type, merged_into) where merged_into is not null;
