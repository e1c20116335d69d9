import type { TributaryConfig } from '../../config/schema';
import { propertiesOf } from '../../config/toRules';
import { CliFailure } from '../cliFailure';
import type { StartScene } from './startOptions';
import type { Target } from './target';

/**
 * Subscribes the API to the simulator's webhooks, as a person does in the app at HubSpot: all that happens to records,
 * and the changes of the properties that the configuration uses.
 */
export async function tellSimulator(
  { env, urls }: StartScene,
  config: TributaryConfig,
  { clientSecretVariables }: Target,
): Promise<void> {
  const clientSecret = clientSecretVariables.map((name) => env[name]).find(Boolean);
  if (clientSecret === undefined) return;
  const properties = [
    ...new Set(Object.keys(config.objects).flatMap((objectType) => propertiesOf(config, objectType))),
  ];
  const reply = await fetch(`${env['HUBSPOT_BASE_URL']}/_simulator/settings`, {
    method: 'POST',
    body: JSON.stringify({ webhooks: { url: `${urls['API']}/webhooks/hubspot`, clientSecret, properties } }),
  });
  if (!reply.ok) throw new CliFailure(`the simulator refuses its webhook settings: ${await reply.text()}`, 1);
}
