/** Classes as a user names them. */
import { UserError } from '../errors.js';
import { suggestion } from '../options/nearest.js';

/**
 * The class of a name, or of a number from 0.
 *
 * @throws UserError when there is none
 */
export function classOf(flag: string, typed: string, classNames: readonly string[]): number {
  const lower = typed.toLowerCase();
  const named = classNames.findIndex((name) => name.toLowerCase() === lower);
  if (named >= 0) return named;
  if (/^\d+$/.test(typed) && Number(typed) < classNames.length) return Number(typed);
  throw new UserError(
    `${flag}: there is no class "${typed}".${suggestion(typed, classNames)} Known: ${classNames.join(', ')}.`,
  );
}
