// jax-js's side of the benchmark, on its wasm backend: Efficient-CapsNet on hashed weights and images, and products, timed on request (see serve).
//
// Convolutions are matrix products here, one for each tap of the filter: jax-js's own take several times as long.
import { resolveObjectURL } from 'node:buffer';
import { Worker as NodeWorker } from 'node:worker_threads';
import { hashed, peerPackage, serve } from './common.mjs';

/** @typedef {import('./common.mjs').Work} Work */
/** @typedef {import('@jax-js/jax').numpy.Array} Value */
/** Values by name; jax-js's own type of trees says less. @typedef {Record<string, any>} Values */

/** A browser's Worker as far as jax-js uses it: a script from a blob, messages, errors. */
class BlobWorker {
  /** @type {((event: { data: unknown }) => void) | null} */
  onmessage = null;
  /** @type {((error: unknown) => void) | null} */
  onerror = null;
  /** @type {Promise<NodeWorker>} */
  #worker;

  /** @param {string} url */
  constructor(url) {
    this.#worker = this.#start(url);
  }

  async #start(/** @type {string} */ url) {
    const script = await resolveObjectURL(url)?.text();
    const worker = new NodeWorker(
      `const { parentPort } = require('node:worker_threads');
      globalThis.self = globalThis;
      globalThis.postMessage = (message) => parentPort.postMessage(message);
      parentPort.on('message', (data) => self.onmessage({ data }));
      ${script}`,
      { eval: true },
    );
    worker.on('message', (data) => this.onmessage?.({ data }));
    worker.on('error', (error) => this.onerror?.(error));
    return worker;
  }

  /** @param {unknown} message */
  postMessage(message) {
    void this.#worker.then((worker) => worker.postMessage(message));
  }
}

/** What jax-js expects of its surroundings: workers for more than one thread, and iterators with the methods that Node 20 lacks. */
function prepareGlobals(/** @type {number} */ threads) {
  const define = (/** @type {object} */ target, /** @type {string} */ name, /** @type {unknown} */ value) =>
    Object.defineProperty(target, name, { value, configurable: true, writable: true });
  define(globalThis, 'navigator', { hardwareConcurrency: threads });
  define(globalThis, 'Worker', threads > 1 ? BlobWorker : undefined);
  const iterators = Object.getPrototypeOf(Object.getPrototypeOf([].values()));
  for (const name of ['map', 'filter', 'some', 'every', 'find', 'reduce', 'forEach', 'toArray'])
    if (!(name in iterators))
      define(
        iterators,
        name,
        /** @this {Iterable<unknown>} */ function (/** @type {unknown[]} */ ...args) {
          /** @type {any} */
          const all = Array.from(this);
          if (name === 'toArray') return all;
          const result = all[name](...args);
          return Array.isArray(result) ? result.values() : result;
        },
      );
}

const threads = Number(process.argv[2]);
prepareGlobals(threads);
const library = peerPackage('@jax-js/jax', 'dist/index.js');
/** @type {typeof import('@jax-js/jax')} */
const { init, defaultDevice, numpy: np, nn, jit, tree, valueAndGrad, blockUntilReady } = await library.load();
await init('wasm');
defaultDevice('wasm');

/** Hashed numbers as an array. @param {number[]} shape @param {number} seed @param {number} low @param {number} high */
const filled = (shape, seed, low, high) =>
  np
    .array(
      hashed(
        shape.reduce((a, b) => a * b),
        seed,
        low,
        high,
      ),
    )
    .reshape(shape);

/** Weights of variance 1 / fan-in. @param {number[]} shape output first @param {number} seed */
function layer(shape, seed) {
  const bound = Math.sqrt(3 / shape.slice(1).reduce((a, b) => a * b, 1));
  return filled(shape, seed, -bound, bound);
}

const convolutions = [
  { inputs: 1, outputs: 32, size: 5, stride: 1 },
  { inputs: 32, outputs: 64, size: 3, stride: 1 },
  { inputs: 64, outputs: 64, size: 3, stride: 1 },
  { inputs: 64, outputs: 128, size: 3, stride: 2 },
];
const dense = [
  { inputs: 160, outputs: 512 },
  { inputs: 512, outputs: 1024 },
  { inputs: 1024, outputs: 784 },
];
const momentum = 0.1;

/** Parameters and running statistics before training; the order of dimensions is the one that the products below want. */
function start() {
  /** @type {Values} */
  const parameters = {
    primary: layer([128, 1, 81], 5).reshape([128, 81]).transpose(),
    primaryBias: np.zeros([128]),
    votes: filled([10, 16, 8, 16], 6, -0.17, 0.17),
    routingBias: np.zeros([10, 16, 1]),
  };
  /** @type {Values} */
  const statistics = {};
  convolutions.forEach(({ inputs, outputs, size }, k) => {
    const kernel = layer([outputs, inputs, size * size], 1 + k);
    parameters[`kernel${k}`] = np.transpose(kernel, [2, 1, 0]);
    parameters[`bias${k}`] = np.zeros([outputs]);
    parameters[`scale${k}`] = np.ones([outputs]);
    parameters[`shift${k}`] = np.zeros([outputs]);
    statistics[`mean${k}`] = np.zeros([outputs]);
    statistics[`variance${k}`] = np.ones([outputs]);
  });
  dense.forEach(({ inputs, outputs }, k) => {
    parameters[`dense${k}`] = layer([outputs, inputs], 7 + k).transpose();
    parameters[`denseBias${k}`] = np.zeros([outputs]);
  });
  return { parameters, statistics };
}

// jax-js counts references: an operation uses its operands up, and `.ref` keeps one for another use.

const square = (/** @type {Value} */ x) => x.ref.mul(x);

/** @param {Value} s */
function squash(s) {
  const n = np.sqrt(np.sum(square(s.ref), -1, { keepdims: true }));
  return np
    .subtract(1, np.exp(n.ref.mul(-1)))
    .mul(s)
    .div(n.add(1e-20));
}

/** The sum of a product for each tap. @param {Value[]} met pixels that each tap meets @param {Value} kernel */
function tapByTap(met, kernel) {
  const products = met.map((pixels, tap) => np.dot(pixels, kernel.ref.slice(tap)));
  kernel.dispose();
  return products.reduce((a, b) => a.add(b));
}

/** The same with the taps side by side, for a single channel: its products would be one deep. @param {Value[]} met @param {Value} kernel */
const inOneProduct = (met, kernel) => np.dot(np.concatenate(met, 1), kernel.reshape([met.length, -1]));

/**
 * A convolution [batch, height, width, channels] by [taps, channels, filters]. With pixels as rows, the pixels that a tap meets are a block of rows, shifted: each
 * tap is one product. Rows that reach over an edge are thrown away at the end. With a stride, pixels of equal remainder form an image each, and a
 * tap finds all of its pixels in one of them.
 * @param {Value} images @param {Value} kernel @param {number} size @param {number} stride
 */
function convolve(images, kernel, size, stride) {
  const [batch, height, width, channels] = /** @type {[number, number, number, number]} */ (images.shape);
  const [rows, columns] = [height / stride, width / stride];
  const all = batch * rows * columns;
  const reach = Math.floor((size - 1) / stride);
  const used = all - reach * (columns + 1);
  const phases = np
    .transpose(images.reshape([batch, rows, stride, columns, stride, channels]), [2, 4, 0, 1, 3, 5])
    .reshape([stride, stride, all, channels]);
  const met = Array.from({ length: size * size }, (_, tap) => {
    const [i, j] = [Math.floor(tap / size), tap % size];
    const from = Math.floor(i / stride) * columns + Math.floor(j / stride);
    return phases.ref.slice(i % stride, j % stride, [from, from + used]);
  });
  phases.dispose();
  const after = (/** @type {number} */ extent) => Math.floor((extent - size) / stride) + 1;
  return np
    .pad(channels === 1 ? inOneProduct(met, kernel) : tapByTap(met, kernel), [
      [0, all - used],
      [0, 0],
    ])
    .reshape([batch, rows, columns, -1])
    .slice([], [0, after(height)], [0, after(width)]);
}

/**
 * Capsule lengths, reconstruction, and in training new running statistics; the reconstruction is that of `labels`, or of the longest capsule.
 * @param {Values} p @param {Values} statistics @param {Value} images @param {Value} [labels]
 */
function network(p, statistics, images, labels) {
  /** @type {Values} */
  const next = {};
  let x = images;
  convolutions.forEach(({ size, stride }, k) => {
    const at = (/** @type {string} */ name) => /** @type {Value} */ (p[`${name}${k}`]);
    const [mean, variance] = [statistics[`mean${k}`], statistics[`variance${k}`]];
    x = nn.relu(convolve(x, at('kernel'), size, stride).add(at('bias')));
    let spread = variance;
    if (labels) {
      const count = x.size / at('bias').size;
      const m = np.mean(x.ref, [0, 1, 2]);
      x = x.sub(m.ref);
      spread = np.mean(square(x.ref), [0, 1, 2]);
      next[`mean${k}`] = mean.mul(1 - momentum).add(m.mul(momentum));
      next[`variance${k}`] = variance.mul(1 - momentum).add(spread.ref.mul((momentum * count) / (count - 1)));
    } else x = x.sub(mean);
    x = x.mul(at('scale').div(np.sqrt(spread.add(1e-5)))).add(at('shift'));
  });
  const primary = np.sum(x.reshape([-1, 81, 128]).mul(p.primary), 1).add(p.primaryBias);
  const votes = np.einsum('bci,pcio->bpco', squash(primary.reshape([-1, 16, 8])), p.votes);
  const logits = np
    .sum(votes.ref.mul(np.sum(votes.ref, 2, { keepdims: true })), -1, { keepdims: true })
    .div(4);
  const capsules = squash(np.sum(votes.mul(nn.softmax(logits, 1).add(p.routingBias)), 2));
  const lengths = np.sqrt(np.sum(square(capsules.ref), -1).add(1e-7));
  const mask = labels ?? nn.oneHot(np.argmax(lengths.ref, 1), 10);
  const reconstruction = dense.reduce(
    (h, _, k) => {
      const y = np.dot(h, p[`dense${k}`]).add(p[`denseBias${k}`]);
      return k < 2 ? nn.relu(y) : nn.sigmoid(y);
    },
    capsules.mul(mask.reshape([-1, 10, 1])).reshape([-1, 160]),
  );
  return { lengths, reconstruction, statistics: next };
}

/**
 * Margin loss + 0.392 times the mean square of the reconstruction's error, and the new running statistics.
 * @param {Values} p @param {Values} before @param {Value} images @param {Value} labels @returns {[Value, Values]}
 */
function loss(p, before, images, labels) {
  const { lengths, reconstruction, statistics } = network(p, before, images.ref, labels.ref);
  const present = labels.ref.mul(square(nn.relu(np.subtract(0.9, lengths.ref))));
  const absent = np
    .subtract(1, labels)
    .mul(0.5)
    .mul(square(nn.relu(lengths.sub(0.1))));
  const error = np.mean(square(reconstruction.sub(images.reshape([-1, 784]))));
  return [np.mean(np.sum(present.add(absent), 1)).add(error.mul(0.392)), statistics];
}

/** Adam's step number `t`. @param {Values} p @param {Values} first @param {Values} second @param {Values} gradients @param {Value} t */
function adam(p, first, second, gradients, t) {
  const correction = (/** @type {number} */ decay) => np.subtract(1, np.exp(t.ref.mul(Math.log(decay))));
  const [one, two] = [correction(0.9), correction(0.999)];
  /** @type {[Values, Values, Values]} */
  const result = [{}, {}, {}];
  for (const name of Object.keys(p)) {
    const gradient = gradients[name];
    const m = first[name].mul(0.9).add(gradient.ref.mul(0.1));
    const v = second[name].mul(0.999).add(square(gradient).mul(0.001));
    result[0][name] = p[name].sub(
      m.ref
        .div(one.ref)
        .mul(5e-4)
        .div(np.sqrt(v.ref.div(two.ref)).add(1e-8)),
    );
    [result[1][name], result[2][name]] = [m, v];
  }
  for (const used of [one, two, t]) used.dispose();
  return result;
}

const differentiate = valueAndGrad(loss, { hasAux: true });
const gradientsOf = jit(
  (
    /** @type {Values} */ p,
    /** @type {Values} */ before,
    /** @type {Value} */ images,
    /** @type {Value} */ labels,
  ) => {
    const [[value, statistics], gradients] = differentiate(p, before, images, labels);
    return { value, statistics, gradients };
  },
);
const update = jit(adam);
const predict = jit((/** @type {Values} */ p, /** @type {Values} */ before, /** @type {Value} */ images) => {
  const { lengths, reconstruction } = network(p, before, images);
  return { lengths, reconstruction };
});

const imagesOf = (/** @type {number} */ batch) => filled([batch, 28, 28, 1], 1000, 0, 1);

/** Training steps. @param {number} batch @returns {Work} */
function training(batch) {
  const images = imagesOf(batch);
  const labels = nn.oneHot(np.array(Int32Array.from({ length: batch }, (_, k) => k % 10)), 10);
  let { parameters, statistics } = start();
  const zeros = () =>
    /** @type {Values} */ (tree.map((/** @type {Value} */ x) => np.zerosLike(x), tree.ref(parameters)));
  let [first, second] = [zeros(), zeros()];
  let step = 0;
  /** @type {number[]} */
  const losses = [];
  return {
    losses,
    run: async () => {
      const { value, gradients, ...next } = gradientsOf(
        tree.ref(parameters),
        statistics,
        images.ref,
        labels.ref,
      );
      statistics = next.statistics;
      step += 1;
      [parameters, first, second] = update(parameters, first, second, gradients, np.array(step));
      await blockUntilReady([parameters, first, second, statistics]);
      const [now] = await value.data();
      if (losses.length < 4) losses.push(/** @type {number} */ (now));
    },
  };
}

/** Capsule lengths and reconstruction, decoded from the longest capsule. @param {number} batch @returns {Work} */
function inference(batch) {
  const images = imagesOf(batch);
  const { parameters, statistics } = start();
  return {
    losses: [],
    run: async () => {
      const { lengths, reconstruction } = predict(tree.ref(parameters), tree.ref(statistics), images.ref);
      await lengths.data();
      await reconstruction.data();
    },
  };
}

/**
 * [m, k] x [k, n], of which one may lie transposed.
 * @param {[number, number, number]} shape @param {'a' | 'b'} [transposed] @returns {Work}
 */
function product([m, k, n], transposed) {
  const left = filled(transposed === 'a' ? [k, m] : [m, k], 1, -1, 1);
  const right = filled(transposed === 'b' ? [n, k] : [k, n], 2, -1, 1);
  const multiply = jit((/** @type {Value} */ a, /** @type {Value} */ b) =>
    np.dot(transposed === 'a' ? a.transpose() : a, transposed === 'b' ? b.transpose() : b),
  );
  return {
    losses: [],
    run: async () => {
      const result = await blockUntilReady(multiply(left.ref, right.ref));
      result.dispose();
    },
  };
}

await serve(
  {
    version: library.version,
    device: 'the processor',
    remark: 'convolutions as matrix products',
  },
  { training, inference, product },
);
