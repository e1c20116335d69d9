/** The run that waits for a pair keeps it when a change of no run meets it; another run takes it over. */
export function runOf(pair: string, runId: string): string {
  return `case when ${pair}.due and not ${pair}.parked then coalesce(${runId}, ${pair}.run_id) else ${runId} end`;
}
