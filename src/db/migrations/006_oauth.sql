-- OAuth: installations that have begun, and each portal's tokens, sealed.

create table oauth_states (
  state_hash text primary key,
  portal text not null,
  -- SHA-256 of a cookie of the browser that began: another browser cannot end it.
  browser_hash text not null,
  expires_at timestamptz not null
);
create index oauth_states_expiry on oauth_states (expires_at);

create table oauth_tokens (
  portal_id bigint primary key,
  -- Of the app that they were granted to: with another app they are worthless.
  client_id text not null,
  scopes text[] not null,
  -- Sealed, see src/db/sealing.ts; null once the installation is gone.
  access_token text,
  refresh_token text,
  -- When the access token ends, and from when on it is to be refreshed.
  expires_at timestamptz not null,
  refresh_at timestamptz not null,
  -- Counts every change of the tokens.
  generation bigint not null default 1,
  -- Who refreshes, and until when nobody else may.
  refresh_fence bigint not null default 0,
  refreshing_until timestamptz,
  -- Refreshes in a row that brought nothing, and when the next one may be.
  failures int not null default 0,
  retry_at timestamptz,
  -- The generation whose access token HubSpot refused before its end.
  refused_generation bigint,
  revoked_at timestamptz,
  installed_at timestamptz not null default now(),
  refreshed_at timestamptz not null default now()
);
