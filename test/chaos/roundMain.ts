import { playRound, type RoundOptions } from './round';

/** A process of its own for one round: told its options by its parent, it answers with the round's report. */
process.once('message', (options: RoundOptions) => {
  playRound(options).then(
    (report) => process.send!(report, () => process.exit(0)),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});

// Who ends the parent wants no more rounds; our servers end with us.
process.once('disconnect', () => process.exit(1));

// A call to Temporal that a stuck round gave up wakes up for its next try when the connection is closed already.
process.on('uncaughtException', (error) => {
  if (error.message === 'Channel has been shut down') return;
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
