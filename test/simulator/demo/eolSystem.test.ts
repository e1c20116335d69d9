import { startEol, type EolSystem } from '../../../src/simulator/demo/eolSystem';
import { generateWorld } from '../../../src/simulator/demo/generate';
import { rowsOf } from '../../../src/simulator/demo/world';

const world = generateWorld({ seed: 2, people: 60, changes: [] });
const [subscriber] = [...rowsOf(world, 'eol', 'subscribers')].filter(({ raw }) => raw);

let eol: EolSystem;
let kept: number;
/** What is being kept, each to be ended. */
let keeping: (() => void)[];
const go = () => keeping.splice(0).forEach((end) => end());

beforeEach(async () => {
  kept = 0;
  keeping = [];
  eol = await startEol(world, 'key', 0, {}, () => {
    kept += 1;
    return new Promise((resolve) => keeping.push(resolve));
  });
});
afterEach(() => eol.stop());

const change = (idempotencyKey: string) =>
  fetch(`${eol.url}/api/subscribers/${subscriber!.key}`, {
    method: 'PATCH',
    headers: { 'x-api-key': 'key', 'idempotency-key': idempotencyKey },
    body: JSON.stringify({ contactNumber: '+4479460000' }),
  });

/** Until so many are being kept. */
async function begun(keeps: number): Promise<void> {
  while (kept < keeps) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Calls one after the other: what was sent before them has arrived by then. */
async function othersAnswered(): Promise<void> {
  for (let n = 0; n < 20; n += 1)
    await (await fetch(`${eol.url}/api/subscribers`, { headers: { 'x-api-key': 'key' } })).text();
}

test('a change that comes again, also while it is still being made, is made once', async () => {
  const first = change('a');
  await begun(1);
  const again = change('a');
  await othersAnswered();
  go();
  const bodies = await Promise.all([first, again].map(async (reply) => (await reply).text()));
  expect(bodies[1]).toBe(bodies[0]);
  expect((await change('a')).status).toBe(200);
  expect([...eol.writes()]).toEqual([[subscriber!.key, 1]]);
});

test('another change is made too', async () => {
  const first = change('a');
  await begun(1);
  go();
  await first;
  const other = change('b');
  await begun(2);
  go();
  expect((await other).status).toBe(200);
  expect([...eol.writes()]).toEqual([[subscriber!.key, 2]]);
});
