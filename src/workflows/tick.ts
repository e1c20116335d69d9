import { prompt } from './activityProxies';

/** Every minute: rings lanes that have work, so that a lost bell costs a minute and not data. */
export async function tick(): Promise<void> {
  await prompt('ring every lane that has work').ringLanes();
}
