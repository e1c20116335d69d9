-- What a portal's custom object is called in webhooks (`2-123`), where the configuration knows it by its name.
alter table reference_data drop constraint reference_data_kind_check;
alter table reference_data add constraint reference_data_kind_check
  check (kind in ('properties', 'owners', 'pipelines', 'labels', 'typeId'));
