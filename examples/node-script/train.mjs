// Trains Efficient-CapsNet on generated digits and prints the loss of every step: node train.mjs [steps]
import { adam } from '@capsnet/autograd';
import { buildModel, compileTrainStep, describeModel } from '@capsnet/capsules';
import { createPipeline, digits } from '@capsnet/datasets';
import { randomKey, scalar, setBackend, tensor } from '@capsnet/tensor';

const steps = Number(process.argv[2] ?? 20);
const batchSize = 16;

const backend = await setBackend('auto');
console.log(backend.description);

const model = buildModel(describeModel('efficient-capsnet'));
const optimizer = adam();
const step = compileTrainStep(model, optimizer);

const images = digits({ split: 'train', count: steps * batchSize });
const pipeline = createPipeline(images, { kind: 'images', divisor: 256 }, { key: randomKey(1), batchSize });

// What goes from step to step: the step takes it, gives its memory to the result, and returns the next.
let { parameters, state } = model.init(randomKey(2));
let optimizerState = optimizer.init(parameters);
for (let k = 0; k < steps; k++) {
  const batch = pipeline.batchAt({ epoch: 0, step: k });
  const next = await step(
    parameters,
    state,
    optimizerState,
    { images: tensor(batch.images, [batchSize, 28, 28, 1]), labels: tensor(batch.oneHot, [batchSize, 10]) },
    scalar(2e-3),
  );
  ({ parameters, state, optimizerState } = next);
  console.log(`step ${k + 1}: loss ${(await next.metrics.loss.item()).toFixed(4)}`);
}
await backend.dispose();
