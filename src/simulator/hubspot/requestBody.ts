import type { IncomingMessage } from 'node:http';
import { malformed, type Rejection } from './rejection';

const bodyBytesMax = 20 * 1024 * 1024;

/** A request's body as text; undefined when it is above the bound (it is read to its end all the same). */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= bodyBytesMax) chunks.push(chunk);
  }
  return size > bodyBytesMax ? undefined : Buffer.concat(chunks).toString('utf8');
}

/** The JSON value of a body, or why there is none. An empty body has the value undefined. */
export function parseBody(text: string | undefined): { value: unknown } | { rejection: Rejection } {
  if (text === undefined) return { rejection: { status: 413, message: 'Request entity too large' } };
  if (text === '') return { value: undefined };
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1] ?? '0';
    return { rejection: malformed('Unexpected character', Number(position) + 1) };
  }
}

/** The fields of a form, or why there are none: OAuth's endpoints take nothing else (facts 7). */
export function parseForm(
  text: string | undefined,
  contentType: string | undefined,
): { value: unknown } | { rejection: Rejection } {
  if (!/^application\/x-www-form-urlencoded\b/.test(contentType ?? ''))
    return { rejection: { status: 415, message: 'HTTP 415 Unsupported Media Type' } };
  return { value: Object.fromEntries(new URLSearchParams(text ?? '')) };
}

/** Number of inputs of a batch body; any other body is one. */
export function countInputs(body: unknown): number {
  const inputs = (body as { inputs?: unknown } | null | undefined)?.inputs;
  return Array.isArray(inputs) ? inputs.length : 1;
}
