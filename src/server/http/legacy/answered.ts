import { isFault } from '../../../core/errors.js';
import type { Fault } from '../../../core/errors.js';
import type { ReportDefect } from '../../../protocol/status.js';
import type { HttpAnswer } from '../answer.js';

/**
 * The answer, or, for an error, what `write` makes of a status and a message. What is no fault is a defect:
 * 500 with the reference that `report` gives.
 */
export async function answered(
  answer: () => Promise<HttpAnswer>,
  report: ReportDefect,
  statusOf: (fault: Fault) => number,
  write: (status: number, message: string) => HttpAnswer,
): Promise<HttpAnswer> {
  try {
    return await answer();
  } catch (error) {
    if (isFault(error)) return write(statusOf(error), error.message);
    return write(500, `internal error, reference ${report(error)}`);
  }
}
