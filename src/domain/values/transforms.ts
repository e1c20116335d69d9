import { distance } from 'fastest-levenshtein';
import { choiceTransforms } from './choiceTransforms';
import { contactTransforms } from './contactTransforms';
import { dateTransforms } from './dateTransforms';
import { numberTransforms } from './numberTransforms';
import { referenceTransforms } from './referenceTransforms';
import type { TransformStep } from '../rules';
import { textTransforms } from './textTransforms';
import type { ArgumentType, TransformDefinition, TransformStepFunction } from './transformContract';

/** Every named transform, in the order of the documentation. */
export const transformDefinitions: readonly TransformDefinition[] = [
  ...textTransforms,
  ...contactTransforms,
  ...dateTransforms,
  ...numberTransforms,
  ...choiceTransforms,
  ...referenceTransforms,
];

const byName = new Map(transformDefinitions.map((definition) => [definition.name, definition]));

/** The names that a configuration may use. */
export const transformNames: readonly string[] = [...byName.keys()];

/**
 * A step as a person may write it, brought to `{ name, args }`: the bare value of the transform's shorthand
 * argument (`{ prefix: 'azure-' }`), the list (`{ isoDate: [dd/MM/yyyy] }`) or, for `enum`, the map itself.
 * @param written what stands behind the transform's name in the configuration; undefined or null for nothing
 */
export function transformStep(name: string, written: unknown): TransformStep {
  const definition = byName.get(name);
  if (written === undefined || written === null) return { name, args: {} };
  const isObject = typeof written === 'object' && !Array.isArray(written);
  const shorthand = definition?.shorthand;
  if (!isObject)
    return { name, args: shorthand === undefined ? { value: written } : { [shorthand]: written } };
  const args = written as Record<string, unknown>;
  return { name, args: definition && isBareMap(definition, args) ? { map: args } : args };
}

/** `enum` takes its map without the word `map` around it, which stands there only beside `otherwise`. */
function isBareMap(definition: TransformDefinition, args: Record<string, unknown>): boolean {
  const takesMap = definition.args.some((arg) => arg.type === 'map' && arg.name === definition.shorthand);
  return takesMap && !(Object.hasOwn(args, 'map') && isMap(args['map']));
}

/**
 * Everything that is wrong with a step, as sentences for the author of the configuration; [] when it is right.
 * Never throws, whatever `args` holds.
 */
export function checkTransform(step: TransformStep): string[] {
  const definition = byName.get(step.name);
  if (!definition) return [`there is no transform '${step.name}'${didYouMean(step.name, transformNames)}`];
  const { args } = transformStep(step.name, step.args);
  const names = definition.args.map((arg) => arg.name);
  const faults = Object.keys(args)
    .filter((name) => !names.includes(name))
    .map((name) => `'${step.name}' has no argument '${name}'${didYouMean(name, names)}`);
  for (const { name, type, required } of definition.args) {
    if (args[name] === undefined) {
      if (required) faults.push(`'${step.name}' needs the argument '${name}'`);
    } else if (!isOfType(args[name], type)) {
      faults.push(`'${step.name}': the argument '${name}' must be ${typeWords[type]}`);
    }
  }
  if (faults.length > 0 || !definition.check) return faults;
  return definition.check(args).map((fault) => `'${step.name}': ${fault}`);
}

/** A transform ready to run: bound once per field map, never per record. */
export interface BoundTransform {
  name: string;
  onMissing: boolean;
  run: TransformStepFunction;
}

/** Binds a checked step. An unknown name or wrong arguments are a broken invariant and throw. */
export function bindTransform(step: TransformStep): BoundTransform {
  const [fault] = checkTransform(step);
  const definition = byName.get(step.name);
  if (fault !== undefined || !definition) throw new Error(`the transform was not checked: ${fault}`);
  const { args } = transformStep(step.name, step.args);
  return { name: step.name, onMissing: definition.onMissing === true, run: definition.bind(args) };
}

/** ", did you mean …?" for the nearest known name, or nothing where none is near. */
function didYouMean(name: string, known: readonly string[]): string {
  const folded = name.toLowerCase();
  let best: string | null = null;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const steps = distance(folded, candidate.toLowerCase());
    if (steps < least) [best, least] = [candidate, steps];
  }
  return best === null ? '' : `, did you mean '${best}'?`;
}

const typeWords: Record<ArgumentType, string> = {
  text: 'a text',
  number: 'a number',
  flag: 'true or false',
  list: 'a list of texts',
  map: 'a map from text to text',
  value: 'a text, a number, true or false',
  place: "'first', 'last', 'rest' or a whole number",
};

function isOfType(value: unknown, type: ArgumentType): boolean {
  switch (type) {
    case 'text':
      return typeof value === 'string';
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'flag':
      return typeof value === 'boolean';
    case 'list':
      return Array.isArray(value) ? value.every(isPlain) : typeof value === 'string';
    case 'map':
      return isMap(value);
    case 'value':
      return isPlain(value);
    case 'place':
      return Number.isInteger(value) || value === 'first' || value === 'last' || value === 'rest';
  }
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}

function isMap(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every(isPlain);
}
