import { prompt } from './activityProxies';
import type { CheckPortalResult, PortalInput, SetupPortalResult, UninstallPortalResult } from './contracts';

const connecting = 'read whose portal the token opens, and its definitions';

/** Creates `tributary_id` and the configured custom properties where missing, and says what it did. */
export async function setupPortal(input: PortalInput = {}): Promise<SetupPortalResult> {
  const result = await prompt('create what is missing in the portal').setUpPortal(input);
  await prompt(connecting).connectPortal(input);
  return result;
}

/** Compares the field maps with the portal's real properties and stores the verdict that `apply` wants. */
export async function checkPortal(input: PortalInput = {}): Promise<CheckPortalResult> {
  await prompt(connecting).connectPortal(input);
  return prompt('compare the field maps with the portal').checkPortal(input);
}

/** Uninstalls the app by which a portal is connected, and forgets its tokens. */
export async function uninstallPortal(input: PortalInput = {}): Promise<UninstallPortalResult> {
  return prompt('uninstall the app, forget its tokens').uninstallPortal(input);
}
