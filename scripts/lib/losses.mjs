// Trains a model on hashed weights and images and prints its losses: `node losses.mjs MODEL STEPS BACKEND`. One JSON line:
// { description, losses, seconds }.
import { adam } from '@capsnet/autograd';
import { compileTrainStep, comparedAdam, hashBatch, hashModel } from '@capsnet/capsules';
import { createBackend, scalar, setBackend } from '@capsnet/tensor';

const [name, steps, backendName] = process.argv.slice(2);
const backend = await setBackend(await createBackend(/** @type {any} */ (backendName)));
const { model, ...start } = hashModel(/** @type {any} */ (name));
let { parameters, state } = start;
const optimizer = adam(comparedAdam);
let optimizerState = optimizer.init(parameters);
const step = compileTrainStep(model, optimizer, { backend });
const losses = [];
const started = performance.now();
for (let k = 0; k < Number(steps); k++) {
  const next = await step(parameters, state, optimizerState, hashBatch(), scalar(5e-4));
  ({ parameters, state, optimizerState } = next);
  losses.push(await next.metrics.loss.item());
}
const seconds = (performance.now() - started) / 1000;
console.log(JSON.stringify({ description: backend.description, losses, seconds }));
step.release();
await backend.dispose();
