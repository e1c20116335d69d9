-- The inbox takes thousands of rows a second: every index of it must be asked for.

-- Nothing asks by record any more but an erasure, and that only for what sources pushed.
drop index inbox_record;
create index inbox_pushed on inbox_events (portal_id, source, stream, record_key) where source <> 'hubspot';

-- Few events of a portal have the same millisecond; in the order of time the index only grows at its end.
drop index inbox_told;
create index inbox_told on inbox_events (portal_id, occurred_at) where source = 'hubspot';
