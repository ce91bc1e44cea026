// Every operation that ONNX can say, on the samples that the engine's own backends are tried on: the reference's answer in double precision against that of
// onnxruntime.
import { functionToOnnx } from '@capsnet/capsules/onnx';
import {
  apply,
  cast,
  createBackend,
  compile,
  fill,
  ops,
  reshape,
  sizeOf,
  slice,
  sum,
  tensor,
} from '@capsnet/tensor';
import { sessionOf } from './runtime.mjs';

/** @typedef {import('@capsnet/tensor').Tensor} Tensor */

/** Of derivatives, of users, or without operands. */
const left = ['data', 'input', 'custom', 'customGradient', 'scatterAdd'];
const leftToo = /Gradient$/;

/** Numbers of [0, 1) that are the same everywhere. @param {number} count @param {number} seed */
export const numbers = (count, seed = 1) =>
  Float32Array.from({ length: count }, (_, at) => {
    const x = Math.sin((at + 1) * 12.9898 + seed * 78.233) * 43758.5453;
    return x - Math.floor(x);
  });

/** Difference relative to the largest expected value, at least 1. @param {ArrayLike<number>} found @param {ArrayLike<number>} wanted */
export function errorOf(found, wanted) {
  if (found.length !== wanted.length) return Infinity;
  let [error, largest] = [0, 1];
  for (let at = 0; at < wanted.length; at++) {
    const [a, b] = [Number(found[at]), Number(wanted[at])];
    if (Object.is(a, b)) continue;
    if (!Number.isFinite(a) || !Number.isFinite(b)) return Infinity;
    error = Math.max(error, Math.abs(a - b));
    largest = Math.max(largest, Math.abs(b));
  }
  return error / largest;
}

/**
 * The same function in onnxruntime and on the reference.
 * @param {any} runtime
 * @param {(x: Tensor) => Tensor} body
 * @param {Float32Array} values
 * @param {readonly number[]} shape with the batch
 */
export async function compareFunction(runtime, body, values, shape) {
  const file = await functionToOnnx((x) => ({ y: body(x) }), { input: { name: 'x', shape: shape.slice(1) } });
  const { y } = await (await sessionOf(runtime, file))(values, shape);
  const reference = compile(body, { backend: await createBackend('reference', { precision: 'float64' }) });
  const wanted = await reference(/** @type {Tensor} */ (tensor(values, [...shape])));
  if (!y || String(y.dims) !== String(wanted.shape)) return Infinity;
  return errorOf(y.data, await wanted.data());
}

/**
 * All samples: operands are cut out of the only input, whose batch of 1 is summed away.
 * @param {any} runtime
 * @param {(what: string, ok: boolean, found?: unknown) => void} check
 */
export async function checkOperations(runtime, check) {
  for (const [name, definition] of Object.entries(ops)) {
    if (left.includes(name) || leftToo.test(name)) continue;
    let worst = 0;
    for (const [index, sample] of definition.samples.entries()) {
      const { shapes, dtypes = [], attributes, range = [-2, 2] } = /** @type {any} */ (sample);
      const sizes = shapes.map(sizeOf);
      const total = sizes.reduce((/** @type {number} */ a, /** @type {number} */ b) => a + b, 1);
      const values = numbers(total, index);
      let at = 0;
      shapes.forEach((/** @type {number[]} */ shape, /** @type {number} */ operand) => {
        const integer = dtypes[operand] === 'int32';
        for (const end = at + sizeOf(shape); at < end; at++) {
          const [low, high] = integer ? [0, range[1]] : range;
          const value = low + (high - low) * (values[at] ?? 0);
          values[at] = integer ? Math.floor(value) : value;
        }
      });
      const body = (/** @type {Tensor} */ x) => {
        const flat = /** @type {Tensor} */ (sum(x, 0));
        let from = 0;
        const operands = shapes.map((/** @type {number[]} */ shape, /** @type {number} */ operand) => {
          const piece = reshape(/** @type {Tensor} */ (slice(flat, [from], [sizes[operand]])), [...shape]);
          from += sizes[operand];
          return dtypes[operand] === 'int32' ? cast(/** @type {Tensor} */ (piece), 'int32') : piece;
        });
        return apply(/** @type {any} */ (name), operands, attributes);
      };
      worst = Math.max(worst, await compareFunction(runtime, body, values, [1, total]));
    }
    const count = definition.samples.length;
    check(`${name}: ${count} samples`, count > 0 && worst < 2e-6, worst);
  }
}

/**
 * What samples do not reach: lengths that follow the batch, numbers at the edge of float32.
 * @param {any} runtime
 * @param {(what: string, ok: boolean, found?: unknown) => void} check
 */
export async function checkEdges(runtime, check) {
  /** @type {readonly [string, (x: Tensor) => Tensor][]} */
  const batches = [
    ['fill', (x) => apply('fill', [], { value: 2, shape: [x.shape[0] ?? 0, 3], dtype: 'float32' })],
    ['fill twice the batch', (x) => /** @type {Tensor} */ (fill([2 * (x.shape[0] ?? 0)], 1))],
    [
      'broadcast to the batch',
      (x) => apply('broadcastTo', [tensor([1, 2])], { shape: [x.shape[0] ?? 0, 2] }),
    ],
    [
      'broadcast beside the batch',
      (x) => apply('broadcastTo', [reshape(x, [-1, 1, 4])], { shape: [x.shape[0] ?? 0, 3, 4] }),
    ],
    ['merge', (x) => /** @type {Tensor} */ (reshape(x, [-1, 2]))],
  ];
  for (const [what, body] of batches) {
    const error = await compareFunction(runtime, body, numbers(20), [5, 4]);
    check(`a batch of 5: ${what}`, error === 0, error);
  }
  const magnitudes = [0, 1e-42, 1e-30, 1e-12, 1e-4, 0.5, 3, 30, 1e4, 1e12, 1e30, 1e38];
  const vectors = Float32Array.from(magnitudes.flatMap((size) => [size, -size, 0, size / 2]));
  for (const attributes of /** @type {const} */ ([
    { kind: 'exponential', epsilon: 0 },
    { kind: 'sabour', epsilon: 1e-7 },
    { kind: 'sabour', epsilon: 0 },
  ])) {
    const file = await functionToOnnx((x) => ({ y: apply('squash', [x], attributes) }), {
      input: { name: 'x', shape: [4] },
    });
    const { y } = await (await sessionOf(runtime, file))(vectors, [magnitudes.length, 4]);
    const backend = await createBackend('reference', { precision: 'float64' });
    const exact = compile((/** @type {Tensor} */ x) => apply('squash', [x], attributes), { backend });
    const wanted = await (
      await exact(/** @type {Tensor} */ (tensor(vectors, [magnitudes.length, 4])))
    ).data();
    const worst = Math.max(
      ...Array.from(wanted, (value, at) => {
        const error = Math.abs(y?.data[at] - value);
        return value === 0 ? error : error / Math.max(Math.abs(value), 1e-35);
      }),
    );
    check(`squash ${attributes.kind}, epsilon ${attributes.epsilon}: from 0 to 1e38`, worst < 2e-6, worst);
  }
  const small = Float32Array.from([0, 1e-30, -1e-30, 1e-7, -1e-7, 1e-3, -1e-3, 0.3, -0.3, 0.99, 1, 5, 60]);
  for (const [name, exact] of /** @type {const} */ ([
    ['expm1', Math.expm1],
    ['log1p', Math.log1p],
  ])) {
    const file = await functionToOnnx((x) => ({ y: apply(name, [x], {}) }), {
      input: { name: 'x', shape: [] },
    });
    const { y } = await (await sessionOf(runtime, file))(small, [small.length]);
    const worst = Math.max(
      ...Array.from(small, (x, at) =>
        x === 0 ? Math.abs(y?.data[at]) : Math.abs(y?.data[at] / exact(x) - 1),
      ),
    );
    check(`${name} keeps the digits of small numbers`, worst < 2e-6, worst);
  }
}
