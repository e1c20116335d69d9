import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
} from 'yaml';
import type { Finding } from './finding';
import type { ConfigPath } from './rawNode';

/** A place in the file; both count from 1. */
export interface Place {
  line: number;
  column: number;
}

/** The file as YAML: its data, its faults, and where everything stands. */
export interface YamlSource {
  data: unknown;
  /** Faults of the YAML itself. With one that is not a repeated key, `data` cannot be trusted. */
  faults: (Place & { message: string; hint?: string; repeatedKey: boolean })[];
  placeOf(path: ConfigPath, at: Finding['at']): Place;
}

/** Aliases are convenient for repeated maps; a thousand of them is an attack. */
const aliasesMax = 1_000;

/** Reads YAML 1.2 with anchors and merge keys. Never throws. */
export function readYaml(text: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
    uniqueKeys: true,
  });
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const faults: YamlSource['faults'] = document.errors.map((error) => ({
    ...place(error.pos[0]),
    message:
      error.code === 'DUPLICATE_KEY'
        ? 'this key stands here twice'
        : `not valid YAML: ${plainReason(error.message)}`,
    repeatedKey: error.code === 'DUPLICATE_KEY',
    ...(error.code === 'TAB_AS_INDENT' ? { hint: 'indent with spaces' } : {}),
  }));
  let data: unknown = null;
  try {
    data = document.toJS({ maxAliasCount: aliasesMax });
  } catch {
    faults.push({
      line: 1,
      column: 1,
      message: 'not valid YAML: an alias without its anchor, or too many aliases',
      repeatedKey: false,
    });
  }
  return { data, faults, placeOf: (path, at) => place(offsetOf(document, path, at)) };
}

/** What the parser quotes of the file could be a secret: only its own words are kept. */
function plainReason(message: string): string {
  return message
    .split(/[:\n"]/)[0]!
    .trim()
    .slice(0, 160);
}

/** Where the last step of the path stands; where it does not exist, what it should stand in. */
function offsetOf(document: Document, path: ConfigPath, at: Finding['at']): number {
  let offset = start(document.contents) ?? 0;
  let node: unknown = document.contents;
  for (const [index, part] of path.entries()) {
    const found = member(document, node, part);
    if (!found) return offset;
    const isLast = index === path.length - 1;
    const wantsValue = isLast && at === 'value';
    offset =
      (wantsValue ? start(found.value) : undefined) ?? start(found.key) ?? start(found.value) ?? offset;
    node = found.value;
  }
  return offset;
}

function member(
  document: Document,
  given: unknown,
  part: string | number,
): { key?: unknown; value: unknown } | null {
  const node = isAlias(given) ? given.resolve(document) : given;
  if (isSeq(node) && typeof part === 'number') return { value: node.items[part] };
  if (!isMap(node)) return null;
  for (const pair of node.items) {
    if (isPair(pair) && keyText(pair.key) === String(part)) return { key: pair.key, value: pair.value };
  }
  for (const pair of node.items) {
    const merged = keyText(pair.key) === '<<' ? member(document, pair.value, part) : null;
    if (merged) return merged;
  }
  return null;
}

/** The merge key `<<` is a symbol once it is understood as such. */
function keyText(key: unknown): string {
  const value: unknown = isScalar(key) ? key.value : key;
  return typeof value === 'symbol' ? (value.description ?? '') : String(value);
}

function start(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
