import { fill, oneHot, randomKey, randomUniform, setBackend, tensor, TensorError } from '@capsnet/tensor';
import { beforeAll, expect, test } from 'vitest';
import { buildModel } from './build.js';
import { describeModel } from './catalogue.js';
import { decodeCapsules } from './decode.js';

beforeAll(async () => {
  await setBackend('reference');
});

const description = describeModel('efficient-capsnet-multimnist', { input: [28, 28, 1] });
const small = { ...description, decoder: { kind: 'dense', units: [6] } } as typeof description;

test('draws what the whole model draws of the same capsules', async () => {
  const model = buildModel(small);
  const { parameters, state } = model.init(randomKey(3));
  const images = randomUniform(randomKey(4), [2, 28, 28, 1]);
  const labels = oneHot(tensor(Int32Array.of(7, 2), [2]), 10);
  const whole = model.apply(parameters, state, images, { mode: 'play', labels, secondLabels: labels });
  const alone = decodeCapsules(model, parameters, whole.capsules, labels);
  expect(alone.shape).toEqual([2, 28, 28, 1]);
  expect(await alone.data()).toEqual(await whole.reconstruction!.data());
});

test('says what is missing', () => {
  const model = buildModel({ ...small, decoder: null });
  const { parameters } = model.init(randomKey(3));
  expect(() => decodeCapsules(model, parameters, fill([1, 10, 16], 1), fill([1, 10], 1))).toThrow(
    TensorError,
  );
  expect(() => decodeCapsules(model, parameters, fill([1, 10, 16], 1), fill([1, 10], 1))).toThrow(
    /has no decoder/,
  );
  const drawing = buildModel(small);
  expect(() =>
    decodeCapsules(drawing, drawing.init(randomKey(1)).parameters, fill([1, 10, 16], 1), fill([1, 9], 1)),
  ).toThrow(/does not fit/);
});
