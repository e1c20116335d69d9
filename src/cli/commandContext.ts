import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readEnv, type EnvSettings } from '../config/env';
import { faultText, loadConfig } from '../config/loadConfig';
import type { TributaryConfig } from '../config/schema';
import { CliFailure } from './cliFailure';
import type { Output } from './output';
import { meansAnother, readRunning, type RunningSystem } from './runningFile';

/** Options that every command takes. */
export interface GlobalOptions {
  json?: boolean;
  config?: string;
  stateDir: string;
  portal?: string;
  verbose?: boolean;
}

/** What a command works with. */
export interface CommandContext {
  options: GlobalOptions;
  output: Output;
  /** The process's environment, filled up by that of the running system. */
  env: Record<string, string | undefined>;
  running: RunningSystem | null;
}

/**
 * Joins the environment with the system that `start` left in the state folder. Whoever points a command at another
 * database, Temporal or portal gets nothing of the running system, so that two systems are never mixed.
 */
export function commandContext(
  options: GlobalOptions,
  processEnvironment: Record<string, string | undefined>,
  output: Output,
): CommandContext {
  const running = readRunning(options.stateDir);
  if (!running || meansAnother(running, processEnvironment))
    return { options, output, env: processEnvironment, running: null };
  const given = Object.entries(processEnvironment).filter(([, value]) => value !== undefined && value !== '');
  return { options, output, env: { ...running.environment, ...Object.fromEntries(given) }, running };
}

/** The settings of the environment. @throws CliFailure naming every fault */
export function settingsOf(env: Record<string, string | undefined>): EnvSettings {
  const read = readEnv(env);
  if (read.ok) return read.settings;
  const lines = read.faults.map(({ name, message }) => `${name}: ${message}`);
  throw new CliFailure(`the environment has ${plural(lines.length, 'fault')}:\n${lines.join('\n')}`, 2);
}

/** Path of the configuration file: --config, else TRIBUTARY_CONFIG, else the one in this folder. */
export function configPathOf({ options, env }: Pick<CommandContext, 'options' | 'env'>): string {
  return resolve(options.config ?? settingsOf(env).configPath);
}

/** The configuration. @throws CliFailure with every fault by file, line and column */
export function configurationOf(
  context: Pick<CommandContext, 'options' | 'env'> & Partial<Pick<CommandContext, 'running'>>,
): TributaryConfig {
  const path = configPathOf(context);
  const loaded = loadConfig({ path, env: context.env, readSecretFile, now: new Date() });
  if (loaded.ok) return loaded.config;
  const lines = loaded.faults.map(faultText);
  const isSecretMissing = loaded.faults.some(({ message }) => message.startsWith('missing secret'));
  const hint =
    isSecretMissing && context.running === null
      ? 'no system was started in this folder; npm start does'
      : undefined;
  throw new CliFailure(
    `the configuration has ${plural(lines.length, 'fault')}:\n${lines.join('\n')}`,
    2,
    hint,
  );
}

/** Name of the portal meant: --portal, else the only one. @throws CliFailure when it must be said */
export function portalNameOf(options: GlobalOptions, names: readonly string[]): string {
  const list = names.join(', ');
  const { portal } = options;
  if (portal !== undefined) {
    if (names.includes(portal)) return portal;
    throw new CliFailure(`there is no portal "${portal}"`, 2, `known: ${list}`);
  }
  if (names.length === 1) return names[0]!;
  throw new CliFailure('there is more than one portal', 2, `say --portal with one of ${list}`);
}

export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

function readSecretFile(path: string): string {
  return readFileSync(path, 'utf8');
}
