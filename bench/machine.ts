import { cpus, loadavg, release, totalmem } from 'node:os';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Machine {
  cpu: string;
  cores: number;
  memoryGb: number;
  system: string;
  /** Of the last minute, before the measures: above the cores, others were at work. */
  loadBefore: number;
  node: string;
  tributary: string;
}

/** What the figures were taken on. */
export function machine(): Machine {
  const processors = cpus();
  const { version } = JSON.parse(readFileSync(join(__dirname, '../../../package.json'), 'utf8')) as {
    version: string;
  };
  return {
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    loadBefore: Math.round(loadavg()[0]! * 10) / 10,
    node: process.version,
    tributary: version,
  };
}
