// 5,000 training steps of Efficient-CapsNet on the wasm backend: prints what memory they took. One JSON line: { wasm, rss, heap }, each
// [after 2,000 steps, at the end] in bytes.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { adam } from '@capsnet/autograd';
import { compileTrainStep, hashBatch, hashModel } from '@capsnet/capsules';
import { createBackend, scalar, setBackend } from '@capsnet/tensor';

setFlagsFromString('--expose-gc');
const collectGarbage = /** @type {() => void} */ (runInNewContext('gc'));
const backend = /** @type {any} */ (await setBackend(await createBackend('wasm')));
const { model, ...start } = hashModel('efficient-capsnet');
let { parameters, state } = start;
const optimizer = adam();
let optimizerState = optimizer.init(parameters);
const step = compileTrainStep(model, optimizer, { backend });
/** @type {{ wasm: number[], rss: number[], heap: number[] }} */
const memory = { wasm: [], rss: [], heap: [] };
const look = () => {
  collectGarbage();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  memory.wasm.push(backend.memoryBytes);
  memory.rss.push(rss);
  memory.heap.push(heapUsed + arrayBuffers);
};
for (let k = 1; k <= 5000; k++) {
  const next = await step(parameters, state, optimizerState, hashBatch(2), scalar(5e-4));
  ({ parameters, state, optimizerState } = next);
  if (!Number.isFinite(await next.metrics.loss.item())) throw new Error(`step ${k} has no finite loss`);
  if (k === 2000 || k === 5000) look();
}
console.log(JSON.stringify(memory));
step.release();
await backend.dispose();
