/** Where something stands in the configuration: keys and list positions from the top. */
export type ConfigPath = readonly (string | number)[];

/**
 * A careful walk over the file's data as it was written, before or beside the schema: a part of the wrong
 * shape is simply empty. So every check can run on a file that has other faults, and all are told at once.
 */
export interface RawNode {
  path: ConfigPath;
  value: unknown;
  get(key: string): RawNode;
  /** The members of a map, or nothing where this is no map. */
  entries(): { key: string; node: RawNode }[];
  /** The members of a list; a single value counts as a list of one where the schema allows both. */
  items(): RawNode[];
  text(): string | undefined;
}

/** Starts the walk at a value. */
export function rawNode(value: unknown, path: ConfigPath = []): RawNode {
  const child = (key: string | number, member: unknown) => rawNode(member, [...path, key]);
  return {
    path,
    value,
    get: (key) => child(key, isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    entries: () =>
      isMap(value) ? Object.entries(value).map(([key, member]) => ({ key, node: child(key, member) })) : [],
    items: () => {
      if (Array.isArray(value)) return value.map((member, index) => child(index, member));
      return typeof value === 'string' ? [rawNode(value, path)] : [];
    },
    text: () => (typeof value === 'string' ? value : undefined),
  };
}

/** Every value below (and including) a node that is no map and no list. */
export function leaves(node: RawNode): RawNode[] {
  if (Array.isArray(node.value)) return node.items().flatMap(leaves);
  if (isMap(node.value)) return node.entries().flatMap((entry) => leaves(entry.node));
  return [node];
}

/** `sources.azure.streams.customers.map.phone.transforms[0]` */
export function pathText(path: ConfigPath): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('');
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
