-- Delivery under faults: the patience of a batch by cause, and each portal's circuit breaker.

alter table delivery_batches
  -- Replies that neither proved nor refused some of its records.
  add column unproved int not null default 0,
  -- Calls that HubSpot failed for reasons of its own: internal errors, gateways, silence.
  add column hard_failures int not null default 0,
  -- Some call of it may have been applied: only the same body again ends in a known state.
  add column maybe_written boolean not null default false;

alter table portals
  -- Failed calls since the last one that HubSpot answered, over all workers.
  add column failures int not null default 0,
  -- How often in a row the breaker opened; above 0 it is open, or half-open once paused_until has passed.
  add column openings int not null default 0,
  -- While somebody makes the one call of a half-open breaker, nobody else does.
  add column probe_until timestamptz,
  -- Records per batch: halved when HubSpot cannot take so much at once, grown back by what it takes.
  add column batch_size int not null default 100;
