import { oauthAppsOf, type OAuthAppSettings } from '../../config/oauthApp';
import type { TributaryConfig } from '../../config/schema';
import type { SecretReaders } from '../../config/secrets';
import { connectApp, type OAuthApp } from '../../hubspot/oauth';

/** A portal's app with the way to HubSpot's token endpoint. */
export type InstallableApp = Omit<OAuthAppSettings, 'clientSecret'> & OAuthApp;

/** A person waits in front of the browser. */
const tokenCallMs = 15_000;

/** The apps of all portals that are connected by one. */
export function installableApps(config: TributaryConfig, readers: SecretReaders): InstallableApp[] {
  return oauthAppsOf(config, readers).map((app) =>
    connectApp(
      { ...app, clientSecret: app.clientSecret.reveal() },
      { baseUrl: app.baseUrl, deadlineMs: tokenCallMs },
    ),
  );
}
