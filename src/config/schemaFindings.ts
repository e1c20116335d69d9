import type { z } from 'zod';
import type { Finding } from './finding';
import { knownKeys } from './knownKeys';
import { nearest, suggestion } from './nearest';
import { rawNode, type ConfigPath, type RawNode } from './rawNode';

type Issue = z.core.$ZodIssue;

/** Turns what zod found into findings in plain words, one per fault, with a hint where one is near. */
export function schemaFindings(schema: z.ZodType, data: unknown, issues: readonly Issue[]): Finding[] {
  return issues.flatMap((issue) => issueFindings(issue, [], schema, data));
}

function issueFindings(issue: Issue, before: ConfigPath, schema: z.ZodType, data: unknown): Finding[] {
  const path = [...before, ...(issue.path as (string | number)[])];
  const node = nodeAt(data, path);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = knownKeys(schema, data, path);
      return issue.keys.map((key) =>
        withHint([...path, key], 'key', `unknown key "${cut(key)}"`, suggestion(key, known)),
      );
    }
    case 'invalid_union':
      return unionFindings(issue, path, node, schema, data);
    case 'invalid_type':
      if (node.value === undefined)
        return [withHint(path, 'key', `${String(path.at(-1) ?? 'everything')} is missing`)];
      return [
        withHint(
          path,
          'value',
          `expected ${kindName(issue.expected)}, found ${kindOf(node.value)}`,
          typeHint(issue.expected, node),
        ),
      ];
    case 'invalid_value': {
      const values = issue.values.map(String);
      if (node.value === undefined)
        return [withHint(path, 'key', `${String(path.at(-1))} is missing`, `possible: ${values.join(', ')}`)];
      const close = nearest(wordOf(node.value), values);
      const hint = close && values.length > 1 ? `did you mean "${close}"?` : undefined;
      return [
        withHint(path, 'value', `must be ${values.length > 1 ? 'one of ' : ''}${values.join(', ')}`, hint),
      ];
    }
    case 'invalid_key':
      return issue.issues.map((inner) => withHint(path, 'key', inner.message));
    case 'too_big':
    case 'too_small':
      return [withHint(path, 'value', sizeMessage(issue))];
    default: {
      const hint = issue.code === 'custom' ? (issue.params?.['hint'] as string | undefined) : undefined;
      return [withHint(path, 'value', issue.message, hint)];
    }
  }
}

/** Of the alternatives, the one that is meant by the written value's shape tells its faults. */
function unionFindings(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: ConfigPath,
  node: RawNode,
  schema: z.ZodType,
  data: unknown,
): Finding[] {
  const possible = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
  if (issue.errors.length === 0) {
    const key = String(path.at(-1));
    if (node.value === undefined)
      return [withHint(path, 'key', `${key} is missing`, `possible: ${possible.join(', ')}`)];
    return [withHint(path, 'value', `unknown ${key}`, suggestion(wordOf(node.value), possible))];
  }
  const meant = issue.errors.find(
    (errors) => !errors.some((error) => error.code === 'invalid_type' && error.path.length === 0),
  );
  if (meant) return meant.flatMap((inner) => issueFindings(inner, path, schema, data));
  const kinds = issue.errors
    .flat()
    .flatMap((error) => (error.code === 'invalid_type' ? [kindName(error.expected)] : []));
  const wanted = [...new Set(kinds)].join(' or ');
  if (node.value === undefined)
    return [withHint(path, 'key', `${String(path.at(-1))} is missing`, `give ${wanted}`)];
  return [withHint(path, 'value', `expected ${wanted}, found ${kindOf(node.value)}`)];
}

function sizeMessage(issue: Extract<Issue, { code: 'too_big' | 'too_small' }>): string {
  if (issue.code === 'too_big') {
    const unit = issue.origin === 'string' ? ' characters' : issue.origin === 'array' ? ' items' : '';
    return `must be at most ${issue.maximum}${unit}`;
  }
  const custom = !/^Too small/.test(issue.message);
  return custom ? issue.message : `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
}

const kindNames: Record<string, string> = {
  string: 'text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a section',
  record: 'a section',
};

function kindName(expected: string): string {
  return kindNames[expected] ?? expected;
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return kindNames[typeof value] ?? typeof value;
}

function typeHint(expected: string, node: RawNode): string | undefined {
  if (node.value === null) return 'give a value, or remove the key';
  return expected === 'string' && typeof node.value !== 'object' ? 'put it in quotes' : undefined;
}

/** What was written, where a known word may have been meant. */
function wordOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function nodeAt(data: unknown, path: ConfigPath): RawNode {
  let value = data;
  for (const part of path) {
    value =
      typeof value === 'object' && value !== null
        ? (value as Record<string | number, unknown>)[part]
        : undefined;
  }
  return rawNode(value, path);
}

function withHint(path: ConfigPath, at: Finding['at'], message: string, hint?: string): Finding {
  return hint === undefined ? { path, at, message } : { path, at, message, hint };
}

/** A key could be a slip that holds a secret; long ones are not repeated in full. */
function cut(key: string): string {
  return key.length <= 40 ? key : `${key.slice(0, 12)}…`;
}
