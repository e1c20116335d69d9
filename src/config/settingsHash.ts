import { createHash } from 'node:crypto';
import { configHash } from './configHash';
import { customPropertiesOf } from './customProperties';
import type { TributaryConfig } from './schema';

/** A hash over everything that `check` looks at; `apply` wants a passed check of the very same configuration. */
export function settingsHash(config: TributaryConfig): string {
  const hash = createHash('sha256');
  for (const objectType of Object.keys(config.objects).sort()) {
    hash.update(`${objectType}:${configHash(config, objectType)}:`);
    hash.update(JSON.stringify(customPropertiesOf(config, objectType)));
  }
  return hash.digest('hex');
}
