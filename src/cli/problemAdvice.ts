import { problemKinds, type ProblemKind } from '../domain/record';
import { CliFailure } from './cliFailure';

type AnyKind = ProblemKind | 'goneLimit';

/** What a person does about a problem of a kind; docs/operations.md says more. */
const problemAdvice: Record<AnyKind, string> = {
  unreadable: 'correct it at the source, then `tributary sync <source> --full`',
  invalidValue:
    'correct the value at the source, or give the field a transform or `default` in the configuration',
  unresolvedReference: 'create it in HubSpot and `tributary problems retry`, or map the value (`enum`)',
  missingRequired: 'complete the record at the source',
  invalidRecord: "look at the record's key at the source, and at its stream's `recordKey`",
  waitingForParent:
    'deliver the record that it refers to, or correct the reference; the record itself goes on',
  rejected: 'correct the value at the source: the changed record is tried again',
  archived:
    'restore it in HubSpot, or set `whenArchivedInHubSpot: recreate`, then `tributary problems retry`; or dismiss it',
  conflict: 'decide it under `tributary reviews`, or merge the records in HubSpot, or correct the source',
  defect: 'Tributary failed on it: please report it, with the log around that time',
  goneLimit: 'if so many are gone indeed, raise `maxGonePercent` for one full run; else repair the source',
};

/** What to do about a problem of a stored kind. */
export function adviceOf(kind: string): string {
  return problemAdvice[kind as AnyKind] ?? 'see docs/operations.md';
}

/** A kind as it was typed. @throws CliFailure with the kinds that there are */
export function problemKindOf(typed: string): AnyKind {
  if (Object.hasOwn(problemAdvice, typed)) return typed as AnyKind;
  throw new CliFailure(
    `there is no kind "${typed}"`,
    2,
    `known: ${[...problemKinds, 'goneLimit'].join(', ')}`,
  );
}

/** What to do about the kinds that were met, and how to see one. */
export function adviceText(kinds: readonly string[]): string {
  const met = Object.entries(problemAdvice).filter(([kind]) => kinds.includes(kind));
  const width = Math.max(...met.map(([kind]) => kind.length));
  return [
    'What to do:',
    ...met.map(([kind, advice]) => `  ${kind.padEnd(width)}  ${advice}`),
    'One of them with all that is known: `tributary problems show <number>`',
  ].join('\n');
}
