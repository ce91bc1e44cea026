/**
 * The models against other libraries: capsule lengths and the losses of four training steps on hashed weights and images. `reference` is too
 * slow to train them here: scripts/ci/25-losses.mjs does that, on all backends.
 */
import { adam } from '@capsnet/autograd';
import { compile, createBackend, scalar, setBackend, slice, type Backend } from '@capsnet/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileTrainStep } from '../training/step.js';
import { comparedAdam, hashBatch, hashed, hashModel, type HashModelName } from './hashModel.js';

const expected = {
  'efficient-capsnet': { lengths: [0.03963, 0.04423, 0.05516], losses: [0.62978, 0.52775, 0.44821, 0.38657] },
  'original-capsnet': { lengths: [0.15137, 0.09517, 0.13956], losses: [0.61638, 1.55068, 0.86746, 0.47274] },
} as const;

test('the hash is that of the comparison', () => {
  // x = i * 2654435761 + seed * 40503, mixed as in MurmurHash3's finaliser
  expect(Array.from(hashed(3, 0, 0, 1))[0]).toBe(0);
  expect(hashed(1000, 7, -1, 1).every((x) => x >= -1 && x < 1)).toBe(true);
});

const backends = ['reference', 'wasm'] as const;
describe.each(backends)('%s', (name) => {
  let backend: Backend | undefined;
  beforeAll(async () => {
    backend = await setBackend(await createBackend(name));
  });
  afterAll(async () => {
    await backend?.dispose();
  });

  test.each(['efficient-capsnet', 'original-capsnet'] as const)(
    'lengths of %s',
    async (kind: HashModelName) => {
      const { model, parameters, state } = hashModel(kind);
      const { images } = hashBatch();
      const first = slice(images, [0, 0, 0, 0], [1, -1, -1, -1]);
      const run = compile(
        (p: typeof parameters, s: typeof state, x: typeof images) =>
          model.apply(p, s, x, { mode: 'test' }).lengths,
      );
      const lengths = await (await run(parameters, state, first)).data();
      run.release();
      expected[kind].lengths.forEach((length, k) =>
        expect(Math.abs(lengths[k]! - length)).toBeLessThan(1e-5),
      );
    },
  );

  if (name === 'reference') return;
  test.each(['efficient-capsnet', 'original-capsnet'] as const)(
    'losses of %s',
    { timeout: 120_000 },
    async (kind: HashModelName) => {
      const { model, ...start } = hashModel(kind);
      const optimizer = adam(comparedAdam);
      const step = compileTrainStep(model, optimizer);
      const batch = hashBatch();
      let { parameters, state } = start;
      let optimizerState = optimizer.init(parameters);
      for (const loss of expected[kind].losses) {
        const next = await step(parameters, state, optimizerState, batch, scalar(5e-4));
        ({ parameters, state, optimizerState } = next);
        expect(Math.abs((await next.metrics.loss.item()) - loss)).toBeLessThan(1e-4);
      }
      step.release();
    },
  );
});
