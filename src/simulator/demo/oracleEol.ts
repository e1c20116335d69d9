import type { Difference } from './compare';
import { eolFields, eolRecord, type EolEdits, type EolField } from './eolEdits';
import { settledValue, sourceValue } from './goldenRules';
import type { Judged, OracleOptions } from './oracle';
import { casesOf, type Case, type Row } from './world';

/** Which property is written back to which field of a subscriber. */
const propertyOf: Record<EolField, string> = {
  contactNumber: 'phone',
  language: 'preferred_language',
  unsubscribed: 'marketing_opt_out',
};

/**
 * What English Online must hold once everything has settled: what each person told it, but the master record's phone,
 * language and opt-out where they differ. A value of its own that nobody can read is left alone.
 */
export function compareEol(world: Judged, edits: EolEdits, options: OracleOptions = {}): Difference[] {
  const differences: Difference[] = [];
  for (const one of casesOf(world)) {
    if (one.object !== 'contacts') continue;
    for (const row of one.rows) {
      if (row.source !== 'eol' || row.gone) continue;
      const { record } = eolRecord(row.raw, edits[row.key]);
      for (const field of eolFields) {
        const expected = JSON.stringify(expectedValue(one, row, field, options) ?? null);
        const actual = JSON.stringify(record[field] ?? null);
        const what = `eol subscriber ${row.key} of ${one.id} [${one.plot}]`;
        if (expected !== actual) differences.push({ kind: 'value', what, property: field, expected, actual });
      }
    }
  }
  return differences;
}

function expectedValue(one: Case, row: Row, field: EolField, options: OracleOptions): unknown {
  const property = propertyOf[field];
  const told = row.raw[field];
  const isUnreadable = row.faults.some((fault) => fault.field === property);
  const own = row.means[property] ?? '';
  const golden = goldenValue(one, property, options);
  if (isUnreadable || golden === '' || golden === own) return told;
  // Nobody is told that somebody consents.
  if (field === 'unsubscribed') return golden === 'true' ? true : told;
  return golden;
}

/** The master record's value: of the sources, and of HubSpot where it has a say. */
function goldenValue(one: Case, property: string, { firstSyncAt = '' }: OracleOptions): string {
  const found = sourceValue('contacts', property, one.rows);
  const held = one.holding?.properties[property] ?? '';
  const hasSay = property !== 'phone' && one.holding;
  return hasSay ? settledValue('contacts', property, held, found, firstSyncAt) : (found?.value ?? '');
}
