import { casesOf, type Case, type Row, type World } from './world';

/** A row that differs between two states of one world. */
export interface ChangedRow {
  row: Row;
  gone: boolean;
}

/**
 * The rows of all streams that differ between two states of the same world (same seed and size), in the
 * order in which the world is walked.
 */
export function* changedRows(before: World, after: World): Iterable<ChangedRow> {
  if (before.seed !== after.seed || before.people !== after.people) throw new Error('these are two worlds');
  const olds = casesOf(before)[Symbol.iterator]();
  for (const one of casesOf(after)) {
    const old = olds.next().value as Case | undefined;
    if (old?.id !== one.id) throw new Error(`the worlds part at ${one.id}`);
    for (const [index, row] of one.rows.entries()) {
      const was = old.rows[index] as Row;
      if (row.gone !== was.gone || JSON.stringify(row.raw) !== JSON.stringify(was.raw))
        yield { row, gone: row.gone };
    }
  }
}
