/** Chapter 10: training. Efficient-CapsNet learns digits, and its capsules are taken apart. Text: 10-training.md. */
import { readFileSync } from 'node:fs';
import { adam } from '@capsnet/autograd';
import { buildModel, decodeCapsules, describeModel, fit, loadModel, longestMask, perturb, summarize } from '@capsnet/capsules'; // prettier-ignore
import { batchesOfEpoch, createPipeline, digits, type ImageDataset } from '@capsnet/datasets';
import { argmax, createBackend, randomKey, setBackend, tensor, type Tensor } from '@capsnet/tensor';
import { encode } from 'fast-png';
import { plot, repository, saveFigure, svg } from './figure.js';

const backend = await setBackend(await createBackend('wasm', { relaxed: false }));

// The model, from its description. Moving statistics follow a tenth of the way each step here, not a hundredth: this training is short.
const described = describeModel('efficient-capsnet');
if (described.kind !== 'efficient-capsnet') throw new Error(described.kind);
const { backbone } = described;
const normalization = { ...backbone.normalization, momentum: 0.9 };
const model = buildModel({ ...described, backbone: { ...backbone, normalization } });
for (const { layer, output, parameters } of summarize(model).layers)
  console.log(`${layer.padEnd(9)} ${output.join(' x ').padEnd(13)} ${parameters || ''}`.trimEnd());

// The data: digits drawn by a program, different ones for training and testing.
const prepared = (dataset: ImageDataset, batchSize: number) =>
  createPipeline(dataset, { kind: 'images', divisor: 256 }, { key: randomKey(1), batchSize });
const training = prepared(digits({ split: 'train', count: 640 }), 16);
const testing = prepared(digits({ split: 'test', count: 200 }), 20);
function* batches(pipeline: typeof training, epoch: number) {
  for (const { images, oneHot, count } of batchesOfEpoch(pipeline, epoch))
    yield { images: tensor(images, [count, 28, 28, 1]), labels: tensor(oneHot, [count, 10]) };
}

// The loop: a step is a pure function of parameters, statistics, optimiser state and a batch; `fit` compiles and repeats it.
const start = model.init(randomKey(2));
const losses: [number, number][] = [];
for await (const { epoch, training: trained, validation } of fit({
  model,
  ...start,
  optimizer: adam(),
  epochs: 3,
  batches: (each) => batches(training, each),
  validation: () => batches(testing, 0),
  learningRate: (epoch) => 1e-3 * 0.7 ** epoch,
  onStep: ({ step, loss }) => void losses.push([step, loss]),
})) {
  const [loss, accuracy] = [trained.loss.toFixed(4), (100 * trained.accuracy).toFixed(1)];
  console.log(
    `epoch ${epoch}: loss ${loss}, ${accuracy}% right; on new digits ${(100 * validation!.accuracy).toFixed(1)}%`,
  );
}
const curve = losses.map(([step], k): [number, number] => {
  const window = losses.slice(Math.max(0, k - 7), k + 1);
  return [step, Math.min(1, window.reduce((sum, [, loss]) => sum + loss, 0) / window.length)];
});
const steps = losses.length;
saveFigure(
  '10-loss.svg',
  svg(420, 300, plot({ title: 'Loss, mean of 8 steps', x: { name: 'step', range: [0, steps] }, y: { name: 'loss', range: [0, 1] }, curves: [{ name: 'training', points: curve }] })), // prettier-ignore
);

// Weights that this project trained for longer are in the repository. What do their capsules say?
const kept = loadModel(readFileSync(new URL('weights/efficient-capsnet-digits.safetensors', repository)));
const [seen] = [...batches(prepared(digits({ split: 'test', count: 20, seed: 3 }), 8), 0)];
const images: Tensor = seen!.images;
const output = kept.model.apply(kept.parameters, kept.state, images, { mode: 'test' });
const lengths = await output.lengths.data();
const said = await argmax(output.lengths).data();
const labels = await argmax(seen!.labels).data();
for (let k = 0; k < 3; k++) {
  const row = [...lengths.slice(10 * k, 10 * k + 10)].map((v) => v.toFixed(2)).join(' ');
  console.log(`a ${labels[k]}: lengths ${row}: it is a ${said[k]}`);
}

// Perturbation: one dimension of the longest capsule is moved, and the decoder draws what the capsule then stands for.
const eight = async (batch: Tensor, shape: readonly number[]): Promise<Tensor> => {
  const [values, size] = [await batch.data(), batch.size / 8];
  return tensor(
    Float32Array.from({ length: 8 * size }, (_, at) => values[at % size]!),
    [8, ...shape],
  );
};
const capsules = await eight(output.capsules, [10, 16]);
const mark = await eight(longestMask(output.capsules), [10]);
const sheets: { dimension: number; change: number; pictures: ArrayLike<number> }[] = [];
for (let dimension = 0; dimension < 16; dimension++) {
  const noise = new Float32Array(8 * 16);
  for (let step = 0; step < 8; step++) noise[16 * step + dimension] = (step - 3.5) / 7;
  const moved = perturb(capsules, mark, tensor(noise, [8, 16]));
  const pictures = await decodeCapsules(kept.model, kept.parameters, moved, mark).data();
  let change = 0;
  for (let at = 0; at < 784; at++) change += Math.abs(pictures[at]! - pictures[7 * 784 + at]!);
  sheets.push({ dimension, change, pictures });
}
const strongest = sheets.sort((p, q) => q.change - p.change).slice(0, 5);
console.log(
  `dimensions that change the picture most: ${strongest.map(({ dimension }) => dimension).join(' ')}`,
);

// Figure: images, reconstructions, and five dimensions moved by -0.5 to 0.5, each picture 28 x 28 drawn twice as large.
const rows = [
  await images.data(),
  await output.reconstruction!.data(),
  ...strongest.map(({ pictures }) => pictures),
];
const [cell, columns] = [60, 8];
const [width, height] = [columns * cell, rows.length * cell];
const data = new Uint8Array(width * height).fill(255);
rows.forEach((row, r) => {
  for (let at = 0; at < 8 * 784 * 4; at++) {
    const [image, y, x] = [Math.floor(at / 3136), Math.floor((at % 3136) / 56), at % 56];
    const value = row[image * 784 + (y >> 1) * 28 + (x >> 1)]!;
    data[(r * cell + y + 2) * width + image * cell + x + 2] =
      255 - Math.round(255 * Math.min(1, Math.max(0, value)));
  }
});
saveFigure('10-capsules.png', encode({ width, height, data, channels: 1, depth: 8 }));
await backend.dispose();
