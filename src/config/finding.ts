import type { ConfigPath, RawNode } from './rawNode';
import type { SecretReaders } from './secrets';

/** What a check found wrong; never quotes a value that could be a secret. */
export interface Finding {
  path: ConfigPath;
  /** Which end of the line is meant: the name, or what stands behind it. */
  at: 'key' | 'value';
  message: string;
  hint?: string;
}

/** What the checks may ask of the world. */
export interface CheckContext extends SecretReaders {
  /** Gaps of summer time are looked for in the year after this. */
  now: Date;
}

/** One group of checks over the file as it was written. */
export type ConfigCheck = (root: RawNode, context: CheckContext) => Finding[];

/** A finding with a hint where there is one. */
export function finding(
  node: RawNode,
  at: Finding['at'],
  message: string,
  hint?: string | undefined,
): Finding {
  return hint === undefined ? { path: node.path, at, message } : { path: node.path, at, message, hint };
}
