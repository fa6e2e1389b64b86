// Reads the code of what a function throws, so that a table can hold one word for each case.
import { HttpError } from '../../http/index.ts';

/** The code of the HttpError that `run` throws; `passes` when it returns; anything else is thrown on. */
export function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof HttpError) return error.code;
    throw error;
  }
  return 'passes';
}
