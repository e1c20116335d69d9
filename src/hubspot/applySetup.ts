import type { HubSpotClient } from './client';
import { HubSpotFailure } from './hubspotFailure';
import type { SetupFault, SetupPlan } from './planSetup';
import { createProperty, createPropertyGroup } from './properties';

export interface SetupResult {
  created: number;
  /** Made by somebody else between planning and applying: success. */
  existed: number;
  /** Refused by HubSpot for good (a missing scope, a definition it does not take). */
  faults: SetupFault[];
}

/**
 * Creates what the plan says, groups first, one call each. A definition that HubSpot refuses for good becomes a
 * fault and the rest goes on; anything else (limits, outages, tokens) throws `HubSpotFailure`, and running
 * again after a new plan continues where it stopped.
 */
export async function applySetup(client: HubSpotClient, plan: SetupPlan): Promise<SetupResult> {
  const result: SetupResult = { created: 0, existed: 0, faults: [] };
  const attempt = async (objectType: string, name: string, create: () => Promise<'created' | 'exists'>) => {
    try {
      result[(await create()) === 'created' ? 'created' : 'existed'] += 1;
    } catch (error) {
      if (!(error instanceof HubSpotFailure) || error.action !== 'defect') throw error;
      result.faults.push({ objectType, property: name, message: error.message, hint: null });
    }
  };
  for (const { objectType, name, label } of plan.groups) {
    await attempt(objectType, name, () => createPropertyGroup(client, objectType, { name, label }));
  }
  for (const { objectType, property } of plan.properties) {
    await attempt(objectType, property.name, () => createProperty(client, objectType, property));
  }
  return result;
}
