import { buildModel, describeModel } from '@capsnet/capsules';
import { digits } from '@capsnet/datasets';
import { fc, test } from '@fast-check/vitest';
import { createBackend, randomKey } from '@capsnet/tensor';
import { expect, it } from 'vitest';
import { testBatches } from '../data/batches.js';
import { exampleSet } from '../data/examples.js';
import { averageOf, evaluateEnsemble } from './ensemble.js';
import { createEvaluator, judge } from './evaluate.js';

const vector = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 });

test.prop([fc.array(vector, { minLength: 1, maxLength: 5 })])(
  'an average lies between the smallest and the largest',
  (vectors) => {
    averageOf(vectors).forEach((mean, k) => {
      const column = vectors.map((each) => each[k]!);
      expect(mean).toBeGreaterThanOrEqual(Math.min(...column) - 1e-12);
      expect(mean).toBeLessThanOrEqual(Math.max(...column) + 1e-12);
    });
  },
);

it('averages the lengths of its members, of one kind or of several', async () => {
  const backend = await createBackend('wasm', { threads: 1 });
  const split = exampleSet(digits({ split: 'test', count: 12 }), { kind: 'images', divisor: 256 });
  const [capsules, baseline] = (['efficient-capsnet', 'base-capsnet'] as const).map((name) =>
    buildModel(describeModel(name, { decoder: false })),
  );
  const members = [
    { model: capsules!, ...capsules!.init(randomKey(1)) },
    { model: capsules!, ...capsules!.init(randomKey(2)) },
    { model: baseline!, ...baseline!.init(randomKey(3)) },
  ];
  try {
    const together = await evaluateEnsemble(members, backend, split);
    const lengths: ArrayLike<number>[] = [];
    const losses: number[] = [];
    for (const { model, parameters, state } of members) {
      const evaluator = createEvaluator(model, backend);
      losses.push((await evaluator.run(parameters, state, split)).loss);
      evaluator.release();
      for await (const { batch } of testBatches(split))
        lengths.push(await model.apply(parameters, state, batch.images, { mode: 'test' }).lengths.data());
    }
    const labels = split.source.labels;
    const expected = Array.from({ length: 12 }, (_, row) =>
      judge(
        Array.from({ length: 10 }, (_, k) => lengths.reduce((sum, each) => sum + each[row * 10 + k]!, 0) / 3),
        row,
        labels[row]!,
      ),
    );
    expect(together.verdicts.map(({ predicted, second }) => [predicted, second])).toEqual(
      expected.map(({ predicted, second }) => [predicted, second]),
    );
    together.verdicts.forEach(({ length }, row) => expect(length).toBeCloseTo(expected[row]!.length, 4));
    expect(together.loss).toBeCloseTo(losses.reduce((sum, loss) => sum + loss, 0) / 3, 5);
    expect(new Set(lengths.map((each) => each[0])).size).toBe(3);
  } finally {
    await backend.dispose();
  }
}, 60_000);

it('shows each member the images as that member was trained to see them', async () => {
  const backend = await createBackend('wasm', { threads: 1 });
  const images = digits({ split: 'test', count: 70 });
  const split = exampleSet(images, { kind: 'images', divisor: 256 });
  const darker = exampleSet(images, { kind: 'images', divisor: 1024 });
  const model = buildModel(describeModel('efficient-capsnet', { decoder: false }));
  const [first, second] = [1, 2].map((seed) => ({ model, ...model.init(randomKey(seed)) }));
  try {
    const alone = [
      await evaluateEnsemble([first!], backend, split),
      await evaluateEnsemble([second!], backend, darker),
    ];
    const together = await evaluateEnsemble([first!, { ...second!, split: darker }], backend, split);
    expect(together.loss).toBeCloseTo((alone[0]!.loss + alone[1]!.loss) / 2, 6);
    const same = await evaluateEnsemble([first!, second!], backend, split);
    expect(Math.abs(same.loss - together.loss)).toBeGreaterThan(1e-5);
    const fewer = exampleSet(digits({ split: 'test', count: 3 }), { kind: 'images', divisor: 256 });
    await expect(evaluateEnsemble([first!, { ...second!, split: fewer }], backend, split)).rejects.toThrow(
      'fewer images',
    );
  } finally {
    await backend.dispose();
  }
}, 60_000);
