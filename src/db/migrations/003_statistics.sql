-- Documents are never compared by their values: without them an ANALYZE of a growing table costs a fraction.
alter table staged_records alter column payload set statistics 0;
alter table mapped_records alter column fields set statistics 0;
alter table mapped_records alter column keys set statistics 0;
alter table golden_records alter column values set statistics 0;
alter table golden_records alter column origins set statistics 0;
alter table known_states alter column kept set statistics 0;
alter table known_states alter column sent set statistics 0;
alter table deliveries alter column before set statistics 0;
alter table deliveries alter column after set statistics 0;
alter table deliveries alter column acknowledged set statistics 0;
alter table intents alter column properties set statistics 0;
alter table intents alter column before set statistics 0;
