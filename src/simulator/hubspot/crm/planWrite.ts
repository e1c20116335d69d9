import { lifecycleStages } from '../account/catalog';
import { checkPipeline } from '../account/pipelineRules';
import type { Portal } from '../portal';
import { invalid, malformed, Rejected, type Rejection } from '../rejection';
import { uniqueKey, type ObjectTable, type StoredRecord } from './recordTable';
import type { Switches } from '../switches';
import { uniqueConflict } from './uniqueConflict';
import { brokenRule } from '../account/validationRules';
import { checkValue } from './values';

/** Values ready to be stored, and the secondary e-mails where they change. */
export interface PlannedWrite {
  properties: Record<string, string>;
  emails?: string[];
}

/** What the earlier inputs of a batch take and give up: unique key to owner, null when it is free again. */
export type Overlay = Map<string, string | null>;

/** Where a write happens. `enforceRules`: only dated 2026-09 paths enforce validation rules (facts 1.4). */
export interface WriteScene {
  portal: Portal;
  table: ObjectTable;
  switches: Switches;
  overlay: Overlay;
  enforceRules: boolean;
  random: () => number;
}

/** One value that HubSpot refuses. */
export interface Problem {
  name: string;
  code: string;
  message: string;
}

/** A JSON value as HubSpot reads it into a map of strings; null clears. Arrays and objects are malformed JSON. */
function toText(raw: unknown): string {
  if (typeof raw === 'string') return raw;
  if (raw === null) return '';
  if (typeof raw === 'number' || typeof raw === 'boolean') return String(raw);
  const kind = Array.isArray(raw) ? 'Array' : 'Object';
  throw new Rejected(malformed(`Cannot deserialize value of type \`java.lang.String\` from ${kind} value`));
}

/**
 * Checks what one input wants to write to `record` (undefined: a new one). `self` names the record in the
 * overlay. Nothing is changed but the overlay, and that only on success.
 */
export function planWrite(
  scene: WriteScene,
  record: StoredRecord | undefined,
  raw: Record<string, unknown>,
  self: string,
): PlannedWrite | Rejection {
  const { table } = scene;
  const properties: Record<string, string> = {};
  const problems: Problem[] = [];
  for (const name of Object.keys(raw)) {
    const found = planValue(scene, name, toText(raw[name]), record?.properties[name] ?? '');
    if (typeof found === 'string') properties[name] = found;
    else problems.push(found);
  }
  problems.push(...checkPipeline(scene.portal, table, record, properties));
  if (problems.length > 0) return invalidValues(problems, scene.portal.portalId);
  if (!record) {
    const missing = missingProperties(table, properties);
    if (missing) return missing;
  }
  keepLifecycleStage(record, properties);
  return planUnique(scene, record, properties, self);
}

function planValue(scene: WriteScene, name: string, text: string, held: string): string | Problem {
  const property = scene.table.properties.get(name);
  if (!property || property.archived) {
    return { name, code: 'PROPERTY_DOESNT_EXIST', message: `Property "${name}" does not exist` };
  }
  if (property.modificationMetadata.readOnlyValue) {
    const kind = property.calculated ? 'calculated' : 'read only';
    return {
      name,
      code: 'READ_ONLY_VALUE',
      message: `"${name}" is a ${kind} property; its value cannot be set.`,
    };
  }
  if (text === '') return '';
  const checked = checkValue(property, text, held, { owners: scene.portal.owners, switches: scene.switches });
  if ('code' in checked) return { name, ...checked };
  const rules = scene.enforceRules ? scene.portal.rules.get(`${scene.table.typeId}/${name}`) : undefined;
  const broken = rules && brokenRule(rules, checked.value);
  return broken === undefined ? checked.value : { name, code: 'VALIDATION_RULE', message: broken };
}

/** HubSpot embeds the list of problems as JSON in the message (facts 3.5). */
function invalidValues(problems: Problem[], portalId: number): Rejection {
  const inner = problems.map(({ name, code, message }) => ({
    isValid: false,
    message,
    error: code,
    name,
    localizedErrorMessage: message,
    portalId,
  }));
  return {
    ...invalid(`Property values were not valid: ${JSON.stringify(inner)}`),
    errors: problems.map(({ name, code, message }) => ({ message, code, context: { propertyName: [name] } })),
  };
}

function missingProperties(table: ObjectTable, properties: Record<string, string>): Rejection | undefined {
  const has = (name: string): boolean => (properties[name] ?? '') !== '';
  const oneOf: Record<string, string[]> = {
    '0-1': ['email', 'firstname', 'lastname'],
    '0-2': ['name', 'domain'],
  };
  const allOf: Record<string, string[]> = {
    '0-3': ['dealname', 'dealstage'],
    '0-5': ['subject', 'hs_pipeline_stage'],
  };
  const choice = oneOf[table.typeId];
  const missing = (allOf[table.typeId] ?? table.requiredProperties).filter((name) => !has(name));
  if (choice && !choice.some(has)) missing.push(...choice);
  if (missing.length === 0) return undefined;
  const message = `Error creating ${table.singular.toUpperCase()}. Some required properties were not set.`;
  return {
    ...invalid(message, { properties: missing }),
    errors: [{ message, code: 'REQUIRED_FIELD', context: { properties: missing } }],
  };
}

/** A step back is accepted and not done: HubSpot keeps the value it has (facts 6). */
function keepLifecycleStage(record: StoredRecord | undefined, properties: Record<string, string>): void {
  const wanted = properties['lifecyclestage'] ?? '';
  const held = record?.properties['lifecyclestage'] ?? '';
  if (wanted === '' || held === '') return;
  const rank = (stage: string): number => lifecycleStages.indexOf(stage as (typeof lifecycleStages)[number]);
  if (rank(wanted) < rank(held)) delete properties['lifecyclestage'];
}

function planUnique(
  scene: WriteScene,
  record: StoredRecord | undefined,
  properties: Record<string, string>,
  self: string,
): PlannedWrite | Rejection {
  const taken: [string, string | null][] = [];
  let emails: string[] | undefined;
  for (const [name, owners] of scene.table.unique) {
    const value = properties[name];
    const held = record?.properties[name] ?? '';
    if (value === undefined || value === held) continue;
    const slot = (text: string): string => `${name}\0${uniqueKey(name, text)}`;
    if (value !== '') {
      const claimed = scene.overlay.get(slot(value));
      const owner = claimed === undefined ? owners.get(uniqueKey(name, value)) : claimed;
      if (owner && owner !== self) return uniqueConflict(scene, name, value, owner);
      taken.push([slot(value), self]);
    }
    if (name === 'email') emails = planEmails(scene.switches, record, held, value);
    if (held !== '' && !emails?.includes(held)) taken.push([slot(held), null]);
  }
  for (const [slot, owner] of taken) scene.overlay.set(slot, owner);
  return { properties, ...(emails && { emails }) };
}

/** A secondary address that becomes primary changes places with it; other old addresses go, or stay by switch. */
function planEmails(
  switches: Switches,
  record: StoredRecord | undefined,
  held: string,
  value: string,
): string[] | undefined {
  if (!record) return undefined;
  const secondary = record.secondaryEmails ?? [];
  const promoted = secondary.includes(value);
  const keepsOld = held !== '' && value !== '' && (promoted || switches.emailChangeKeepsOld);
  if (!promoted && !keepsOld) return undefined;
  return [...secondary.filter((email) => email !== value), ...(keepsOld ? [held] : [])];
}
