import { accountDetails, dailyUsage, getOwner, listOwners, tokenInfo } from './account/accountApi';
import {
  batchLink,
  batchLinkDefault,
  batchReadLinks,
  batchUnlabel,
  batchUnlink,
} from './crm/associationBatches';
import { createLabel, deleteLabel, listLabels, updateLabel } from './crm/associationLabels';
import { linkDefault, linkLabelled, readLinks, unlink } from './crm/associationSingles';
import { batchRead } from './crm/batchRead';
import { batchArchive, batchCreate, batchUpdate, batchUpsert } from './crm/batchWrites';
import type { Call, Reply } from './call';
import type { Bucket } from './limits/limits';
import { earliestFiles, latestFiles, nextFiles } from './webhooks/journalApi';
import { mergeRecords } from './crm/merge';
import { introspect, revoke, token, uninstall } from './oauth/oauthApi';
import { createPipeline, getPipeline, getStage, listPipelines, listStages } from './account/pipelinesApi';
import * as properties from './account/propertiesApi';
import { archiveGroup, createGroup, getGroup, listGroups } from './account/propertyGroupsApi';
import { createSchema, getSchema, listSchemas } from './account/schemasApi';
import { searchRecords } from './crm/search';
import { archiveRecord, createRecord, gdprDelete, getRecord, listRecords, updateRecord } from './crm/singles';
import { getRules, listRules, putRule } from './account/validationsApi';

/** What answers a method and path. `operation` names it in the stats. */
export interface Route {
  method: string;
  api: string;
  segments: string[];
  handler: (call: Call) => Reply;
  bucket: Bucket;
  /** Reads may be POSTs; scopes and stats want to know. */
  writes: boolean;
  operation: string;
}

type Row = [spec: string, handler: (call: Call) => Reply, traits?: { bucket?: Bucket; reads?: boolean }];

const asRead = { reads: true };
const asLinks: { bucket: Bucket } = { bucket: 'associations' };

// Literal segments stand before parameters: the first match wins.
const rows: Row[] = [
  ['POST objects/:type/batch/read', batchRead, asRead],
  ['POST objects/:type/batch/create', batchCreate],
  ['POST objects/:type/batch/update', batchUpdate],
  ['POST objects/:type/batch/upsert', batchUpsert],
  ['POST objects/:type/batch/archive', batchArchive],
  ['POST objects/:type/search', searchRecords, { bucket: 'search', reads: true }],
  ['POST objects/:type/merge', mergeRecords],
  ['POST objects/:type/gdpr-delete', gdprDelete],
  ['GET objects/:type', listRecords],
  ['POST objects/:type', createRecord],
  ['GET objects/:type/:id', getRecord],
  ['PATCH objects/:type/:id', updateRecord],
  ['DELETE objects/:type/:id', archiveRecord],
  ['PUT objects/:from/:fromId/associations/default/:to/:toId', linkDefault],
  ['PUT objects/:from/:fromId/associations/:to/:toId', linkLabelled],
  ['DELETE objects/:from/:fromId/associations/:to/:toId', unlink],
  ['GET objects/:from/:fromId/associations/:to', readLinks],
  ['POST associations/:from/:to/batch/create', batchLink, asLinks],
  ['POST associations/:from/:to/batch/associate/default', batchLinkDefault, asLinks],
  ['POST associations/:from/:to/batch/read', batchReadLinks, { ...asLinks, ...asRead }],
  ['POST associations/:from/:to/batch/archive', batchUnlink, asLinks],
  ['POST associations/:from/:to/batch/labels/archive', batchUnlabel, asLinks],
  ['GET associations/:from/:to/labels', listLabels],
  ['POST associations/:from/:to/labels', createLabel],
  ['PUT associations/:from/:to/labels', updateLabel],
  ['DELETE associations/:from/:to/labels/:typeId', deleteLabel],
  ['GET properties/:type/groups', listGroups],
  ['POST properties/:type/groups', createGroup],
  ['GET properties/:type/groups/:name', getGroup],
  ['DELETE properties/:type/groups/:name', archiveGroup],
  ['POST properties/:type/batch/create', properties.createProperties],
  ['POST properties/:type/batch/read', properties.readPropertiesBatch, asRead],
  ['POST properties/:type/batch/archive', properties.archiveProperties],
  ['GET properties/:type', properties.listProperties],
  ['POST properties/:type', properties.createProperty],
  ['GET properties/:type/:name', properties.getProperty],
  ['PATCH properties/:type/:name', properties.updateProperty],
  ['DELETE properties/:type/:name', properties.archiveProperty],
  ['GET property-validations/:type', listRules],
  ['GET property-validations/:type/:name', getRules],
  ['PUT property-validations/:type/:name/rule-type/:rule', putRule],
  ['GET owners', listOwners],
  ['GET owners/:id', getOwner],
  ['GET pipelines/:type', listPipelines],
  ['POST pipelines/:type', createPipeline],
  ['GET pipelines/:type/:pipelineId', getPipeline],
  ['GET pipelines/:type/:pipelineId/stages', listStages],
  ['GET pipelines/:type/:pipelineId/stages/:stageId', getStage],
  ['GET schemas', listSchemas],
  ['POST schemas', createSchema],
  ['GET schemas/:type', getSchema],
  ['GET account/details', accountDetails],
  ['GET account/api-usage/daily/private-apps', dailyUsage],
  ['POST token/info', tokenInfo, asRead],
  ['GET journal/batch/earliest/:count', earliestFiles, asRead],
  ['GET journal/batch/latest/:count', latestFiles, asRead],
  ['GET journal/batch/:offset/next/:count', nextFiles, asRead],
  ['POST oauth/token', token, asRead],
  ['POST oauth/token/introspect', introspect, asRead],
  ['POST oauth/token/revoke', revoke, asRead],
  ['DELETE appinstalls/external-install', uninstall, asRead],
];

const routes = new Map<string, Route[]>();
for (const [spec, handler, traits] of rows) {
  const [method = '', path = ''] = spec.split(' ');
  const [api = '', ...segments] = path.split('/');
  const route: Route = {
    method,
    api,
    segments,
    handler,
    bucket: traits?.bucket ?? 'burst',
    writes: method !== 'GET' && !traits?.reads,
    operation: segments.filter((segment) => !segment.startsWith(':')).join('/') || method.toLowerCase(),
  };
  const key = `${method} ${api} ${segments.length}`;
  routes.set(key, [...(routes.get(key) ?? []), route]);
}

/** The route of a method and the segments after the API's name, with the values of its parameters. */
export function matchRoute(
  method: string,
  api: string,
  segments: readonly string[],
): { route: Route; params: Record<string, string> } | undefined {
  for (const route of routes.get(`${method} ${api} ${segments.length}`) ?? []) {
    const params: Record<string, string> = {};
    const fits = route.segments.every((wanted, at) => {
      const given = segments[at] as string;
      if (!wanted.startsWith(':')) return wanted === given;
      params[wanted.slice(1)] = given;
      return given !== '';
    });
    if (fits) return { route, params };
  }
  return undefined;
}
