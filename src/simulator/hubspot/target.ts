import { readPath } from './paths';
import type { Bucket } from './limits/limits';
import { matchRoute, type Route } from './routes';
import type { Simulator } from './simulator';

/** What a request asks for. Without a `route` HubSpot knows no such address. */
export interface Target {
  method: string;
  address: string;
  pathname: string;
  query: URLSearchParams;
  version: string;
  route: Route | undefined;
  params: Record<string, string>;
  bucket: Bucket;
  /** Method and route template, for the stats. */
  endpoint: string;
}

/** Reads method and address of a request. */
export function readTarget(method: string, address: string): Target {
  const at = address.indexOf('?');
  const pathname = at < 0 ? address : address.slice(0, at);
  const path = readPath(pathname);
  const found = path && matchRoute(method, path.api, path.rest);
  return {
    method,
    address,
    pathname,
    query: new URLSearchParams(at < 0 ? '' : address.slice(at + 1)),
    version: path?.version ?? '',
    route: found?.route,
    params: found?.params ?? {},
    bucket: found?.route.bucket ?? 'burst',
    endpoint: `${method} ${path && found ? `${path.shape}${template(found.route)}` : 'unknown'}`,
  };
}

function template(route: Route): string {
  return route.segments
    .map((segment) => `/${segment.startsWith(':') ? `{${segment.slice(1)}}` : segment}`)
    .join('');
}

/** Object type(s) and operation, e.g. `contacts batch/upsert`; undefined for calls about no object type. */
export function operationOf(simulator: Simulator, { route, params }: Target): string | undefined {
  const given = [params['type'] ?? params['from'], params['to']].filter((name) => name !== undefined);
  if (!route || given.length === 0) return undefined;
  const { tables, names } = simulator.portal;
  const types = given.map((name) => tables.get(names.get(name.toLowerCase()) ?? '')?.name ?? 'unknown');
  return `${types.join('-')} ${route.operation}`;
}
