/** Reading operands that are stretched over a larger shape (NumPy's rule), from a flat position in that shape. */
import { sizeOf } from '../../../shape/rules.js';
import { coordinates, product, total, type Axis } from './text.js';

/** Neighbouring axes of the iteration along which every operand either follows or is stretched. */
interface Run {
  length: number;
  /** For each operand: does it have this run's axes? */
  readonly follows: readonly boolean[];
}

function runsOf(shape: readonly number[], operands: readonly (readonly number[])[]): Run[] {
  const runs: Run[] = [];
  shape.forEach((length, axis) => {
    if (length === 1) return;
    const follows = operands.map((operand) => {
      const own = axis - (shape.length - operand.length);
      return own >= 0 && operand[own] === length;
    });
    const before = runs.at(-1);
    if (before && before.follows.every((flag, k) => flag === follows[k])) before.length *= length;
    else runs.push({ length, follows });
  });
  return runs;
}

/**
 * Statements and, for each operand, the expression of its position.
 *
 * @param position the variable with the position in `shape`; statements name their variables after it
 */
export function operandPositions(
  shape: readonly number[],
  operands: readonly (readonly number[])[],
  position: string,
): { readonly statements: readonly string[]; readonly positions: readonly string[] } {
  const space = sizeOf(shape);
  const plain = (operand: readonly number[]): string | undefined =>
    sizeOf(operand) === space ? position : sizeOf(operand) === 1 ? '0' : undefined;
  const stretched = operands.filter((operand) => plain(operand) === undefined);
  if (stretched.length === 0)
    return { statements: [], positions: operands.map((operand) => plain(operand)!) };
  const runs = runsOf(shape, stretched);
  const axes: Axis[] = runs.map(({ length }, k) => ({ name: `${position}${k}`, length }));
  const positionOf = (operand: readonly number[]): string => {
    const which = stretched.indexOf(operand);
    const terms: string[] = [];
    let stride = 1;
    for (let k = runs.length - 1; k >= 0; k--) {
      if (!runs[k]!.follows[which]) continue;
      terms.unshift(product(axes[k]!.name, stride));
      stride *= runs[k]!.length;
    }
    return total(terms);
  };
  return {
    statements: coordinates(position, space, axes),
    positions: operands.map((operand) => plain(operand) ?? positionOf(operand)),
  };
}
