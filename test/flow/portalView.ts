import type { ExportedRecord } from '../../src/simulator/demo/portalExport';
import { exportPortal } from '../support/simulatorControl';

/** What a simulator holds, in short: for expectations written by hand. */
export interface PortalView {
  /** Live records of an object type, only the asked properties, '' where empty; sorted by the first one. */
  records(objectType: string, properties: string[]): Record<string, string>[];
  /** `from value -> to value: type ids`, sorted; records are named by one of their properties. */
  associations(from: NamedObject, to: NamedObject): string[];
  count(objectType: string): number;
  find(objectType: string, property: string, value: string): ExportedRecord;
}

export interface NamedObject {
  objectType: string;
  name: string;
}

/** Reads the whole portal of a running simulator. */
export async function viewPortal(simulatorUrl: string): Promise<PortalView> {
  const entries = await exportPortal(simulatorUrl);
  const live = entries.filter((entry): entry is ExportedRecord => entry.kind === 'record' && !entry.archived);
  const of = (objectType: string) => live.filter((record) => record.objectType === objectType);
  const named = ({ objectType, name }: NamedObject) =>
    new Map(of(objectType).map(({ id, properties }) => [id, properties[name] ?? id]));
  return {
    records: (objectType, properties) =>
      of(objectType)
        .map((record) => Object.fromEntries(properties.map((name) => [name, record.properties[name] ?? ''])))
        .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    associations(from, to) {
      const [froms, tos] = [named(from), named(to)];
      return entries
        .flatMap((entry) =>
          entry.kind === 'association' &&
          entry.fromObjectType === from.objectType &&
          entry.toObjectType === to.objectType
            ? [
                `${froms.get(entry.fromId)} -> ${tos.get(entry.toId)}: ${entry.types
                  .map(({ category, typeId }) => (category === 'HUBSPOT_DEFINED' ? typeId : 'own'))
                  .sort()
                  .join(',')}`,
              ]
            : [],
        )
        .sort();
    },
    count: (objectType) => of(objectType).length,
    find(objectType, property, value) {
      const found = of(objectType).filter((record) => record.properties[property] === value);
      if (found.length !== 1) throw new Error(`${found.length} ${objectType} have ${property} ${value}`);
      return found[0]!;
    },
  };
}

/** The open problems as `source.stream key field kind`, sorted. */
export async function openProblems(pool: {
  query(text: string): Promise<{ rows: { line: string }[] }>;
}): Promise<string[]> {
  const { rows } = await pool.query(
    `select concat_ws(' ', concat_ws('.', source, stream), coalesce(record_key, '-'), coalesce(field, '-'), kind) as line
     from problems where closed_at is null`,
  );
  return rows.map(({ line }) => line).sort();
}
