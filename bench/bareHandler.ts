import type { AddressInfo } from 'node:net';
import express from 'express';
import { verifySignature } from '../src/hubspot/signature';

/** The yardstick of the webhook receiver: Express, the signature, 200, and nothing is kept. */
const [clientSecret = ''] = process.argv.slice(2);
const apps = [{ clientSecret, acceptV1: false }];
const app = express();
app.disable('x-powered-by');
let url = '';
app.post('/webhooks/hubspot', express.raw({ type: () => true }), (request, response) => {
  const verdict = verifySignature(
    {
      method: request.method,
      uri: url + request.originalUrl,
      body: request.body as Buffer,
      header: (name) => request.get(name),
    },
    apps,
    Date.now(),
  );
  response.status('app' in verdict ? 200 : 401).end();
});
const server = app.listen(0, '127.0.0.1', () => {
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.stdout.write(`${JSON.stringify({ event: 'handler_ready', url })}\n`);
});
