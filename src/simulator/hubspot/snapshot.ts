import type { Change } from './changes';
import { packRecord } from './crm/packedRecord';
import type { Portal } from './portal';

/** Changes per line: a line of records stays around 200 kB. */
const linesOf = 200;

/** The whole portal as changes, in an order that an empty portal can replay. */
export function* snapshotChanges(portal: Portal): Generator<Change[]> {
  const definitions: Change[] = [];
  for (const table of portal.tables.values()) {
    const type = table.typeId;
    if (table.schema) {
      const { name, singular, fullName, createdName, modifiedName, requiredProperties, defaultProperties } =
        table;
      const about = { typeId: type, name, singular, fullName, createdName, modifiedName, requiredProperties };
      definitions.push({
        do: 'schema',
        about: { ...about, defaultProperties, labels: table.labels, schema: table.schema },
        properties: [],
      });
    }
    for (const definition of table.properties.values())
      definitions.push({ do: 'property', type, definition });
    for (const group of table.groups.values()) definitions.push({ do: 'group', type, ...group });
    definitions.push({ do: 'counter', type, nextId: table.nextId });
  }
  for (const types of portal.links.types.values()) {
    for (const type of types) {
      if (type.category === 'USER_DEFINED') definitions.push({ do: 'linkType', type });
    }
  }
  for (const owner of portal.owners.values()) definitions.push({ do: 'owner', owner });
  for (const install of portal.installs.values()) definitions.push({ do: 'install', install });
  for (const [type, pipelines] of portal.pipelines) definitions.push({ do: 'pipelines', type, pipelines });
  for (const [key, rules] of portal.rules) {
    const [type, property] = key.split('/') as [string, string];
    definitions.push({ do: 'rules', type, property, rules });
  }
  yield definitions;
  yield* inLines(records(portal));
  yield* inLines(links(portal));
}

function* records(portal: Portal): Generator<Change> {
  for (const table of portal.tables.values()) {
    const type = table.typeId;
    for (const record of table.records.values()) yield { do: 'put', type, record: packRecord(record) };
    for (const [id, into] of table.aliases) yield { do: 'alias', type, id, into };
  }
}

function* links(portal: Portal): Generator<Change> {
  for (const [key, pair] of portal.links.pairs) {
    const [from, to] = key.split('>') as [string, string];
    // Setting one direction sets the other.
    if (from > to) continue;
    for (const [fromId, row] of pair) {
      for (const [toId, keys] of row) yield { do: 'link', from, fromId, to, toId, keys };
    }
  }
}

function* inLines(changes: Iterable<Change>): Generator<Change[]> {
  let line: Change[] = [];
  for (const change of changes) {
    line.push(change);
    if (line.length < linesOf) continue;
    yield line;
    line = [];
  }
  if (line.length > 0) yield line;
}
