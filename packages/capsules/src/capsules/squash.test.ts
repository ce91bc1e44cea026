import { grad } from '@capsnet/autograd';
import {
  createBackend,
  fill,
  mul,
  setBackend,
  sum,
  tensor,
  type Backend,
  type Tensor,
} from '@capsnet/tensor';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { squash, squashSabour, type Squash } from './squash.js';

const backends = ['reference', 'wasm'] as const;
const functions = [
  ['squash', squash],
  ['squashSabour(1e-7)', squashSabour(1e-7)],
  ['squashSabour(0)', squashSabour(0)],
] as const;

/** Values are read on this backend inside the suite. */
function useBackend(name: (typeof backends)[number]): void {
  let backend: Backend;
  beforeAll(async () => {
    backend = await setBackend(await createBackend(name, name === 'wasm' ? { threads: 1 } : {}));
  });
  afterAll(() => backend.dispose());
}

const values = (s: readonly number[], f: Squash): Float64Array =>
  Float64Array.from(f(tensor(Float32Array.from(s), [s.length])).dataSync());
const norm = (v: ArrayLike<number>): number => Math.hypot(...Array.from(v));
/** float32 vectors over the whole range of magnitudes, the zero vector and single huge or tiny components among them. */
const component = fc.oneof(
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.float({ min: -10, max: 10, noNaN: true }),
  fc.constantFrom(
    0,
    -0,
    Math.fround(1e-30),
    Math.fround(-1e30),
    Math.fround(1e30),
    Math.fround(1e-45),
    Math.fround(3.4e38),
  ),
);
const vector = fc.array(component, { minLength: 1, maxLength: 16 });
const moderate = fc
  .array(fc.float({ min: -3, max: 3, noNaN: true }), { minLength: 1, maxLength: 16 })
  .filter((s) => norm(s) > 1e-3);

describe.each(backends.flatMap((backend) => functions.map(([name, f]) => [name, backend, f] as const)))(
  '%s on %s',
  (_, backend, f) => {
    useBackend(backend);

    test('maps every vector to a length in [0, 1), in float32 too', () => {
      fc.assert(
        fc.property(vector, (s) => {
          const v = values(s, f);
          expect(v.every(Number.isFinite)).toBe(true);
          // the length as float32 arithmetic would give it
          const squares = v.reduce((total, x) => Math.fround(total + Math.fround(x * x)), 0);
          expect(Math.fround(Math.sqrt(squares))).toBeLessThan(1);
        }),
        { numRuns: 500 },
      );
    });

    test('keeps the direction', () => {
      fc.assert(
        fc.property(moderate, (s) => {
          const v = values(s, f);
          const [a, b] = [norm(s), norm(v)];
          fc.pre(b > 1e-30);
          s.forEach((x, k) => expect(v[k]! / b).toBeCloseTo(x / a, 5));
        }),
      );
    });

    test('is monotone in the length', () => {
      const scale = fc.double({ min: -6, max: 6, noNaN: true }).map((power) => 10 ** power);
      fc.assert(
        fc.property(moderate, scale, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (s, size, share) => {
          const longer = s.map((x) => x * size);
          const shorter = longer.map((x) => x * share);
          const [a, b] = [norm(values(shorter, f)), norm(values(longer, f))];
          expect(a).toBeLessThanOrEqual(b * (1 + 1e-6));
          // Where float32 can tell the lengths apart, a longer vector gives a longer one.
          if (share < 0.9 && norm(longer) < 5) expect(a).toBeLessThan(b);
        }),
      );
    });

    test('has a finite gradient everywhere', () => {
      const gradient = grad((s: Tensor) => sum(mul(f(s), fill(s.shape, 0.7))));
      fc.assert(
        fc.property(vector, (s) => {
          const ds = gradient(tensor(Float32Array.from(s), [s.length])).dataSync();
          expect(Array.from(ds).every(Number.isFinite), `gradient ${Array.from(ds).join()}`).toBe(true);
        }),
        { numRuns: 500 },
      );
    });
  },
);

describe.each(backends)('at zero, on %s', (backend) => {
  useBackend(backend);

  test('squash is the identity near zero, and its gradient there too', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: Math.fround(-1e-4), max: Math.fround(1e-4), noNaN: true }), {
          minLength: 1,
          maxLength: 8,
        }),
        (s) => {
          values(s, squash).forEach((x, k) =>
            expect(Math.abs(x - s[k]!)).toBeLessThanOrEqual(norm(s) * Math.abs(s[k]!) + 1e-44),
          );
        },
      ),
    );
    const gradient = grad((s: Tensor) => sum(mul(squash(s), tensor([1, -2, 3]))));
    expect(Array.from(gradient(tensor([0, 0, 0])).dataSync())).toEqual([1, -2, 3]);
  });

  test('squashSabour takes the gradient of the zero vector away', () => {
    const gradient = grad((s: Tensor) => sum(squashSabour()(s)));
    expect(Array.from(gradient(tensor([0, 0, 0])).dataSync())).toEqual([0, 0, 0]);
  });
});

test('a wrong epsilon is told', () => {
  expect(() => squashSabour(-1)).toThrow(/epsilon -1 must be/);
});
