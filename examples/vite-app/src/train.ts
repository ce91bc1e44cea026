// Trains Efficient-CapsNet on generated digits. Nothing in here knows that it runs in a browser.
import { adam } from '@capsnet/autograd';
import { buildModel, compileTrainStep, describeModel } from '@capsnet/capsules';
import { createPipeline, digits } from '@capsnet/datasets';
import { randomKey, scalar, setBackend, tensor } from '@capsnet/tensor';

export type Report =
  | { readonly kind: 'ready'; readonly backend: string }
  | { readonly kind: 'step'; readonly loss: number }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly message: string };

const batchSize = 16;

export async function train(steps: number, tell: (report: Report) => void): Promise<void> {
  const backend = await setBackend('wasm');
  tell({ kind: 'ready', backend: backend.description });
  const model = buildModel(describeModel('efficient-capsnet'));
  const optimizer = adam();
  const step = compileTrainStep(model, optimizer);
  const images = digits({ split: 'train', count: steps * batchSize });
  const pipeline = createPipeline(images, { kind: 'images', divisor: 256 }, { key: randomKey(1), batchSize });

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
    tell({ kind: 'step', loss: await next.metrics.loss.item() });
  }
  await backend.dispose();
}
