import type { ProcessText } from './mergeTexts';

const scrapeMs = 2_000;
/** A worker's text is some hundred kilobytes; what is larger is no worker. */
const bytesMax = 8_000_000;

/** Asks every worker for its metrics, side by side. Out: one per address; `text` is null where there was no answer. */
export function workerTexts(urls: string[]): Promise<ProcessText[]> {
  return Promise.all(
    urls.map(async (url, index) => ({ process: `worker-${index + 1}`, text: await textOf(url) })),
  );
}

async function textOf(url: string): Promise<string | null> {
  try {
    const reply = await fetch(url, { signal: AbortSignal.timeout(scrapeMs), redirect: 'error' });
    if (!reply.ok || !reply.body) return null;
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of reply.body) {
      bytes += chunk.byteLength;
      if (bytes > bytesMax) return null;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch {
    return null;
  }
}
