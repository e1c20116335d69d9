import { sameProperty } from '../values/canonicalValue';
import { takesEdits } from '../merge/decidePins';
import { editorOf, writerOf, type PropertyVersion } from '../merge/propertyWriter';
import type { Edit } from '../record';
import type { FieldRule } from '../rules';

/** What is known of a HubSpot record before a read of it is taken over. */
export interface KnownBefore {
  /** null: never read. */
  kept: Record<string, string | null> | null;
  /** Changes of this record that are frozen and not settled: whichever of them was sent is our own. */
  intents: readonly Record<string, string>[];
}

/** What a read tells about the values that differ from what HubSpot was known to hold. */
export interface JudgedRead {
  /** Our own values: of an unsettled intent, or because the history names us. */
  ours: Record<string, string>;
  edits: Record<string, Edit>;
}

/**
 * The properties whose history must be read: they changed, an intent of ours does not explain it, and their field's rule
 * depends on who changed them (edits that may count) or when (`shared`). What is read for the first time is no change.
 */
export function unexplained(
  kept: Record<string, string | null>,
  known: KnownBefore,
  rules: readonly FieldRule[],
): string[] {
  return rules
    .filter((rule) => rule.ownership === 'shared' || takesEdits(rule))
    .filter((rule) => isChanged(rule, kept, known) && ownValue(rule, kept, known) === undefined)
    .map(({ property }) => property);
}

/**
 * Tells our own values from those of others. A value whose newest version is another one (it changed again while it was
 * asked for) is nobody's: the next read tells.
 * @param histories versions of each property, newest first; properties that were not asked for are absent
 * @param own our own writers
 */
export function judgeRead(
  kept: Record<string, string | null>,
  known: KnownBefore,
  histories: Record<string, readonly PropertyVersion[]>,
  rules: readonly FieldRule[],
  own: ReadonlySet<string>,
): JudgedRead {
  const judged: JudgedRead = { ours: {}, edits: {} };
  for (const rule of rules) {
    const { property } = rule;
    const mine = ownValue(rule, kept, known);
    if (mine !== undefined) judged.ours[property] = mine;
    const newest = histories[property]?.[0];
    if (mine !== undefined || !newest || !isChanged(rule, kept, known)) continue;
    const value = kept[property] ?? '';
    if (!sameProperty(rule, newest.value, value)) continue;
    const by = editorOf(newest, own);
    if (by === 'ours') judged.ours[property] = value;
    else judged.edits[property] = { value, at: newest.at, by, writer: writerOf(newest) };
  }
  return judged;
}

function isChanged(
  { property }: FieldRule,
  kept: Record<string, string | null>,
  known: KnownBefore,
): boolean {
  const before = known.kept?.[property];
  if (before === undefined || kept[property] === undefined) return false;
  return (before ?? '') !== (kept[property] ?? '');
}

/** What an unsettled intent of ours wrote, where HubSpot holds it now and did not before. */
function ownValue(
  rule: FieldRule,
  kept: Record<string, string | null>,
  known: KnownBefore,
): string | undefined {
  const { property } = rule;
  const value = kept[property];
  if (value === undefined || value === known.kept?.[property]) return undefined;
  const intent = known.intents.find(
    (properties) =>
      properties[property] !== undefined && sameProperty(rule, properties[property], value ?? ''),
  );
  return intent?.[property];
}
