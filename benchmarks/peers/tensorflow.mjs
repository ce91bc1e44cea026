// TensorFlow.js's side of the benchmark, on its wasm backend: Efficient-CapsNet on hashed weights and images, and products, timed on request (see serve).
//
// As it is shipped it cannot train this network on wasm: the gradients of convolutions have no kernels there. Here a convolution has a gradient of its own, made of
// convolutions: the filter's is that of the images with the outputs' gradient as a filter (spread by the stride), the images' that of the outputs' gradient, padded
// and spread, with the filter turned round. Its threads are not available in Node; `--backend cpu` is what is left to a user who wants to train as shipped:
// CAPSNET_TENSORFLOW=cpu uses it, and its own gradients.
import { dirname } from 'node:path';
import { hashed, peerPackage, serve } from './common.mjs';

/** @typedef {any} Value a tf.Tensor */
/** @typedef {Record<string, Value>} Values */
/** @typedef {import('./common.mjs').Work} Work */

const device = process.env['CAPSNET_TENSORFLOW'] ?? 'wasm';
const library = peerPackage('@tensorflow/tfjs');
const engine = peerPackage('@tensorflow/tfjs-backend-wasm');
// Its advice to install another package.
console.warn = () => undefined;
const load = async (/** @type {typeof library} */ { load }) => {
  const module = await load();
  return module.default ?? module;
};
const tf = await load(library);
const { setWasmPaths } = await load(engine);
setWasmPaths(`${dirname(engine.file)}/`);
await tf.setBackend(device);
await tf.ready();

const shipped = device === 'cpu';

/** A hashed tensor whose numbers are in the order of `shape`, its dimensions moved as told. @param {number[]} shape @param {number[]} order @param {number} seed @param {number} bound */
const tensor = (shape, order, seed, bound) =>
  tf.tidy(() =>
    tf
      .tensor(
        hashed(
          shape.reduce((a, b) => a * b),
          seed,
          -bound,
          bound,
        ),
        shape,
      )
      .transpose(order),
  );

const convolutions = [
  { inputs: 1, outputs: 32, size: 5, stride: 1 },
  { inputs: 32, outputs: 64, size: 3, stride: 1 },
  { inputs: 64, outputs: 64, size: 3, stride: 1 },
  { inputs: 64, outputs: 128, size: 3, stride: 2 },
];
const dense = /** @type {const} */ ([
  [160, 512],
  [512, 1024],
  [1024, 784],
]);

/** Parameters and running statistics before training, as tf.Variables. @returns {{ parameters: Values, statistics: Values }} */
function start() {
  const variable = (/** @type {Value} */ value) => tf.variable(value);
  const fixed = (/** @type {Value} */ value) => tf.variable(value, false);
  /** @type {Values} */
  const parameters = {
    primary: variable(tensor([128, 1, 9, 9], [2, 3, 0, 1], 5, Math.sqrt(3 / 81))),
    primaryBias: variable(tf.zeros([128])),
    // [capsules, inputs, classes * outputs]
    votes: variable(tf.tidy(() => tensor([10, 16, 8, 16], [1, 2, 0, 3], 6, 0.17).reshape([16, 8, 160]))),
    routingBias: variable(tf.zeros([10, 16, 1])),
  };
  /** @type {Values} */
  const statistics = {};
  convolutions.forEach(({ inputs, outputs, size }, k) => {
    const bound = Math.sqrt(3 / (inputs * size * size));
    parameters[`kernel${k}`] = variable(tensor([outputs, inputs, size, size], [2, 3, 1, 0], 1 + k, bound));
    parameters[`bias${k}`] = variable(tf.zeros([outputs]));
    parameters[`scale${k}`] = variable(tf.ones([outputs]));
    parameters[`shift${k}`] = variable(tf.zeros([outputs]));
    statistics[`mean${k}`] = fixed(tf.zeros([outputs]));
    statistics[`variance${k}`] = fixed(tf.ones([outputs]));
  });
  dense.forEach(([inputs, outputs], k) => {
    parameters[`dense${k}`] = variable(tensor([outputs, inputs], [1, 0], 7 + k, Math.sqrt(3 / inputs)));
    parameters[`denseBias${k}`] = variable(tf.zeros([outputs]));
  });
  return { parameters, statistics };
}

/** Zeros between rows and columns. @param {Value} x @param {number} stride */
function spread(x, stride) {
  if (stride === 1) return x;
  const [batch, height, width, channels] = x.shape;
  const none = [0, 0];
  const rows = tf
    .pad(x.reshape([batch, height, 1, width, channels]), [none, none, [0, stride - 1], none, none])
    .reshape([batch, height * stride, width, 1, channels]);
  return tf
    .pad(rows, [none, none, none, [0, stride - 1], none])
    .reshape([batch, height * stride, width * stride, channels]);
}

/** A convolution whose gradient is made of convolutions. */
const convolutionBy = (/** @type {number} */ stride) =>
  tf.customGrad((/** @type {Value} */ images, /** @type {Value} */ filter, /** @type {any} */ save) => {
    save([images, filter]);
    const gradFunc = (/** @type {Value} */ dy, /** @type {[Value, Value]} */ [x, w]) => {
      const [height, width, inputs, outputs] = w.shape;
      const ofFilter = tf
        .conv2d(x.transpose([3, 1, 2, 0]), dy.transpose([1, 2, 0, 3]), 1, 'valid', 'NHWC', stride)
        .slice([0, 0, 0, 0], [inputs, height, width, outputs])
        .transpose([1, 2, 0, 3]);
      // No training wants the gradient of the images themselves.
      if (inputs === 1) return [tf.zerosLike(x), ofFilter];
      const wide = spread(dy, stride);
      const before = height - 1;
      const after = x.shape[1] - wide.shape[1];
      const padded = tf.pad(wide, [
        [0, 0],
        [before, after],
        [before, after],
        [0, 0],
      ]);
      return [tf.conv2d(padded, tf.reverse(w, [0, 1]).transpose([0, 1, 3, 2]), 1, 'valid'), ofFilter];
    };
    return { value: tf.conv2d(images, filter, stride, 'valid'), gradFunc };
  });
const own = { 1: convolutionBy(1), 2: convolutionBy(2) };
const convolve = (/** @type {Value} */ x, /** @type {Value} */ w, /** @type {1 | 2} */ stride) =>
  shipped ? tf.conv2d(x, w, stride, 'valid') : own[stride](x, w);

/** A product whose gradient transposes first: products of transposed operands are a slow loop on wasm. */
const ownProduct = tf.customGrad(
  (/** @type {Value} */ x, /** @type {Value} */ w, /** @type {any} */ save) => {
    save([x, w]);
    return {
      value: tf.matMul(x, w),
      gradFunc: (/** @type {Value} */ dy, /** @type {[Value, Value]} */ [a, b]) => [
        tf.matMul(dy, b.transpose()),
        tf.matMul(a.transpose(), dy),
      ],
    };
  },
);
const multiply = (/** @type {Value} */ x, /** @type {Value} */ w) =>
  shipped ? tf.matMul(x, w) : ownProduct(x, w);

/** @param {Value} s */
function squash(s) {
  const n = tf.sqrt(s.square().sum(-1, true));
  return tf.sub(1, n.neg().exp()).mul(s.div(n.add(1e-20)));
}

/**
 * Capsule lengths and reconstruction; in training the batch's own statistics, which are added to the running ones. The reconstruction is that of `labels`, or of the
 * longest capsule.
 * @param {Values} p @param {Values} statistics @param {Value} images @param {Value} [labels]
 */
function network(p, statistics, images, labels) {
  let x = images;
  convolutions.forEach(({ stride }, k) => {
    const at = (/** @type {string} */ name) => p[`${name}${k}`];
    const [mean, variance] = [statistics[`mean${k}`], statistics[`variance${k}`]];
    x = tf.relu(convolve(x, at('kernel'), /** @type {1 | 2} */ (stride)).add(at('bias')));
    if (!labels) {
      x = tf.batchNorm(x, mean, variance, at('shift'), at('scale'), 1e-5);
      return;
    }
    const count = x.size / x.shape[3];
    const middle = x.mean([0, 1, 2]);
    x = x.sub(middle);
    const width = x.square().mean([0, 1, 2]);
    mean.assign(mean.mul(0.9).add(middle.mul(0.1)));
    variance.assign(variance.mul(0.9).add(width.mul((0.1 * count) / (count - 1))));
    x = x.mul(at('scale').div(tf.sqrt(width.add(1e-5)))).add(at('shift'));
  });
  const primary = (
    shipped
      ? tf.depthwiseConv2d(x, p['primary'], 1, 'valid')
      : x.mul(p['primary'].reshape([1, 9, 9, 128])).sum([1, 2])
  ).add(p['primaryBias']);
  const capsules = squash(primary.reshape([-1, 16, 8]));
  const votes = tf
    .matMul(capsules.transpose([1, 0, 2]), p['votes'])
    .reshape([16, -1, 10, 16])
    .transpose([1, 2, 0, 3]);
  const logits = tf.matMul(votes, votes, false, true).sum(-1, true).div(4);
  const strengths = logits.sub(logits.max(1, true)).exp();
  const couplings = strengths.div(strengths.sum(1, true));
  const classes = squash(votes.mul(couplings.add(p['routingBias'])).sum(-2));
  const lengths = tf.sqrt(classes.square().sum(-1).add(1e-7));
  const mask = labels ?? tf.oneHot(lengths.argMax(1), 10);
  const reconstruction = dense.reduce(
    (h, _, k) => {
      const y = multiply(h, p[`dense${k}`]).add(p[`denseBias${k}`]);
      return k < 2 ? tf.relu(y) : tf.sigmoid(y);
    },
    classes.mul(mask.reshape([-1, 10, 1])).reshape([-1, 160]),
  );
  return { lengths, reconstruction };
}

/** Margin loss + 0.392 times the mean square of the reconstruction's error. @param {Values} p @param {Values} statistics @param {Value} images @param {Value} labels */
function loss(p, statistics, images, labels) {
  const { lengths, reconstruction } = network(p, statistics, images, labels);
  const present = labels.mul(tf.relu(tf.sub(0.9, lengths)).square());
  const absent = tf
    .sub(1, labels)
    .mul(0.5)
    .mul(tf.relu(lengths.sub(0.1)).square());
  const error = reconstruction
    .sub(images.reshape([-1, 784]))
    .square()
    .mean();
  return present.add(absent).sum(1).mean().add(error.mul(0.392));
}

const imagesOf = (/** @type {number} */ batch) =>
  tf.tensor(hashed(batch * 784, 1000, 0, 1), [batch, 28, 28, 1]);

/** Training steps. @param {number} batch @returns {Work} */
function training(batch) {
  const images = imagesOf(batch);
  const digits = tf.tensor1d(
    Array.from({ length: batch }, (_, k) => k % 10),
    'int32',
  );
  const labels = tf.oneHot(digits, 10).toFloat();
  const { parameters, statistics } = start();
  const optimizer = tf.train.adam(5e-4, 0.9, 0.999, 1e-8);
  const all = Object.values(parameters);
  /** @type {number[]} */
  const losses = [];
  return {
    losses,
    run: async () => {
      const value = optimizer.minimize(() => loss(parameters, statistics, images, labels), true, all);
      const [now] = await value.data();
      value.dispose();
      if (losses.length < 4) losses.push(now);
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
      const results = tf.tidy(() => {
        const { lengths, reconstruction } = network(parameters, statistics, images);
        return [lengths, reconstruction];
      });
      for (const result of results) {
        await result.data();
        result.dispose();
      }
    },
  };
}

/** [m, k] x [k, n], of which one may lie transposed. @param {[number, number, number]} shape @param {'a' | 'b'} [transposed] @returns {Work} */
function product([m, k, n], transposed) {
  const left = tf.tensor(hashed(m * k, 1, -1, 1), transposed === 'a' ? [k, m] : [m, k]);
  const right = tf.tensor(hashed(k * n, 2, -1, 1), transposed === 'b' ? [n, k] : [k, n]);
  return {
    losses: [],
    run: async () => {
      const result = tf.matMul(left, right, transposed === 'a', transposed === 'b');
      await result.data();
      result.dispose();
    },
  };
}

await serve(
  {
    version: library.version,
    device: 'the processor',
    remark: shipped
      ? 'its cpu backend, as shipped'
      : 'its wasm backend on one thread, with gradients of convolutions written for it',
  },
  { training, inference, product },
);
