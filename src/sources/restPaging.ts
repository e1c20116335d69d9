import LinkHeader from 'http-link-header';
import type { JsonObject, JsonValue } from '../domain/record';
import { SourceFailure } from './contract';
import { valueAt } from './recordKey';

/** How a list is walked: pure decisions about the next call, from the last answer. */
export type RestPagination =
  | { type: 'none' }
  /** The answer names the next page: a mark for `parameter`, or (without `parameter`) a whole address. */
  | { type: 'cursor'; nextFrom: string; parameter?: string; sizeParameter?: string }
  | { type: 'page'; parameter: string; first?: number; sizeParameter?: string }
  | { type: 'offset'; parameter: string; sizeParameter?: string }
  /** The Link header's rel="next" (RFC 8288). */
  | { type: 'link'; sizeParameter?: string };

/** Which page of the list: nothing = the first. */
export interface PageMark extends JsonObject {
  kind: 'first' | 'parameter' | 'url';
  /** The parameter's value (mark, page number, offset), or the whole address. */
  value: string;
}

export const firstPage: PageMark = { kind: 'first', value: '' };

/** The paging parameters of one call; none where the mark is a whole address. */
export function pagingParameters(
  pagination: RestPagination,
  mark: PageMark,
  pageSize: number,
): [name: string, value: string | number][] {
  if (pagination.type === 'none' || mark.kind === 'url') return [];
  const parameters: [string, string | number][] = [];
  if (pagination.sizeParameter !== undefined) parameters.push([pagination.sizeParameter, pageSize]);
  const name = 'parameter' in pagination ? pagination.parameter : undefined;
  if (name === undefined) return parameters;
  if (mark.kind === 'parameter') {
    parameters.push([name, pagination.type === 'cursor' ? mark.value : Number(mark.value)]);
  } else if (pagination.type === 'page') {
    parameters.push([name, pagination.first ?? 1]);
  } else if (pagination.type === 'offset') {
    parameters.push([name, 0]);
  }
  return parameters;
}

export interface ListAnswer {
  url: string;
  body: JsonValue;
  itemCount: number;
  linkHeader: string | null;
}

/**
 * The mark of the page after this one, or null at the end. Page numbers and offsets end at the first empty
 * page: a short page may only mean that the API's own limit is lower than the size asked for.
 */
export function nextMark(
  pagination: RestPagination,
  mark: PageMark,
  answer: ListAnswer,
  name: string,
): PageMark | null {
  switch (pagination.type) {
    case 'none':
      return null;
    case 'page': {
      const page = mark.kind === 'parameter' ? Number(mark.value) : (pagination.first ?? 1);
      return answer.itemCount === 0 ? null : { kind: 'parameter', value: String(page + 1) };
    }
    case 'offset': {
      const offset = mark.kind === 'parameter' ? Number(mark.value) : 0;
      return answer.itemCount === 0 ? null : { kind: 'parameter', value: String(offset + answer.itemCount) };
    }
    case 'link': {
      const next = linkNext(answer.linkHeader, name);
      return next === null ? null : { kind: 'url', value: sameOriginUrl(next, answer.url, name) };
    }
    case 'cursor': {
      const next = isObject(answer.body) ? valueAt(answer.body, pagination.nextFrom) : undefined;
      if (next === undefined || next === null || next === '' || next === false) return null;
      if (typeof next === 'object' || next === true) {
        throw new SourceFailure(
          'configuration',
          `${name}: ${pagination.nextFrom} is no mark of a page but ${kindOf(next)}`,
        );
      }
      return pagination.parameter === undefined
        ? { kind: 'url', value: sameOriginUrl(String(next), answer.url, name) }
        : { kind: 'parameter', value: String(next) };
    }
  }
}

/** The list inside an answer. Throws a configuration failure that says the path and what stands there. */
export function itemsOf(body: JsonValue, path: string, name: string): JsonValue[] {
  const found = path === '' ? body : isObject(body) ? valueAt(body, path) : undefined;
  if (Array.isArray(found)) return found;
  const where = path === '' ? 'the reply itself' : `items ${path}`;
  const inside = isObject(body)
    ? `; the reply is an object with ${fieldNames(body)}`
    : `; the reply is ${kindOf(body)}`;
  throw new SourceFailure(
    'configuration',
    `${name}: ${where} should be a list but is ${kindOf(found)}${path === '' ? '' : inside}`,
  );
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** What a value is, without saying the value. */
export function kindOf(value: JsonValue | undefined): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? `an object with ${fieldNames(value)}` : `a ${typeof value}`;
}

/** Some field names for a person who looks for the right path; odd names could be data and are left out. */
function fieldNames(value: JsonObject): string {
  const names = Object.keys(value).filter((name) => /^[A-Za-z_][\w-]{0,39}$/.test(name));
  return names.length === 0 ? 'no fields' : `the fields ${names.slice(0, 10).join(', ')}`;
}

function linkNext(header: string | null, name: string): string | null {
  if (header === null || header.trim() === '') return null;
  try {
    return LinkHeader.parse(header).rel('next')[0]?.uri ?? null;
  } catch {
    throw new SourceFailure('configuration', `${name}: its Link header cannot be read`);
  }
}

/** Our credentials go along with the next page: it must not lead to another host. */
function sameOriginUrl(next: string, current: string, name: string): string {
  const url = URL.canParse(next, current) ? new URL(next, current) : null;
  if (url === null) throw new SourceFailure('configuration', `${name}: the next page is no address`);
  if (url.origin !== new URL(current).origin) {
    throw new SourceFailure(
      'configuration',
      `${name}: the next page is on another host, which must not get the credentials`,
    );
  }
  return url.href;
}
