import express, { type Request, type RequestHandler } from 'express';
import { ApiProblem } from '../problem';
import type { WebhookCounts } from './webhookCounts';

/** A hundred events with the longest property values that HubSpot takes (65,536 characters) fit. */
const bodyBytesMax = 8 * 1024 * 1024;

/** Reads the body as the very bytes that were signed; what cannot be read is refused without a word why. */
export function webhookBody(counts: WebhookCounts): RequestHandler {
  const raw = express.raw({ type: () => true, limit: bodyBytesMax, inflate: false });
  return (request, response, next) => {
    raw(request, response, (error?: unknown) => {
      if (error === undefined) return next();
      const isTooLarge = (error as { type?: unknown }).type === 'entity.too.large';
      counts.request(isTooLarge ? 'tooLarge' : 'malformed');
      next(new ApiProblem(isTooLarge ? 'too-large' : 'bad-request', { cause: error }));
    });
  };
}

/** The bytes of the body; none where there was no body. */
export function bytesOf(request: Request): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}
