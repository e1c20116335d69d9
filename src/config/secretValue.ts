import { inspect } from 'node:util';

/** A secret of the environment: printing, logging or serialising it shows only that it is there. */
export interface SecretValue {
  /** The value itself, at its point of use. */
  reveal: () => string;
  toString: () => string;
  toJSON: () => string;
  [inspect.custom]: () => string;
}

const mask = '[secret]';

/** Wraps a value so that it cannot be printed by accident. */
export function secretValue(value: string): SecretValue {
  return { reveal: () => value, toString: () => mask, toJSON: () => mask, [inspect.custom]: () => mask };
}
