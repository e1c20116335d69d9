import { order } from './simulatorStats';
import type { Stack } from './stack';
import { syncOnce } from './river';

/** Share of the source rows that change, so that the bulk run has records to write while people edit. */
const changedShare = 0.5;
const editsPerSecond = 10;
const pollMs = 25;
/** A language that no source knows: who has it, has it from the edit, and not from the bulk run. */
const wanted = 'nl';
/** After the last edit: what has not arrived then is lost. */
const patienceMs = 60_000;

export interface EditFigures {
  edits: number;
  /** Milliseconds from a person's edit in HubSpot beside the run, sorted; Infinity where it did not arrive. */
  toGolden: number[];
  toSource: number[];
  /** How long the bulk run took beside them. */
  bulkSeconds: number;
  /** How many of them were made before it ended: the later ones had the machine for themselves. */
  beside: number;
}

/** A contact of HubSpot that English Online knows too. */
interface Contact {
  recordId: string;
  subscriber: string;
}

interface Edit extends Contact {
  at: number;
  golden: number;
  source: number;
}

/**
 * People edit the preferred language in HubSpot while a bulk run writes: how long until the master record has it, and until
 * English Online has it, as they themselves say. In: a stack whose first run has ended.
 */
export async function editLatency(
  stack: Stack,
  count: number,
  say: (line: string) => void,
): Promise<EditFigures> {
  const apiUrl = await stack.startApi();
  await subscribe(stack, apiUrl);
  const contacts = await sharedContacts(stack, count);
  await stack.change(changedShare);
  say(
    `${contacts.length} edits, ${editsPerSecond} a second, while ${changedShare * 100}% of the rows are read and written`,
  );
  const began = performance.now();
  const bulk = syncOnce(stack, 'bulk-beside-edits');
  const edits: Edit[] = [];
  const watching = watch(stack, edits, contacts.length);
  for (const contact of contacts) {
    const edit = { ...contact, at: performance.now(), golden: Infinity, source: Infinity };
    edits.push(edit);
    await order(stack.simulatorUrl, 'edit', {
      objectType: 'contacts',
      id: contact.recordId,
      properties: { preferred_language: wanted },
    });
    await pause(1_000 / editsPerSecond);
  }
  await watching;
  const bulkSeconds = (await bulk).seconds;
  const beside = edits.filter(({ at }) => at < began + bulkSeconds * 1_000);
  const sorted = (place: 'golden' | 'source') =>
    beside.map((edit) => edit[place] - edit.at).sort((a, b) => a - b);
  return {
    edits: edits.length,
    toGolden: sorted('golden'),
    toSource: sorted('source'),
    bulkSeconds,
    beside: beside.length,
  };
}

/** As a person does in the app at HubSpot. */
async function subscribe(stack: Stack, apiUrl: string): Promise<void> {
  const clientSecret = stack.environment['HUBSPOT_CLIENT_SECRET'];
  await order(stack.simulatorUrl, 'settings', {
    webhooks: { url: `${apiUrl}/webhooks/hubspot`, clientSecret },
  });
}

async function sharedContacts({ pool, portalId }: Stack, count: number): Promise<Contact[]> {
  const { rows } = await pool.query<Contact>(
    `select k.record_id as "recordId", min(m.record_key) as subscriber
     from known_states k
       join golden_records g using (portal_id, object_type, golden_id)
       join mapped_records m using (portal_id, object_type, golden_id)
     where portal_id = $1 and object_type = 'contacts' and k.target = 'hubspot' and m.source = 'eol'
       and not k.archived
     group by 1 having count(*) = 1 order by 1 limit $2`,
    [portalId, count],
  );
  return rows;
}

/** Asks both sides until every edit has arrived, or for so long after the last one. */
async function watch(stack: Stack, edits: Edit[], count: number): Promise<void> {
  let last = performance.now();
  const isMissing = () => edits.some(({ source, golden }) => source === Infinity || golden === Infinity);
  while (edits.length < count || (isMissing() && performance.now() - last < patienceMs)) {
    if (edits.length < count) last = performance.now();
    const inGolden = await goldenLanguages(
      stack,
      edits.filter(({ golden }) => golden === Infinity),
    );
    const inSource = await subscribersSince(stack, firstMissing(edits));
    const now = performance.now();
    for (const edit of edits) {
      if (edit.golden === Infinity && inGolden.get(edit.recordId) === wanted) edit.golden = now;
      if (edit.source === Infinity && inSource.get(edit.subscriber) === wanted) edit.source = now;
    }
    await pause(pollMs);
  }
}

/** When the first edit was made that did not arrive yet, a second earlier: asking for more would be load of our own. */
function firstMissing(edits: Edit[]): string {
  const at = edits.find(({ source }) => source === Infinity)?.at ?? performance.now();
  return new Date(performance.timeOrigin + at - 1_000).toISOString();
}

async function goldenLanguages(
  { pool, portalId }: Stack,
  pending: Edit[],
): Promise<Map<string, string | null>> {
  const { rows } = await pool.query<{ recordId: string; language: string | null }>(
    `select k.record_id as "recordId", g.values ->> 'preferred_language' as language from known_states k join golden_records g
       on (g.portal_id, g.object_type, g.golden_id) = (k.portal_id, k.object_type, k.golden_id)
     where k.portal_id = $1 and k.target = 'hubspot' and k.object_type = 'contacts' and k.record_id = any ($2::text[])`,
    [portalId, pending.map(({ recordId }) => recordId)],
  );
  return new Map(rows.map(({ recordId, language }) => [recordId, language]));
}

/** What English Online itself shows of those who changed. */
async function subscribersSince({ environment }: Stack, since: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (let page = 1; ; page += 1) {
    const url = `${environment['EOL_URL']}/api/subscribers?changedAfter=${since}&perPage=500&page=${page}`;
    const reply = await fetch(url, { headers: { 'x-api-key': environment['EOL_API_KEY'] ?? '' } });
    const { subscribers } = (await reply.json()) as {
      subscribers: ({ id?: string; language?: string } | null)[];
    };
    for (const one of subscribers) if (one?.id) found.set(String(one.id), one.language ?? '');
    if (subscribers.length < 500) return found;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The figures as text, with the goal of the issue. */
export function editLines({ edits, beside, toGolden, toSource, bulkSeconds }: EditFigures): string[] {
  const line = (name: string, sorted: number[]) => {
    const at = (share: number) => {
      const ms = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Infinity;
      return `${(ms / 1_000).toFixed(2)} s`;
    };
    const lost = sorted.filter((ms) => ms === Infinity).length;
    return `  ${name}  p50 ${at(0.5)}, p95 ${at(0.95)}, slowest ${at(1)}; ${lost} lost`;
  };
  return [
    `a person's edit in HubSpot, ${beside} of ${edits} beside a bulk run of ${bulkSeconds.toFixed(1)} s, and only those count (goal: p95 2 s)`,
    line('to the master record   ', toGolden),
    line('to English Online      ', toSource),
  ];
}
