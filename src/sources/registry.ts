import type { SourceKind } from './contract';
import { filesSource } from './files';
import { restSource } from './rest';
import { sqlSource } from './sql';

/**
 * Every kind of source by its configured name. A kind's own connection and stream types are checked where the
 * configuration is parsed; from here on they are unknown.
 */
export const sourceKinds: Readonly<Record<string, SourceKind>> = Object.fromEntries(
  [sqlSource, restSource, filesSource].map((kind) => [kind.kind, kind as SourceKind]),
);
