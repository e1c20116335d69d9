import {
  pino,
  type Bindings,
  type ChildLoggerOptions,
  type DestinationStream,
  type Logger,
  type LoggerOptions,
} from 'pino';
import { prettyFactory } from 'pino-pretty';
import { messageOf, redactFields, redactValue } from './redactFields';
import { redactText } from './redactText';

export interface LogSettings {
  level: string;
  /** Unset: pretty on a terminal, else JSON. */
  format?: 'json' | 'pretty' | undefined;
  /** Standard output when absent. */
  destination?: DestinationStream;
  /** Whether standard output is a terminal. */
  isTerminal?: boolean;
}

/**
 * The process's logger: one JSON object per line, or readable lines on a terminal. Nothing that identifies a
 * person and no secret is printed, wherever in a line it stands: message, members, bindings, errors.
 */
export function createLogger({ level, format, destination, isTerminal = false }: LogSettings): Logger {
  const isPretty = format === 'pretty' || (format === undefined && isTerminal);
  const output = destination ?? pino.destination({ dest: 1, sync: true });
  const logger = pino({ level, ...redaction }, isPretty ? readable(output, isTerminal) : output);
  // pino does not pass a child's bindings through `formatters.bindings`; children inherit this method.
  const makeChild = logger.child as unknown as MakeChild;
  const child = function (this: Logger, bindings: Bindings, options?: ChildLoggerOptions): Logger {
    return makeChild.call(this, redactFields(bindings), options);
  };
  logger.child = child as unknown as typeof logger.child;
  return logger;
}

/** `child` without its type parameter for custom levels, which we have none of. */
type MakeChild = (this: Logger, bindings: Bindings, options?: ChildLoggerOptions) => Logger;

/** Turns each line into one for people. A plain function, no worker thread: the last lines are not lost. */
function readable(output: DestinationStream, colorize: boolean): DestinationStream {
  const prettify = prettyFactory({ colorize, translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname' });
  return { write: (line: string) => void output.write(prettify(line) ?? '') };
}

/** Every way into a line passes one of these; they are measured by test/config/logger.test.ts. */
const redaction: LoggerOptions = {
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: {
    level: (label) => ({ level: label }),
    bindings: (bindings) => redactFields(bindings),
    log: (members) => redactFields(members),
  },
  // `formatters.log` has made plain, redacted objects of errors already; pino's own would read them again.
  serializers: { err: (error: unknown) => (error instanceof Error ? redactValue(error) : error) },
  hooks: {
    logMethod(args, method) {
      // pino takes the message of a lone error from the error itself, after all formatters: so it is given here.
      const [first, ...rest] = args as unknown[];
      const lone = loneMessage(first, rest);
      const passed = lone === null ? [first, ...rest] : [first, lone];
      const safe = passed.map((part, index) => {
        const isMembers =
          index === 0 && typeof part === 'object' && part !== null && !(part instanceof Error);
        if (index === 0 && part instanceof Error) return { err: part };
        return isMembers ? part : redactArgument(part);
      });
      method.apply(this, safe as Parameters<typeof method>);
    },
  },
};

function loneMessage(first: unknown, rest: unknown[]): string | null {
  if (rest.length > 0) return null;
  const { err } = first instanceof Error ? { err: first } : ((first ?? {}) as { err?: unknown });
  return err instanceof Error ? messageOf(err) : null;
}

function redactArgument(part: unknown): unknown {
  return typeof part === 'string' ? redactText(part) : redactValue(part);
}
