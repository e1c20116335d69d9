/** Where a command writes: results to standard output, what happens meanwhile to standard error. */
export interface Output {
  /** Results are wanted as JSON: then nothing else goes to standard output. */
  json: boolean;
  /** Somebody watches: bars may move. */
  isTerminal: boolean;
  /** One or more lines for people; on standard error when JSON is wanted. */
  say(text: string): void;
  /** The command's result as JSON; printed only when that is wanted. */
  result(value: unknown): void;
  /** The same result for people; not printed when JSON is wanted. */
  show(text: string): void;
  /** Where bars are drawn. */
  stream: NodeJS.WriteStream;
}

/** The process's own output. */
export function processOutput(json: boolean): Output {
  const stream = json ? process.stderr : process.stdout;
  const say = (text: string): void => void stream.write(`${text}\n`);
  return {
    json,
    stream,
    isTerminal: stream.isTTY === true,
    say,
    show: (text) => (json ? undefined : say(text)),
    result: (value) => {
      if (json) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    },
  };
}
