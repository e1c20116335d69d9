import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the ports that operating systems give to outgoing connections (Linux from 32768, others from 49152). A server
 * that was killed finds its port free when it comes back, and whoever connects to it meanwhile cannot be given that very
 * port for his own end, which TCP would take for an answer.
 */
const firstPort = 15_000;
const lastPort = 32_000;
const triesMax = 50;

/**
 * Finds a TCP port that nothing listens on at 127.0.0.1 right now. Another process may take it before the
 * caller does: whoever binds it must be ready to ask again.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const port = await boundPort(randomInt(firstPort, lastPort)).catch(() => null);
    if (port !== null) return port;
  }
  // A machine that allows none of these still has one to give.
  return boundPort(0);
}

function boundPort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address && typeof address === 'object') resolve(address.port);
        else reject(new Error('the operating system gave no port'));
      });
    });
  });
}
