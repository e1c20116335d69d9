import type { BlowKind } from './faultKinds';
import type { Blow } from './plan';
import { control } from '../support/simulatorControl';
import { accessToken, type Stack } from './stack';

/** Blows that wait for their call numbers. */
export interface Disturbance {
  hits: Map<BlowKind, number>;
  /** No more blows from now on; waits until the last one is over and all is up again. */
  end(): Promise<void>;
}

/** Prepares blows, counted from the next call on. */
export function disturb(stack: Stack, blows: readonly Blow[], tell: (what: string) => void): Disturbance {
  const hits = new Map<BlowKind, number>();
  const underWay: Promise<void>[] = [];
  for (const blow of blows) {
    stack.calls.at(blow.atCall, () => {
      hits.set(blow.kind, (hits.get(blow.kind) ?? 0) + 1);
      tell(blow.kind);
      underWay.push(strike(stack, blow).then(() => tell(`over: ${blow.kind}`)));
    });
  }
  return {
    hits,
    async end() {
      stack.calls.clear();
      await Promise.all(underWay);
    },
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function strike(stack: Stack, { kind, worker, forMs }: Blow): Promise<void> {
  switch (kind) {
    case 'kill worker':
      return stack.workers.kill(worker);
    case 'stop worker':
      return stack.workers.stopFor(worker, forMs);
    case 'kill Temporal':
      return stack.temporalServer.killAndRestart();
    case 'kill Postgres':
      return stack.postgres.killAndRestart();
    case 'cut to Temporal':
      stack.line.cut();
      await pause(forMs);
      return stack.line.mend();
    case 'token expires':
      await control(stack.simulatorUrl, 'settings', { tokens: [{ token: accessToken, expiresInMs: 0 }] });
      await pause(forMs);
      await control(stack.simulatorUrl, 'settings', { tokens: [accessToken] });
  }
}
