// Checks the derivative of the routing in `routing.mjs`, then trains a small capsule network with it: node train.mjs [steps]
import { adam, checkGrads, valueAndGrad } from '@capsnet/autograd';
import { length, marginLoss, primaryCaps } from '@capsnet/capsules';
import { createPipeline, digits } from '@capsnet/datasets';
import {
  add,
  compile,
  conv2d,
  mul,
  randomKey,
  randomNormal,
  relu,
  scalar,
  setBackend,
  splitKey,
  square,
  sum,
  tensor,
  zeros,
} from '@capsnet/tensor';
import { routeByOthers } from './routing.mjs';

const steps = Number(process.argv[2] ?? 20);
const batchSize = 16;

// Against finite differences in double precision; throws where they disagree.
await checkGrads(
  (u, weights) => sum(square(routeByOthers(u, weights).capsules)),
  [randomNormal(randomKey(7), [2, 3, 4]), randomNormal(randomKey(8), [2, 3, 4, 5])],
);
console.log('the derivative of the routing is right');

/** The network: [batch, 28, 28, 1] -> capsules [batch, 10, 8]. */
function network({ filters, bias, primary, primaryBias, weights }, images) {
  const maps = relu(add(conv2d(images, filters, { strides: 2 }), bias)); // [batch, 12, 12, 32]
  const u = primaryCaps(maps, primary, primaryBias, { capsules: 16, dimensions: 8, stride: 4 });
  return routeByOthers(u, weights).capsules;
}

const [filterKey, primaryKey, weightKey] = splitKey(randomKey(1), 3);
const normal = (key, shape, scale) => mul(randomNormal(key, shape), scale);
let parameters = {
  filters: normal(filterKey, [5, 5, 1, 32], 0.28),
  bias: zeros([32]),
  // A depthwise filter of 8x8, at two places along each axis: 2 * 2 * 32 numbers are 16 capsules of 8.
  primary: normal(primaryKey, [8, 8, 1, 32], 0.18),
  primaryBias: zeros([32]),
  weights: normal(weightKey, [10, 16, 8, 8], 0.35),
};

const backend = await setBackend('auto');
const optimizer = adam();
const step = compile(
  (current, optimizerState, images, labels, rate) => {
    const loss = (p) => marginLoss(labels, length(network(p, images)));
    const { value, gradient } = valueAndGrad(loss)(current);
    return { loss: value, ...optimizer.update(gradient, optimizerState, current, rate) };
  },
  { donate: [0, 1] },
);

const images = digits({ split: 'train', count: steps * batchSize });
const pipeline = createPipeline(images, { kind: 'images', divisor: 256 }, { key: randomKey(2), batchSize });
let optimizerState = optimizer.init(parameters);
for (let k = 0; k < steps; k++) {
  const batch = pipeline.batchAt({ epoch: 0, step: k });
  const pictures = tensor(batch.images, [batchSize, 28, 28, 1]);
  const next = await step(
    parameters,
    optimizerState,
    pictures,
    tensor(batch.oneHot, [batchSize, 10]),
    scalar(5e-3),
  );
  ({ parameters, state: optimizerState } = next);
  console.log(`step ${k + 1}: loss ${(await next.loss.item()).toFixed(4)}`);
}
await backend.dispose();
