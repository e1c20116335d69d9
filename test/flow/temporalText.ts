import type { Client } from '@temporalio/client';

/**
 * Everything that Temporal holds of a namespace as one text: every event of every execution with its payloads decoded
 * (arguments, results, failures, heartbeats, summaries), and what the executions' descriptions say (memo, search
 * attributes).
 */
export async function temporalText(
  client: Client,
): Promise<{ text: string; executions: number; events: number }> {
  const parts: string[] = [];
  let [executions, events] = [0, 0];
  for await (const { workflowId, runId } of client.workflow.list()) {
    executions += 1;
    const handle = client.workflow.getHandle(workflowId, runId);
    const history = await handle.fetchHistory();
    events += history.events?.length ?? 0;
    parts.push(readable(history), readable((await handle.describe()).raw));
  }
  return { text: parts.join('\n'), executions, events };
}

/** The longest history of a namespace, in events, and whose it is. */
export async function longestHistory(client: Client): Promise<{ workflowId: string; events: number }> {
  let longest = { workflowId: '', events: 0 };
  for await (const { workflowId, historyLength } of client.workflow.list()) {
    if (historyLength > longest.events) longest = { workflowId, events: historyLength };
  }
  return longest;
}

/** protobufjs would write bytes as base64 by itself, so this walks the message by hand. */
function readable(message: unknown): string {
  return JSON.stringify(plain(message));
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}
