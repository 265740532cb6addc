import { isFault, reasonOf } from '../../../core/errors.js';
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
    if (isFault(error)) {
      const { code, message } = error;
      const trouble = { code, message, reason: reasonOf(error) };
      return { ...write(statusOf(error), message), trouble };
    }
    const message = `internal error, reference ${report(error)}`;
    return { ...write(500, message), trouble: { code: 'INTERNAL', message } };
  }
}
