// Whole networks: the engine's answers against those of onnxruntime.
import { join } from 'node:path';
import { buildModel } from '@capsnet/capsules';
import {
  add,
  compile,
  foldIn,
  leavesWithPaths,
  mul,
  randomKey,
  randomNormal,
  tensor,
  unflatten,
} from '@capsnet/tensor';
import { root, run } from '../process.mjs';
import { numbers } from './operations.mjs';
import { sessionOf } from './runtime.mjs';

/** @typedef {import('@capsnet/tensor').Tensor} Tensor */

const images = 100;
const binary = join(root, 'apps', 'cli', 'bin', 'capsnet.js');

/** @param {...string} args */
export async function capsnet(...args) {
  const { code, output } = await run(process.execPath, [binary, ...args], { quiet: true });
  if (code !== 0) throw new Error(`capsnet ${args.join(' ')} ended with ${code}: ${output}`);
}

/**
 * A model with weights as if it had been trained: no bias, scale or statistic is what it starts as, and capsules are long enough to tell.
 * @param {import('@capsnet/capsules').ModelDescription} description
 */
export function movedModel(description) {
  const model = buildModel(description);
  const { parameters, state } = model.init(randomKey(7));
  const moved = (/** @type {any} */ tree, /** @type {number} */ by) => {
    const drawn = leavesWithPaths(tree).map(({ path, leaf }, index) => {
      const given = /** @type {Tensor} */ (leaf);
      if (given.size > 2000) return mul(given, path.endsWith('/W') ? 8 : 1);
      return add(given, mul(randomNormal(foldIn(randomKey(8), index), given.shape), by));
    });
    return unflatten(tree, drawn);
  };
  return { model, parameters: moved(parameters, 0.1), state: moved(state, 0.1) };
}

/** Images that differ in more than noise: a wave of another direction and length in each. @param {readonly number[]} shape */
function madeUp(shape) {
  const [height = 0, width = 0, channels = 0] = shape;
  const noise = numbers(images * height * width * channels);
  return noise.map((value, at) => {
    const [channel, pixel] = [at % channels, Math.floor(at / channels)];
    const [x, y] = [pixel % width, Math.floor(pixel / width) % height];
    const image = Math.floor(pixel / width / height);
    const wave = Math.sin((x * Math.cos(image) + y * Math.sin(image)) * (0.1 + image / 60) + channel);
    return 0.3 * value + 0.35 * (1 + wave);
  });
}

/** @param {ArrayLike<number>} row */
const classOf = (row) => Array.from(row).indexOf(Math.max(...Array.from(row)));

/**
 * Compares 100 answers, asked for in batches of 1, 7 and the rest.
 *
 * @param {any} runtime
 * @param {Pick<import('@capsnet/capsules').LoadedModel, 'model' | 'parameters' | 'state'>} loaded
 * @param {Uint8Array} exported the network in ONNX
 * @param {Float32Array} [given] 100 images
 * @returns {Promise<{ error: number, same: number, classes: number, outputs: string, spread: number }>}
 */
export async function compareModel(runtime, { model, parameters, state }, exported, given) {
  const shape = model.description.input;
  const values = given ?? madeUp(shape);
  const answer = compile((/** @type {any} */ p, /** @type {any} */ s, /** @type {Tensor} */ x) => {
    const { lengths, capsules, reconstruction, secondReconstruction } = model.apply(p, s, x, {
      mode: 'test',
    });
    return { lengths, capsules, reconstruction, second_reconstruction: secondReconstruction };
  });
  const wanted = await answer(parameters, state, /** @type {Tensor} */ (tensor(values, [images, ...shape])));
  const session = await sessionOf(runtime, exported);
  const size = values.length / images;
  /** @type {Record<string, number[]>} */
  const found = {};
  for (const [from, to] of /** @type {const} */ ([
    [0, 1],
    [1, 8],
    [8, images],
  ])) {
    const results = await session(values.slice(from * size, to * size), [to - from, ...shape]);
    for (const [name, { data }] of Object.entries(results)) found[name] = [...(found[name] ?? []), ...data];
  }
  let error = 0;
  for (const [name, result] of Object.entries(wanted)) {
    if (result === undefined) continue;
    const expected = await result.data();
    const got = found[name] ?? [];
    if (got.length !== expected.length) error = Infinity;
    expected.forEach((value, at) => (error = Math.max(error, Math.abs((got[at] ?? Infinity) - value))));
  }
  const lengths = await wanted.lengths.data();
  const classes = model.description.classNames.length;
  const winners = Array.from({ length: images }, (_, at) =>
    classOf(lengths.subarray(at * classes, (at + 1) * classes)),
  );
  const theirs = winners.map((_, at) =>
    classOf((found['lengths'] ?? []).slice(at * classes, (at + 1) * classes)),
  );
  answer.release();
  return {
    error,
    same: winners.filter((winner, at) => winner === theirs[at]).length,
    classes: new Set(winners).size,
    outputs: Object.keys(found).join(' '),
    spread: Math.max(...lengths) - Math.min(...lengths),
  };
}
