import { parseArgs } from 'node:util';

const measures = ['throughput', 'calls', 'compare', 'quota', 'memory', 'edits', 'webhooks'] as const;
export type Measure = (typeof measures)[number];

export interface BenchOptions {
  people: number;
  seed: number;
  only: Measure[];
  json: boolean;
  /** How long the quota is measured with each number of workers. */
  minutes: number;
  workers: number[];
  /** Records of each call of the quota measure: fewer cost less CPU and the same quota. */
  recordsPerCall: number;
  /** Contacts that the search-then-write recipe gets, with and without limits: it makes five a second with them. */
  recipeRecords: number;
  /** Contacts that people edit in the measure of edits. */
  edits: number;
  /** Sizes that the memory measure compares: the first is the yardstick. */
  memoryPeople: number[];
  /** Folder for CPU profiles of the worker's threads. */
  profile: string | null;
  /** More environment of the worker, e.g. `TRIBUTARY_WORKER_ACTIVITIES=10`. */
  workerEnv: Record<string, string>;
  /** Settings of Postgres on top of the product's, e.g. `shared_preload_libraries=auto_explain`. */
  postgresSettings: Record<string, string>;
  /** Where the servers and their logs live; kept afterwards when named. */
  folder: string | null;
}

const usage = `npm run bench -- [options]
  --people N            people of the demo world (default 10000)
  --seed N              its seed (default 1)
  --only LIST           of ${measures.join(', ')} (default: all but memory, edits and webhooks)
  --minutes N           of the quota measure, per number of workers (default 5)
  --records-per-call N  of the quota measure (default 100): fewer where the machine has no CPU to spare
  --recipe-records N    contacts that the search-then-write recipe gets (default 300)
  --workers LIST        numbers of workers of the quota measure (default 1,2,4)
  --edits N             contacts that people edit (default 200)
  --memory-people LIST  sizes to compare (default 10000,100000)
  --json                the figures as one JSON document
  --folder PATH         keep the servers' state and logs there
  --profile PATH        CPU profiles of the worker go there
  --worker-env K=V      repeatable; environment of the worker
  --postgres-set K=V    repeatable; settings of Postgres`;

/** Reads the command line. @throws with the usage where it is wrong */
export function readOptions(args: string[]): BenchOptions {
  const text = { type: 'string' } as const;
  const list = { type: 'string', multiple: true } as const;
  const { values } = parseArgs({
    args,
    options: {
      ...{ people: text, seed: text, only: text, folder: text, profile: text, json: { type: 'boolean' } },
      ...{
        minutes: text,
        workers: text,
        'recipe-records': text,
        edits: text,
        'records-per-call': text,
        'memory-people': text,
        'worker-env': list,
        'postgres-set': list,
      },
    },
  });
  const only = values.only?.split(',') ?? ['throughput', 'calls', 'compare', 'quota'];
  const unknown = only.filter((name) => !measures.includes(name as Measure));
  if (unknown.length > 0) throw new Error(`there is no measure ${unknown.join(', ')}\n${usage}`);
  return {
    people: wholeNumber(values.people ?? '10000'),
    seed: wholeNumber(values.seed ?? '1'),
    only: only as Measure[],
    json: values.json ?? false,
    minutes: wholeNumber(values.minutes ?? '5'),
    recordsPerCall: wholeNumber(values['records-per-call'] ?? '100'),
    recipeRecords: wholeNumber(values['recipe-records'] ?? '300'),
    workers: (values.workers ?? '1,2,4').split(',').map(wholeNumber),
    edits: wholeNumber(values.edits ?? '200'),
    memoryPeople: (values['memory-people'] ?? '10000,100000').split(',').map(wholeNumber),
    profile: values.profile ?? null,
    workerEnv: pairs(values['worker-env']),
    postgresSettings: pairs(values['postgres-set']),
    folder: values.folder ?? null,
  };
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${text} is no whole number above 0\n${usage}`);
  return Number(text);
}

function pairs(texts: string[] = []): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new Error(`${text} is not of the form K=V\n${usage}`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}
