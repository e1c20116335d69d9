import { get } from 'node:http';

/** Environment variable that holds the broker's URL during a jest run (set by globalSetup). */
export const brokerVariable = 'TRIBUTARY_TEST_BROKER';

/**
 * Asks for one of the run's servers, which starts with the first question. The first question for Temporal may take
 * minutes on a machine that has to build it; so no deadline here, jest's own applies.
 */
export function askBroker<Answer>(name: string): Promise<Answer> {
  const broker = process.env[brokerVariable];
  if (!broker) throw new Error('no test servers: this runs only under jest with its globalSetup');
  // Not fetch: it gives up after 5 minutes without headers.
  return new Promise((resolve, reject) => {
    // A connection of its own: one that was kept could be closed by the broker at the moment it is used again.
    get(`${broker}/${name}`, { agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        const body = JSON.parse(text) as Answer & { error?: string };
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`the test server ${name} did not start: ${body.error}`));
      });
    }).on('error', reject);
  });
}
