import { relative } from 'node:path';

export interface ClosingInput {
  urls: Record<string, string>;
  stateDir: string;
  /** Made at this start; null: an earlier one made it. */
  apiToken: string | null;
  /** A token that the environment sets. */
  ownApiToken: boolean;
  isSimulator: boolean;
  mode: 'hold' | 'live';
  /** A source that a person may try. */
  source: string | undefined;
  /** How the command is called here. */
  command: string;
  /** How `start` is called here. */
  startCommand: string;
}

/** Addresses, the API's token, and what to try next: commands that work against the running system as they stand. */
export function closingText(input: ClosingInput): string {
  const { urls, stateDir, apiToken, ownApiToken, command } = input;
  const width = Math.max(...Object.keys(urls).map((name) => name.length), 9);
  const lines = Object.entries(urls).map(([name, url]) => `  ${name.padEnd(width)}  ${url}`);
  const token = apiToken
    ? `${apiToken}  (shown this once)`
    : ownApiToken
      ? 'as in TRIBUTARY_API_TOKEN'
      : `as shown at the first start; \`${command} token <name>\` makes another one`;
  lines.push(`  ${'API token'.padEnd(width)}  ${token}`);
  lines.push(`  ${'logs'.padEnd(width)}  ${relative(process.cwd(), stateDir) || '.'}/logs`);
  return [
    '',
    ...lines,
    '',
    'What to try next (in another terminal, in this folder):',
    ...nextCommands(input),
  ].join('\n');
}

function nextCommands({
  urls,
  apiToken,
  isSimulator,
  mode,
  source,
  command,
  startCommand,
}: ClosingInput): string[] {
  const api = urls['API'];
  const going =
    mode === 'hold'
      ? [
          ['setup', 'create the properties that the portal lacks'],
          ['check', 'compare the field maps with the portal'],
          ['sync --wait', 'read HubSpot with its new properties'],
          ['plan', 'see what would be written, field by field'],
          ['apply', 'go live'],
        ]
      : [
          ['status', 'the portal and its newest runs'],
          ['problems --limit 10', 'what could not be mapped or delivered, and why'],
          ['sync --full --wait', 'read every row again: nothing is written that is there already'],
        ];
  const commands: string[][] = [
    ...going,
    ...(source === undefined ? [] : [[`sync ${source} --wait`, 'one source by hand']]),
    ['schedules list', 'when what is read by itself'],
  ];
  const width = Math.max(...commands.map(([text]) => text!.length)) + command.length;
  const lines = commands.map(([text, why]) => `  ${`${command} ${text}`.padEnd(width + 1)}   # ${why}`);
  const token = apiToken ?? '$TRIBUTARY_API_TOKEN';
  if (api && source !== undefined) {
    lines.push(`  curl -X POST ${api}/api/sync/trigger/${source} -H "Authorization: Bearer ${token}"`);
  }
  if (isSimulator)
    lines.push(
      `  ${startCommand} --change 0.01   # after Ctrl-C: change 1% of the source rows, only those are written`,
    );
  return lines;
}
