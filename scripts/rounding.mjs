// How far rounding alone carries the losses of a training apart: the same 50 batches of digits in one process, their images once as they come and once in another order
// within each batch. What several processes add up differs from one process by no less. `npm run rounding`; docs/scaling.md has the figures.
import { setup } from './lib/setup.mjs';

await setup();
const { adam } = await import('@capsnet/autograd');
const { buildModel, compileTrainStep, describeModel } = await import('@capsnet/capsules');
const { digits } = await import('@capsnet/datasets');
const { oneHot, randomKey, scalar, setBackend, createBackend, tensor } = await import('@capsnet/tensor');

const steps = 50;
const pixels = 28 * 28;
await setBackend(await createBackend('wasm', { threads: 1 }));
const model = buildModel(describeModel('efficient-capsnet'));

/**
 * The losses of a training, with the images of each batch in an order.
 * @param {import('@capsnet/datasets').ImageDataset} images @param {readonly number[]} order @param {number} learningRate
 */
async function losses({ images, labels }, order, learningRate) {
  const size = order.length;
  const optimizer = adam();
  const step = compileTrainStep(model, optimizer);
  let { parameters, state } = model.init(randomKey(1));
  let optimizerState = optimizer.init(parameters);
  const measured = [];
  for (let k = 0; k < steps; k++) {
    const rows = order.map((row) => k * size + row);
    const values = Float32Array.from(
      rows.flatMap((row) =>
        Array.from(images.subarray(row * pixels, (row + 1) * pixels), (value) => value / 256),
      ),
    );
    const batch = {
      images: tensor(values, [size, 28, 28, 1]),
      labels: oneHot(
        tensor(
          Int32Array.from(rows, (row) => labels[row] ?? 0),
          [size],
        ),
        10,
      ),
    };
    const next = await step(parameters, state, optimizerState, batch, scalar(learningRate));
    ({ parameters, state, optimizerState } = next);
    measured.push(await next.metrics.loss.item());
  }
  step.release();
  return measured;
}

for (const learningRate of [1e-4, 5e-4]) {
  for (const size of [12, 32, 96]) {
    const set = digits({ split: 'train', count: steps * size, seed: 3 });
    const order = Array.from({ length: size }, (_, row) => row);
    const wanted = await losses(set, order, learningRate);
    const halves = [...order.slice(size / 2), ...order.slice(0, size / 2)];
    const distances = [];
    for (const other of [order.toReversed(), halves]) {
      const got = await losses(set, other, learningRate);
      distances.push(Math.max(...got.map((loss, k) => Math.abs(loss / (wanted[k] ?? NaN) - 1))));
    }
    console.log(
      `rate ${learningRate}, ${size} images a batch: up to ${distances.map((distance) => distance.toExponential(1)).join(' (reversed) and ')} (halves exchanged) in ${steps} losses`,
    );
  }
}
process.exit(0);
