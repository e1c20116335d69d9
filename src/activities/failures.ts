import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { MissingErasureSecret } from '../db/erasure/erasedKeys';
import { HubSpotFailure } from '../hubspot/hubspotFailure';
import { SourceFailure } from '../sources/contract';

/** SQLSTATE classes that blame the data, not the database: data exception, integrity constraint violation. */
const dataFaultClasses = ['22', '23', '54'];

/** Whether an error is about the rows of this statement, so that bisecting finds the record at fault. */
export function isDataFault(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== null) return /^[0-9A-Z]{5}$/.test(code) && dataFaultClasses.includes(code.slice(0, 2));
  // An error of our own code, not of a connection.
  return error instanceof TypeError || error instanceof RangeError;
}

function codeOf(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : null;
}

/**
 * Turns any failure of an activity into the one form that may reach a Temporal history: a type and plain words.
 * A database error's text, a payload or a value never does (DESIGN §1); the log keeps the redacted cause.
 */
export function asApplicationFailure(error: unknown): Error {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  if (error instanceof SourceFailure) {
    return ApplicationFailure.create({
      type: `source.${error.recovery}`,
      message: error.message,
      nonRetryable: error.recovery === 'configuration',
      ...(error.retryAfterMs === null ? {} : { nextRetryDelay: error.retryAfterMs }),
    });
  }
  if (error instanceof HubSpotFailure) return hubspotFailure(error);
  if (error instanceof MissingErasureSecret)
    return ApplicationFailure.nonRetryable(error.message, 'configuration');
  const code = codeOf(error);
  return ApplicationFailure.create({
    type: code && /^[0-9A-Z]{5}$/.test(code) ? 'database' : 'unexpected',
    message: code
      ? `failed with code ${code}; see the worker's log`
      : "failed unexpectedly; see the worker's log",
  });
}

function hubspotFailure(error: HubSpotFailure): ApplicationFailure {
  const permanent = ['pausePortal', 'rejectRecord', 'defect'].includes(error.action);
  return ApplicationFailure.create({
    type: `hubspot.${error.action}`,
    message: error.message,
    nonRetryable: permanent,
    ...(error.verdict.afterMs === null ? {} : { nextRetryDelay: error.verdict.afterMs }),
  });
}
