import { patched } from '@temporalio/workflow';
import { prompt } from './activityProxies';
import type {
  CheckPortalResult,
  PortalInput,
  SetupPortalResult,
  UninstallPortalInput,
  UninstallPortalResult,
} from './contracts';

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

/** Histories from before it take out whichever installation they find, also one that was made since. */
const meantInstallationPatch = 'meant-installation';

/** Uninstalls the app by which a portal is connected, and forgets its tokens. */
export async function uninstallPortal(input: UninstallPortalInput = {}): Promise<UninstallPortalResult> {
  const meant =
    input.installation === undefined && patched(meantInstallationPatch)
      ? await prompt('see which installation is meant').findInstallation(input)
      : {};
  return prompt('uninstall the app, forget its tokens').uninstallPortal({ ...input, ...meant });
}
