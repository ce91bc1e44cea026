/** Gradients against finite differences. */
import {
  add,
  compile,
  createBackend,
  leaves,
  leavesWithPaths,
  mul,
  randomKey,
  sum,
  tensor,
  uniformNumbers,
  unflatten,
  type Tensor,
} from '@capsnet/tensor';
import { tensorsOf } from './arguments.js';
import { grad } from './grad.js';

/** How closely gradients are held against finite differences. */
export interface CheckGradsOptions {
  /** Step h of the central difference, relative to max(1, |x|); 1e-5 by default. */
  readonly step?: number;
  /** Largest difference allowed, relative to max(1, largest |gradient| of that tensor); 1e-6 by default. */
  readonly tolerance?: number;
  /** Elements that are varied in each tensor: all, or this many of them; 32 by default. */
  readonly elements?: number;
  /** Of the weights of the outputs and of the choice of elements. */
  readonly seed?: number;
}

/** A gradient and finite differences disagree. */
export class GradientError extends Error {
  override readonly name = 'GradientError';

  constructor(
    /** Argument and path within it, `0/conv1/kernel`. */
    readonly path: string,
    /** Flat position of the element. */
    readonly index: number,
    readonly gradient: number,
    readonly difference: number,
  ) {
    super(
      `checkGrads: argument ${path}, element ${index}: the gradient is ${gradient}, finite differences give ${difference}. ` +
        'Is a derivative wrong, or is the function not smooth here?',
    );
  }
}

/**
 * Compares the gradient of f by all its arguments with central differences (f(x + h) - f(x - h)) / 2h, in double precision on the
 * reference backend. Outputs are weighed with random numbers, so that every one counts.
 *
 * @param f from trees of float tensors to a tree of float tensors
 * @param args where to check: away from kinks
 * @returns the largest difference, relative as for `tolerance`
 * @throws GradientError naming argument and element where they disagree
 */
export async function checkGrads<Args extends readonly unknown[]>(
  f: (...args: Args) => unknown,
  args: Args,
  { step = 1e-5, tolerance = 1e-6, elements = 32, seed = 0 }: CheckGradsOptions = {},
): Promise<number> {
  const backend = await createBackend('reference', { precision: 'float64' });
  const weighed = (given: Args): Tensor =>
    tensorsOf('checkGrads', f(...given), 'the result')
      .map((output, k) => {
        const weights = uniformNumbers(randomKey(seed + k), output.size).map((u) => 0.5 + u);
        return sum(mul(output, tensor(weights, output.shape)));
      })
      .reduce((total, part) => add(total, part));
  const valueOf = compile(weighed, { backend, name: 'checkGrads' });
  const gradientOf = compile(grad(weighed), { backend, name: 'checkGrads' });
  try {
    const found = leaves<Tensor>(await gradientOf(args));
    const operands = tensorsOf('checkGrads', args, 'the arguments');
    const points = await Promise.all(operands.map(async (x) => Float64Array.from(await x.data())));
    const at = async (position: number, index: number, value: number): Promise<number> => {
      const moved = points.map((numbers, k) =>
        tensor(k === position ? numbers.with(index, value) : numbers, operands[k]!.shape),
      );
      return (await valueOf(unflatten<Args>(args, moved))).item();
    };
    let worst = 0;
    for (const [position, { path }] of leavesWithPaths(args).entries()) {
      const gradient = Float64Array.from(await found[position]!.data());
      const scale = gradient.reduce((largest, g) => Math.max(largest, Math.abs(g)), 1);
      for (const index of sample(gradient.length, elements, seed + position)) {
        const x = points[position]![index]!;
        const h = step * Math.max(1, Math.abs(x));
        const difference =
          ((await at(position, index, x + h)) - (await at(position, index, x - h))) / (2 * h);
        const error = Math.abs(difference - gradient[index]!) / scale;
        // Also true for NaN.
        if (!(error <= tolerance)) throw new GradientError(path, index, gradient[index]!, difference);
        worst = Math.max(worst, error);
      }
    }
    return worst;
  } finally {
    gradientOf.release();
    valueOf.release();
    await backend.dispose();
  }
}

/** All positions below `length`, or `count` different ones. */
function sample(length: number, count: number, seed: number): number[] {
  if (length <= count) return Array.from({ length }, (_, index) => index);
  const keys = uniformNumbers(randomKey(seed), length);
  return Array.from({ length }, (_, index) => index)
    .sort((a, b) => keys[a]! - keys[b]!)
    .slice(0, count);
}
