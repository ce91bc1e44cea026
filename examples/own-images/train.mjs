// Trains a capsule network on your own pictures: a folder with a folder of PNG files for each class. node train.mjs FOLDER [epochs]
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adam } from '@capsnet/autograd';
import { buildModel, describeModel, fit, saveModel } from '@capsnet/capsules';
import { batchesOfEpoch, createPipeline, imageDataset } from '@capsnet/datasets';
import { randomKey, setBackend, tensor } from '@capsnet/tensor';
import { decode } from 'fast-png';

const [folder = 'images', epochs = '4'] = process.argv.slice(2);
const side = 28;

/** A picture as side x side grey values: each the mean of the pixels under it. */
function grey({ width, height, channels, data, depth }) {
  const scale = depth === 16 ? 257 : 1;
  return Float32Array.from({ length: side * side }, (_, at) => {
    const [row, column] = [Math.floor(at / side), at % side];
    const edge = (k, length) => Math.floor((k * length) / side);
    let sum = 0;
    let count = 0;
    for (let y = edge(row, height); y < Math.max(edge(row + 1, height), edge(row, height) + 1); y++)
      for (let x = edge(column, width); x < Math.max(edge(column + 1, width), edge(column, width) + 1); x++)
        for (let channel = 0; channel < Math.min(channels, 3); channel++, count++)
          sum += data[(y * width + x) * channels + channel] / scale;
    return sum / count;
  });
}

const classNames = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();
const pictures = classNames.flatMap((name, label) =>
  readdirSync(join(folder, name))
    .filter((file) => file.endsWith('.png'))
    .map((file) => ({ label, pixels: grey(decode(readFileSync(join(folder, name, file)))) })),
);
/** Every fifth picture is for testing. */
const split = (name, wanted) => {
  const chosen = pictures.filter((_, k) => (k % 5 === 4) === (name === 'test'));
  const images = new Float32Array(chosen.length * side * side);
  chosen.forEach(({ pixels }, k) => images.set(pixels, k * side * side));
  const data = {
    ...{ name: folder, split: name, shape: [side, side, 1], count: chosen.length, images, classNames },
    labels: Uint8Array.from(chosen, ({ label }) => label),
  };
  const order = { key: randomKey(1), batchSize: 16, shuffle: wanted === 'shuffled' };
  return createPipeline(imageDataset(data, folder), { kind: 'images', divisor: 256 }, order);
};
const [training, testing] = [split('train', 'shuffled'), split('test', 'in order')];
function* batches(pipeline, epoch) {
  for (const { images, oneHot, count } of batchesOfEpoch(pipeline, epoch))
    yield {
      images: tensor(images, [count, side, side, 1]),
      labels: tensor(oneHot, [count, classNames.length]),
    };
}

const backend = await setBackend('auto');
const model = buildModel(describeModel('efficient-capsnet', { input: [side, side, 1], classNames }));
console.log(`${training.count} pictures of ${classNames.join(', ')}; ${backend.description}`);
for await (const { epoch, training: seen, validation, parameters, state } of fit({
  model,
  ...model.init(randomKey(2)),
  optimizer: adam(),
  epochs: Number(epochs),
  batches: (epoch) => batches(training, epoch),
  validation: () => batches(testing, 0),
  learningRate: () => 1e-3,
})) {
  console.log(
    `epoch ${epoch}: loss ${seen.loss.toFixed(4)}, accuracy on test ${validation.accuracy.toFixed(3)}`,
  );
  writeFileSync('own-images.safetensors', await saveModel(model, parameters, state));
}
await backend.dispose();
