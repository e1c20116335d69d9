import { asArray, asObject, asText, bodyObject, param, type Call, type Reply } from '../call';
import { tableOf } from '../portal';
import { invalid, notFound, Rejected } from '../rejection';
import { pipeline, type Pipeline, type PipelineStage } from './referenceData';

function pipelinesOf(call: Call): { typeId: string; pipelines: Pipeline[] } {
  const { typeId } = tableOf(call.portal, param(call, 'type'));
  return { typeId, pipelines: (call.portal.pipelines.get(typeId) ?? []).filter((one) => !one.archived) };
}

function onePipeline(call: Call): Pipeline {
  const found = pipelinesOf(call).pipelines.find(({ id }) => id === param(call, 'pipelineId'));
  if (found) return found;
  throw new Rejected(notFound());
}

/** GET pipelines of an object type with their stages. */
export function listPipelines(call: Call): Reply {
  return { status: 200, body: { results: pipelinesOf(call).pipelines } };
}

/** GET one pipeline. */
export function getPipeline(call: Call): Reply {
  return { status: 200, body: onePipeline(call) };
}

/** GET the stages of a pipeline. */
export function listStages(call: Call): Reply {
  return { status: 200, body: { results: onePipeline(call).stages } };
}

/** GET one stage. */
export function getStage(call: Call): Reply {
  const stage = onePipeline(call).stages.find(({ id }: PipelineStage) => id === param(call, 'stageId'));
  if (!stage) throw new Rejected(notFound());
  return { status: 200, body: stage };
}

/** POST a pipeline with stages: 201. Ids are made from the labels unless given. */
export function createPipeline(call: Call): Reply {
  const { typeId, pipelines } = pipelinesOf(call);
  const body = bodyObject(call);
  const label = asText(body['label'], 'label');
  const idOf = (value: unknown, text: string): string =>
    typeof value === 'string' ? value : text.toLowerCase().replace(/[^a-z0-9]+/g, '_');
  const stages = asArray(body['stages'], 'stages').map((item): [string, string, Record<string, string>] => {
    const stage = asObject(item, 'stages');
    const name = asText(stage['label'], 'stages.label');
    const metadata = asObject(stage['metadata'] ?? {}, 'stages.metadata');
    const texts = Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, String(value)]));
    return [idOf(stage['stageId'], name), name, texts];
  });
  const id = idOf(body['pipelineId'], label);
  if (pipelines.some((one) => one.id === id || one.label === label)) {
    throw new Rejected(invalid(`A pipeline ${label} already exists`));
  }
  const created = { ...pipeline(id, label, stages), displayOrder: pipelines.length };
  call.write({ do: 'pipelines', type: typeId, pipelines: [...pipelines, created] });
  return { status: 201, body: created };
}
