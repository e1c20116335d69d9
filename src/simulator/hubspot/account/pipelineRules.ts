import type { Problem } from '../crm/planWrite';
import type { Portal } from '../portal';
import type { ObjectTable, StoredRecord } from '../crm/recordTable';

/** The properties that hold pipeline and stage, by object type; custom objects with pipelines use the second pair. */
function pipelineProperties(typeId: string): { pipeline: string; stage: string } {
  return typeId === '0-3'
    ? { pipeline: 'pipeline', stage: 'dealstage' }
    : { pipeline: 'hs_pipeline', stage: 'hs_pipeline_stage' };
}

/**
 * A pipeline must exist and a stage must belong to the record's pipeline; a stage given without a pipeline on a
 * new record falls into the default one, which is added to `properties`.
 */
export function checkPipeline(
  portal: Portal,
  table: ObjectTable,
  record: StoredRecord | undefined,
  properties: Record<string, string>,
): Problem[] {
  const pipelines = portal.pipelines.get(table.typeId);
  if (!pipelines) return [];
  const names = pipelineProperties(table.typeId);
  const wantsStage = properties[names.stage];
  const wantsPipeline = properties[names.pipeline];
  if (!wantsStage && !wantsPipeline) return [];
  const first = pipelines.find((pipeline) => !pipeline.archived)?.id ?? '';
  const pipelineId = wantsPipeline || record?.properties[names.pipeline] || first;
  const pipeline = pipelines.find((candidate) => candidate.id === pipelineId && !candidate.archived);
  if (!pipeline) {
    const allowed = pipelines.map(({ id, label }) => `label: "${label}" value: "${id}"`).join(', ');
    return [invalidOption(names.pipeline, pipelineId, allowed)];
  }
  const stage = wantsStage ?? record?.properties[names.stage] ?? '';
  const stages = pipeline.stages.filter((candidate) => !candidate.archived);
  if (stage !== '' && !stages.some((candidate) => candidate.id === stage)) {
    const allowed = stages.map(({ id, label }) => `label: "${label}" value: "${id}"`).join(', ');
    return [invalidOption(names.stage, stage, allowed)];
  }
  if (!record && !wantsPipeline) properties[names.pipeline] = pipeline.id;
  return [];
}

function invalidOption(name: string, value: string, allowed: string): Problem {
  return {
    name,
    code: 'INVALID_OPTION',
    message: `${value} was not one of the allowed options: [${allowed}]`,
  };
}
