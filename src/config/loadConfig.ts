import { readFileSync } from 'node:fs';
import { checkCycles } from './checks/cycles';
import { checkDropFolders } from './checks/dropFolders';
import { checkFieldMaps } from './checks/fieldMaps';
import { checkObjects } from './checks/objects';
import { checkPortals } from './checks/portals';
import { checkReferences } from './checks/references';
import { checkSchedules } from './checks/scheduleTimes';
import { checkSecrets } from './checks/secrets';
import { checkStreams } from './checks/streams';
import { checkWriteBack } from './checks/writeBack';
import type { ConfigCheck, Finding } from './finding';
import { pathText, rawNode } from './rawNode';
import { configSchema, type TributaryConfig } from './schema';
import { schemaFindings } from './schemaFindings';
import type { SecretReaders } from './secrets';
import { readYaml } from './yamlSource';

/** One thing that is wrong with the file, with its place. Never holds a secret. */
export interface ConfigFault {
  file: string;
  /** Line and column count from 1. */
  line: number;
  column: number;
  /** `sources.azure.streams.customers.recordKey`; empty for the file as a whole. */
  path: string;
  message: string;
  hint?: string;
}

export type ConfigResult = { ok: true; config: TributaryConfig } | { ok: false; faults: ConfigFault[] };

export interface LoadConfigOptions extends SecretReaders {
  /** The file; also how it is called in faults. */
  path: string;
  /** Its text, where it was read already. */
  text?: string;
  /** For what lies ahead (summer time). */
  now: Date;
}

/** A file with more faults than this is another kind of file. */
const faultsMax = 200;

const checks: ConfigCheck[] = [
  checkPortals,
  checkReferences,
  checkCycles,
  checkStreams,
  checkDropFolders,
  checkFieldMaps,
  checkWriteBack,
  checkObjects,
  checkSchedules,
  checkSecrets,
];

/**
 * Reads and checks the whole configuration. Out: the configuration, or every fault at once, in the order of
 * the file. Does not throw: a file that cannot be read is a fault too. Property names are checked later,
 * against the portal (`check`).
 */
export function loadConfig(options: LoadConfigOptions): ConfigResult {
  const file = options.path;
  const text = options.text ?? readText(file);
  if (text === null) {
    const hint = 'create it, or set TRIBUTARY_CONFIG to where it is';
    return {
      ok: false,
      faults: [{ file, line: 1, column: 1, path: '', message: 'the file cannot be read', hint }],
    };
  }
  const yaml = readYaml(text);
  const broken: ConfigFault[] = yaml.faults.map(({ repeatedKey: _, ...fault }) => ({
    file,
    path: '',
    ...fault,
  }));
  // Of a file that is not YAML everything else would be a guess.
  if (yaml.faults.some((fault) => !fault.repeatedKey)) return { ok: false, faults: inOrder(broken) };

  const parsed = configSchema.safeParse(yaml.data);
  const found = parsed.success ? [] : schemaFindings(configSchema, yaml.data, parsed.error.issues);
  const root = rawNode(yaml.data);
  const checked = checks.flatMap((check) => check(root, options));
  const faults = [
    ...broken,
    ...withoutEchoes([...checked, ...found]).map((item) => placed(item, file, yaml.placeOf)),
  ];
  if (parsed.success && faults.length === 0) return { ok: true, config: parsed.data };
  return { ok: false, faults: inOrder(faults) };
}

/** Two checks that complain of the same value: the first knows more (a secret in clear is also no reference). */
function withoutEchoes(findings: Finding[]): Finding[] {
  const clear = new Set(findings.filter(isClearSecret).map((item) => pathText(item.path)));
  return findings.filter((item) => isClearSecret(item) || !clear.has(pathText(item.path)));
}

function isClearSecret(item: Finding): boolean {
  return item.message.endsWith('is written in clear');
}

function placed(item: Finding, file: string, placeOf: ReturnType<typeof readYaml>['placeOf']): ConfigFault {
  const fault = { file, ...placeOf(item.path, item.at), path: pathText(item.path), message: item.message };
  return item.hint === undefined ? fault : { ...fault, hint: item.hint };
}

function inOrder(faults: ConfigFault[]): ConfigFault[] {
  const sorted = faults.sort((a, b) => a.line - b.line || a.column - b.column);
  const last = sorted[faultsMax - 1];
  if (sorted.length <= faultsMax || !last) return sorted;
  const message = `and ${sorted.length - faultsMax + 1} more faults from here on`;
  return [...sorted.slice(0, faultsMax - 1), { ...last, path: '', message }];
}

/** One fault as a person reads it, in the form that editors and terminals make clickable. */
export function faultText(fault: ConfigFault): string {
  const place = `${fault.file}:${fault.line}:${fault.column}`;
  const path = fault.path ? `${fault.path}: ` : '';
  return `${place} ${path}${fault.message}${fault.hint ? `\n  hint: ${fault.hint}` : ''}`;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
