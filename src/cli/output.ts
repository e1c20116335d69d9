/** Where a command writes: results to standard output, what happens meanwhile to standard error. */
export interface Output {
  /** Results are wanted as JSON: then nothing else goes to standard output. */
  json: boolean;
  /** Somebody watches: bars may move. */
  isTerminal: boolean;
  /** One or more lines for people; on standard error when JSON is wanted. */
  say(text: string): void;
  /** The command's result; printed only when JSON is wanted. */
  result(value: unknown): void;
  /** Where bars are drawn. */
  stream: NodeJS.WriteStream;
}

/** The process's own output. */
export function processOutput(json: boolean): Output {
  const stream = json ? process.stderr : process.stdout;
  return {
    json,
    stream,
    isTerminal: stream.isTTY === true,
    say: (text) => void stream.write(`${text}\n`),
    result: (value) => {
      if (json) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    },
  };
}
