import type { TributaryConfig } from '../config/schema';
import { toStreamMaps } from '../config/toRules';
import type { PlanTarget } from '../db/delivery/planWriteBacks';
import type { PlanInput } from '../db/staging/readPlan';

/** The streams of these objects that take write-backs of a portal's golden records. */
export function planTargets(
  config: TributaryConfig,
  portal: string,
  objects: PlanInput['objects'],
): PlanTarget[] {
  if (config.portals[portal]?.writeBack === false) return [];
  return toStreamMaps(config).flatMap(({ source, stream, objectType, writeBack }) => {
    const rules = objects.find((object) => object.objectType === objectType)?.rules;
    return writeBack && rules ? [{ target: source, stream, rules, fields: writeBack }] : [];
  });
}
