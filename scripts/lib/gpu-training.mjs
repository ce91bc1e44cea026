// Trains the full Efficient-CapsNet on the same hashed images on several backends and prints the losses: `node gpu-training.mjs STEPS BATCH BACKEND ...`.
// One JSON line a backend: { backend, description, losses }.
import { adam } from '@capsnet/autograd';
import { compileTrainStep, comparedAdam, hashBatch, hashModel } from '@capsnet/capsules';
import { createBackend, scalar, setBackend } from '@capsnet/tensor';

const [steps, size, ...names] = process.argv.slice(2);
for (const name of names) {
  const backend = await createBackend(/** @type {any} */ (name));
  await setBackend(backend);
  const { model, ...start } = hashModel('efficient-capsnet');
  let { parameters, state } = start;
  const optimizer = adam(comparedAdam);
  let optimizerState = optimizer.init(parameters);
  const step = compileTrainStep(model, optimizer, { backend });
  const losses = [];
  const started = performance.now();
  for (let k = 0; k < Number(steps); k++) {
    const next = await step(parameters, state, optimizerState, hashBatch(Number(size)), scalar(5e-4));
    ({ parameters, state, optimizerState } = next);
    losses.push(await next.metrics.loss.item());
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(JSON.stringify({ backend: name, description: backend.description, losses, seconds }));
  step.release();
  await backend.dispose();
}
