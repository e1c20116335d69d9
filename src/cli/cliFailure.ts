/** 0: all is well. 1: it failed, or is not green. 2: the command or the configuration is at fault. */
export type ExitCode = 0 | 1 | 2;

/** What a person did or must do; shown as it is, without a stack. */
export class CliFailure extends Error {
  constructor(
    message: string,
    readonly exitCode: Exclude<ExitCode, 0> = 1,
    /** What to do about it. */
    readonly hint?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'CliFailure';
  }
}
