// Trains the small models that the playground shows when it is first opened, on generated digits alone, so that nothing in the
// repository comes from foreign data. Decoders are smaller than the papers' (256 and 512 units), so that a page loads quickly.
//
//   node apps/playground/scripts/train-weights.mjs efficient 2
//   node apps/playground/scripts/train-weights.mjs pairs 4
//   node apps/playground/scripts/train-weights.mjs original 4
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { adam } from '@capsnet/autograd';
import { buildModel, describeModel, fit, saveModel } from '@capsnet/capsules';
import { batchesOfEpoch, createPipeline, digits, mnistDivisor, multiMnistDivisor } from '@capsnet/datasets';
import { createBackend, randomKey, splitKey, tensor } from '@capsnet/tensor';

const decoder = { kind: 'dense', units: [256, 512] };
const efficient = describeModel('efficient-capsnet');
const pairs = describeModel('efficient-capsnet-multimnist');
const original = describeModel('original-capsnet');
/** What can be trained: the description, and the recipe of its images. */
const choices = {
  efficient: {
    name: 'efficient-capsnet-digits',
    description: { ...efficient, decoder },
    recipe: { kind: 'images', divisor: mnistDivisor },
  },
  pairs: {
    name: 'efficient-capsnet-multimnist-digits',
    description: { ...pairs, decoder },
    recipe: { kind: 'multimnist', divisor: multiMnistDivisor, passes: 1, maximumShift: 6, sameClass: false },
  },
  original: {
    name: 'original-capsnet-digits',
    description: {
      ...original,
      convolutions: [{ filters: 64, kernel: 9, stride: 1 }],
      primary: { kernel: 9, stride: 2, capsules: 8, dimensions: 8 },
      decoder,
    },
    recipe: { kind: 'images', divisor: mnistDivisor },
  },
};

const [choice, epochsGiven = '2', threads = '1'] = process.argv.slice(2);
const chosen = choices[/** @type {keyof typeof choices} */ (choice ?? '')];
if (chosen === undefined) {
  console.error(`train-weights: name one of ${Object.keys(choices).join(', ')}, and the number of epochs.`);
  process.exit(2);
}
const epochs = Number(epochsGiven);
const backend = await createBackend('wasm', { threads: Number(threads) });
const model = buildModel(/** @type {any} */ (chosen.description));
const { classes, shape } = { classes: model.description.classNames.length, shape: model.description.input };

/**
 * @param {any} recipe @param {import('@capsnet/datasets').ImageDataset} split @param {any} options
 * @returns {(epoch: number) => Generator<any>}
 */
function batchesOf(recipe, split, options) {
  const pipeline = createPipeline(split, recipe, options);
  return function* (epoch) {
    for (const { images, labels, oneHot, targets, count } of batchesOfEpoch(pipeline, epoch)) {
      const picture = tensor(images, [count, ...shape]);
      if (pipeline.targetsPerImage === 0) {
        yield { images: picture, labels: tensor(oneHot, [count, classes]) };
        continue;
      }
      const size = images.length / count;
      const label = [new Float32Array(count * classes), new Float32Array(count * classes)];
      const target = [new Float32Array(count * size), new Float32Array(count * size)];
      for (let row = 0; row < count; row++) {
        for (const which of [0, 1]) {
          label[which][row * classes + labels[2 * row + which]] = 1;
          target[which].set(
            targets.subarray((2 * row + which) * size, (2 * row + which + 1) * size),
            row * size,
          );
        }
      }
      yield {
        images: picture,
        labels: tensor(label[0], [count, classes]),
        secondLabels: tensor(label[1], [count, classes]),
        targets: tensor(target[0], [count, ...shape]),
        secondTargets: tensor(target[1], [count, ...shape]),
      };
    }
  };
}

const [weightsKey, dataKey] = splitKey(randomKey(1));
const training = batchesOf(chosen.recipe, digits({ split: 'train', count: 20_000 }), {
  key: dataKey,
  batchSize: 32,
  dropLast: true,
});
const testing = batchesOf(chosen.recipe, digits({ split: 'test', count: 1000 }), {
  key: dataKey,
  batchSize: 50,
  shuffle: false,
});
const file = fileURLToPath(new URL(`../../../weights/${chosen.name}.safetensors`, import.meta.url));
mkdirSync(dirname(file), { recursive: true });
const reports = fit({
  model,
  optimizer: adam(),
  ...model.init(weightsKey),
  epochs,
  batches: training,
  validation: () => testing(0),
  learningRate: (epoch) => 1e-3 * 0.5 ** epoch,
  backend,
});
for await (const { epoch, training: now, validation, parameters, state, seconds } of reports) {
  console.log(
    `epoch ${epoch + 1}: loss ${now.loss.toFixed(4)}, test accuracy ${((validation?.accuracy ?? 0) * 100).toFixed(2)} %, ${seconds.toFixed(0)} s`,
  );
  const notes = {
    dataset: 'digits',
    accuracy: String(validation?.accuracy),
    command: `node apps/playground/scripts/train-weights.mjs ${choice} ${epochs}`,
  };
  writeFileSync(file, await saveModel(model, parameters, state, notes));
}
await backend.dispose();
console.log(file);
