/**
 * Ridge regression: the linear prediction y = w . x + b with the least squared error and a penalty on w. Features are standardised first, so that the
 * penalty means the same for each.
 */

export interface Regression {
  predict(features: ArrayLike<number>): number;
}

/**
 * Fits rows of features to targets: (Z'Z / n + penalty I) w = Z'y / n with standardised features Z, by Cholesky's decomposition.
 *
 * @param rows at least two, all of one length
 * @throws RangeError when there are too few rows, or as many targets as rows are not given
 */
export function fitRidge(
  rows: readonly ArrayLike<number>[],
  targets: readonly number[],
  penalty = 1e-3,
): Regression {
  const count = rows.length;
  if (count < 2 || targets.length !== count)
    throw new RangeError(
      `fitRidge: ${count} rows and ${targets.length} targets: wanted at least 2, and as many of both.`,
    );
  const size = rows[0]!.length;
  const mean = new Float64Array(size);
  const deviation = new Float64Array(size);
  for (const row of rows) for (let k = 0; k < size; k++) mean[k]! += row[k]! / count;
  for (const row of rows) for (let k = 0; k < size; k++) deviation[k]! += (row[k]! - mean[k]!) ** 2 / count;
  // A feature that hardly changes here says nothing, and must not be blown up where it does: a unit that is silent for nearly all rows.
  const least = 0.05 * Math.sqrt(deviation.reduce((sum, square) => sum + square, 0) / size);
  for (let k = 0; k < size; k++) deviation[k] = Math.max(Math.sqrt(deviation[k]!), least) || 1;
  const offset = targets.reduce((sum, y) => sum + y, 0) / count;

  const matrix = Array.from({ length: size }, () => new Float64Array(size));
  const right = new Float64Array(size);
  const scaled = new Float64Array(size);
  rows.forEach((row, at) => {
    for (let k = 0; k < size; k++) scaled[k] = (row[k]! - mean[k]!) / deviation[k]!;
    for (let i = 0; i < size; i++) {
      right[i]! += (scaled[i]! * (targets[at]! - offset)) / count;
      const line = matrix[i]!;
      for (let j = 0; j <= i; j++) line[j]! += (scaled[i]! * scaled[j]!) / count;
    }
  });
  for (let i = 0; i < size; i++) matrix[i]![i]! += penalty;
  const weights = solve(matrix, right);
  return {
    predict: (features) => {
      let sum = offset;
      for (let k = 0; k < size; k++) sum += (weights[k]! * (features[k]! - mean[k]!)) / deviation[k]!;
      return sum;
    },
  };
}

/** A x = b for a symmetric positive definite A, of which the lower triangle is read and overwritten by its Cholesky factor. */
function solve(matrix: readonly Float64Array[], b: Float64Array): Float64Array {
  const size = b.length;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i]![j]!;
      for (let k = 0; k < j; k++) sum -= matrix[i]![k]! * matrix[j]![k]!;
      matrix[i]![j] = i === j ? Math.sqrt(sum) : sum / matrix[j]![j]!;
    }
  }
  const x = Float64Array.from(b);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) x[i]! -= matrix[i]![k]! * x[k]!;
    x[i]! /= matrix[i]![i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) x[i]! -= matrix[k]![i]! * x[k]!;
    x[i]! /= matrix[i]![i]!;
  }
  return x;
}
