/**
 * From the points of a stroke to the polyline that the pen follows: a Catmull-Rom spline through the points (Catmull, Rom 1974), which
 * passes through each of them with a continuous tangent, broken at corners.
 */

/** The points of one stroke after all distortion: x, y of each, and whether the path bends sharply there. */
export interface PenStroke {
  readonly xs: Float64Array;
  readonly ys: Float64Array;
  readonly corners: readonly boolean[];
}

/** How many straight pieces stand for the curve between two points. At 28 pixels more cannot be seen. */
export const piecesPerSpan = 4;

// The Catmull-Rom weights of the four points around a span, for each position inside it: the same for every curve.
const weights = Array.from({ length: piecesPerSpan }, (_, piece) => {
  const t = (piece + 1) / piecesPerSpan;
  return [
    0.5 * (-t + 2 * t * t - t * t * t),
    0.5 * (2 - 5 * t * t + 3 * t * t * t),
    0.5 * (t + 4 * t * t - 3 * t * t * t),
    0.5 * (-t * t + t * t * t),
  ] as const;
});

/** Writes the polyline of a stroke (x, y pairs) into `out` and returns its number of points: 1 + piecesPerSpan * spans. */
export function penPath({ xs, ys, corners }: PenStroke, out: Float64Array): number {
  const last = xs.length - 1;
  out[0] = xs[0]!;
  out[1] = ys[0]!;
  let points = 1;
  for (let from = 0; from < last; from++) {
    const to = from + 1;
    // At an end or a corner the missing neighbour is the point itself: the curve leaves it straight.
    const before = from === 0 || corners[from] ? from : from - 1;
    const after = to === last || corners[to] ? to : to + 1;
    for (let piece = 0; piece < piecesPerSpan; piece++) {
      const [a, b, c, d] = weights[piece]!;
      out[2 * points] = a * xs[before]! + b * xs[from]! + c * xs[to]! + d * xs[after]!;
      out[2 * points + 1] = a * ys[before]! + b * ys[from]! + c * ys[to]! + d * ys[after]!;
      points++;
    }
  }
  return points;
}
