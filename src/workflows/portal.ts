import { prompt } from './activityProxies';
import type { CheckPortalResult, PortalInput, SetupPortalResult } from './contracts';

/** Creates `tributary_id` and the configured custom properties where missing, and says what it did. */
export async function setupPortal(input: PortalInput = {}): Promise<SetupPortalResult> {
  const result = await prompt.setUpPortal(input);
  await prompt.connectPortal(input);
  return result;
}

/** Compares the field maps with the portal's real properties and stores the verdict that `apply` wants. */
export async function checkPortal(input: PortalInput = {}): Promise<CheckPortalResult> {
  await prompt.connectPortal(input);
  return prompt.checkPortal(input);
}
