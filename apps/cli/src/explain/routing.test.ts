import { buildModel, type ModelDescription } from '@capsnet/capsules';
import { digits, mnistDivisor } from '@capsnet/datasets';
import { createBackend, randomKey } from '@capsnet/tensor';
import { describe, expect, it } from 'vitest';
import { exampleSet } from '../data/examples.js';
import { testExamples } from '../data/batches.js';
import { describeSubject, type Subject } from '../inspect/subject.js';
import { routingPicture } from './picture.js';
import { followRouting, type Routing } from './routing.js';

const common = { input: [28, 28, 1] as const, decoder: { kind: 'dense' as const, units: [8] } };
const split = exampleSet(digits({ split: 'test', count: 3 }), { kind: 'images', divisor: mnistDivisor });

async function route(description: ModelDescription, seed = 1): Promise<Routing> {
  const model = buildModel({ ...description, classNames: split.classNames });
  const backend = await createBackend('reference');
  const { batch, labels } = testExamples(split, [2]);
  const subject: Subject = {
    weights: { model, ...model.init(randomKey(seed)), metadata: {}, given: 'small', file: 'small' },
    modelName: 'small',
    split,
    index: 2,
    images: batch.images,
    label: labels[0]!,
  };
  expect(describeSubject(subject)).toBe(`test image 2 of digits (${split.classNames[labels[0]!]})`);
  if (model.description.kind === 'cnn') throw new Error('no capsules');
  const routing = await followRouting({ ...subject, description: model.description }, backend);
  const { width, height } = routingPicture(routing, {
    title: 't',
    subtitles: [],
    classNames: split.classNames,
  });
  expect(width * height).toBeGreaterThan(10_000);
  return routing;
}

const backbone = {
  convolutions: [{ filters: 8, kernel: 5, stride: 4 }],
  activation: 'relu',
  normalization: { kind: 'batch' },
} as const;
const efficient: ModelDescription = {
  ...common,
  classNames: [],
  kind: 'efficient-capsnet',
  backbone,
  primary: { kernel: 6, stride: 1, capsules: 4, dimensions: 2 },
  dimensions: 5,
  decodings: 1,
};
const original: ModelDescription = {
  ...common,
  classNames: [],
  kind: 'original-capsnet',
  convolutions: [{ filters: 4, kernel: 5, stride: 4 }],
  primary: { kernel: 3, stride: 2, capsules: 3, dimensions: 4, divisor: 1 },
  dimensions: 6,
  iterations: 3,
};

const columnsOf = (matrix: readonly (readonly number[])[]): number[][] =>
  matrix[0]!.map((_, column) => matrix.map((row) => row[column]!));

describe('followRouting', () => {
  it('self-attention: the couplings are the softmax of the agreement, which is the sum over pairs', async () => {
    const { method, couplings, agreement, pairs, map, predicted, second, classLengths } =
      await route(efficient);
    expect(method).toBe('self-attention');
    expect(map).toEqual({ height: 1, width: 1, kinds: 4 });
    const asked = columnsOf(agreement).map((column) => {
      const powers = column.map(Math.exp);
      return powers.map((power) => power / powers.reduce((sum, one) => sum + one, 0));
    });
    columnsOf(couplings).forEach((column, child) =>
      column.forEach((coupling, parent) => expect(coupling).toBeCloseTo(asked[child]![parent]!, 5)),
    );
    for (const [matrix, parent] of [
      [pairs!.predicted, predicted],
      [pairs!.second, second],
    ] as const) {
      matrix.forEach((row, child) => {
        expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(agreement[parent]![child]!, 5);
        row.forEach((value, other) => expect(value).toBeCloseTo(matrix[other]![child]!, 6));
      });
    }
    expect(classLengths[predicted]).toBe(Math.max(...classLengths));
  });

  it('dynamic: couplings of a child sum to 1, and the agreement so weighted is the product of input and output', async () => {
    const { method, iterations, couplings, agreement, map, classLengths, primaryLengths } =
      await route(original);
    expect([method, iterations]).toEqual(['dynamic', 3]);
    expect(map).toEqual({ height: 2, width: 2, kinds: 3 });
    expect(primaryLengths).toHaveLength(12);
    for (const column of columnsOf(couplings))
      expect(column.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);
    // v = squash(s), s = sum of c uHat (the biases of a fresh model are 0): sum of c (uHat . v) = s . v = |s| |v|, with |v| = |s|^2 / (1 + |s|^2).
    couplings.forEach((row, parent) => {
      const length = Math.sqrt(classLengths[parent]! ** 2 - 1e-7);
      const before = Math.sqrt(length / (1 - length));
      const weighted = row.reduce((sum, coupling, child) => sum + coupling * agreement[parent]![child]!, 0);
      expect(weighted).toBeCloseTo(before * length, 4);
    });
    // It routes: after three iterations not all couplings are alike.
    expect(Math.max(...couplings.flat())).toBeGreaterThan(Math.min(...couplings.flat()));
  });

  it('Base-CapsNet does not route: all couplings are alike', async () => {
    const { kind: _kind, decodings: _decodings, ...rest } = efficient;
    const { method, couplings } = await route({ ...rest, kind: 'base-capsnet' });
    expect(method).toBe('none');
    expect(new Set(couplings.flat())).toEqual(new Set([0.1]));
  });
});
