import type { JsonValue } from '../record';
import type { ReferenceData } from '../rules';
import { noArguments, onText, textArgument, unresolved } from './transformContract';
import type { Flow, TransformContext, TransformDefinition, TransformFault } from './transformContract';

/** Transforms that ask what the portal has; their answers are internal values and ids. */
export const referenceTransforms: readonly TransformDefinition[] = [
  {
    name: 'optionByLabel',
    doc: "The internal value of an option, from its label (or itself), whatever the case. Several are split at ';'.",
    args: [
      {
        name: 'property',
        type: 'text',
        required: false,
        doc: 'The property whose options count (default: the one filled).',
      },
    ],
    shorthand: 'property',
    example: { args: { property: 'industry' }, from: 'Language schools', to: 'LANGUAGE_SCHOOLS' },
    bind: (args) =>
      onText((text, context) =>
        optionsByLabel(text, textArgument(args, 'property') ?? context.property, context),
      ),
  },
  {
    name: 'ownerByEmail',
    doc: 'The id of the HubSpot owner with this e-mail address.',
    args: noArguments,
    example: { args: {}, from: 'Owner@Example.org', to: '101' },
    bind: () =>
      onText((text, { reference }) => {
        const email = text.trim().toLowerCase();
        return (
          ownValue(reference.ownersByEmail, email) ?? unresolved('is no e-mail address of a HubSpot owner')
        );
      }),
  },
  {
    name: 'pipelineByLabel',
    doc: 'The id of a pipeline, from its label or id.',
    args: noArguments,
    example: { args: {}, from: 'sales', to: 'default' },
    bind: () =>
      onText((text, { reference }) => {
        return findByLabel(reference.pipelines, text)?.id ?? unresolved('is no pipeline of the portal');
      }),
  },
  {
    name: 'stageByLabel',
    doc: 'The id of a stage, from its label or id, in one pipeline or in all.',
    args: [{ name: 'pipeline', type: 'text', required: false, doc: 'Label or id of the pipeline.' }],
    shorthand: 'pipeline',
    example: { args: { pipeline: 'Sales' }, from: 'Closed won', to: 'closedwon' },
    bind: (args) => onText((text, { reference }) => stage(text, textArgument(args, 'pipeline'), reference)),
  },
];

interface Labelled {
  id: string;
  label: string;
}

/** Ids are compared exactly and first; labels without case and surrounding space. */
function findByLabel<T extends Labelled>(list: readonly T[], text: string): T | undefined {
  const label = text.trim().toLowerCase();
  return (
    list.find((item) => item.id === text) ?? list.find((item) => item.label.trim().toLowerCase() === label)
  );
}

function stage(
  text: string,
  pipeline: string | undefined,
  reference: ReferenceData,
): string | TransformFault {
  if (pipeline !== undefined) {
    const found = findByLabel(reference.pipelines, pipeline);
    if (!found) return unresolved(`needs the pipeline '${pipeline}', which the portal does not have`);
    return findByLabel(found.stages, text)?.id ?? unresolved(`is no stage of the pipeline '${pipeline}'`);
  }
  const ids = new Set<string>();
  for (const each of reference.pipelines) {
    const found = findByLabel(each.stages, text);
    if (found) ids.add(found.id);
  }
  const [only, ...others] = ids;
  if (only === undefined) return unresolved('is no stage of any pipeline of the portal');
  return others.length === 0 ? only : unresolved('is a stage of several pipelines: name the pipeline');
}

type OptionIndex = { values: Set<string>; byLabel: Map<string, string> };

/** Options are indexed once per reference data and property; industries alone are about 150. */
const indexes = new WeakMap<ReferenceData, Map<string, OptionIndex | null>>();

function optionIndex(reference: ReferenceData, property: string): OptionIndex | null {
  let known = indexes.get(reference);
  if (!known) indexes.set(reference, (known = new Map()));
  let index = known.get(property);
  if (index === undefined) known.set(property, (index = indexOptions(ownValue(reference.options, property))));
  return index;
}

function indexOptions(options: { label: string; value: string }[] | undefined): OptionIndex | null {
  if (!options || options.length === 0) return null;
  const byLabel = new Map<string, string>();
  // Labels stand above values, and the first of two equal ones counts: HubSpot lists options in their order.
  for (const { label, value } of options) keepFirst(byLabel, label.trim().toLowerCase(), value);
  for (const { value } of options) keepFirst(byLabel, value.trim().toLowerCase(), value);
  return { values: new Set(options.map((option) => option.value)), byLabel };
}

function keepFirst(map: Map<string, string>, key: string, value: string): void {
  if (!map.has(key)) map.set(key, value);
}

/**
 * Whether the portal would take a value of an enumeration. True where its options are not known here
 * (owners, say, are an enumeration without options) and for pipelines and stages, which stand elsewhere.
 */
export function isOption(reference: ReferenceData, property: string, value: string): boolean {
  const index = optionIndex(reference, property);
  if (!index || index.values.has(value)) return true;
  return reference.pipelines.some(
    (each) => each.id === value || each.stages.some((stage) => stage.id === value),
  );
}

function optionsByLabel(text: string, property: string, context: TransformContext): Flow | TransformFault {
  const index = optionIndex(context.reference, property);
  if (!index) return unresolved(`needs the options of '${property}', which the portal does not have`);
  if (index.values.has(text)) return text;
  const whole = index.byLabel.get(text.trim().toLowerCase());
  if (whole !== undefined) return whole;
  const values: JsonValue[] = [];
  for (const part of text.split(';')) {
    const value = index.byLabel.get(part.trim().toLowerCase());
    if (value === undefined && part.trim() !== '') return unresolved(`is no option of '${property}'`);
    if (value !== undefined) values.push(value);
  }
  return values.length === 1 ? values[0] : values;
}

function ownValue<T>(object: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
