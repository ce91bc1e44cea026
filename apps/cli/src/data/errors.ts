import { DataError } from '@capsnet/datasets';
import { UserError } from '../errors.js';

/** What is wrong with the data is a mistake of the user. */
export function orUserError<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (error instanceof DataError) throw new UserError(error.message);
    throw error;
  }
}
