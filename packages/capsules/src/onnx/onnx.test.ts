/** What a file says. That runtimes compute the same from it is checked with onnxruntime, in scripts/ci/55-onnx.mjs. */
import { grad } from '@capsnet/autograd';
import {
  add,
  concat,
  customOp,
  fill,
  matmul,
  mean,
  randomKey,
  reshape,
  slice,
  square,
  sum,
  tensor,
  type Tensor,
} from '@capsnet/tensor';
import { describe, expect, it } from 'vitest';
import { squash } from '../capsules/squash.js';
import { buildModel } from '../models/build.js';
import { smallModel } from '../testing/smallModel.js';
import { functionToOnnx, modelToOnnx, type OnnxOptions } from './toOnnx.js';
import { floatField, integerField, messageField, textField } from './wire.js';

type Fields = Map<number, (bigint | Uint8Array)[]>;

/** The fields of a message by their numbers. */
function fieldsOf(bytes: Uint8Array): Fields {
  const fields: Fields = new Map();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const take = (length: number): Uint8Array => bytes.subarray(at, (at += length));
  while (at < bytes.length) {
    const tag = Number(varint());
    const kind = tag & 7;
    const value = kind === 0 ? varint() : take(kind === 5 ? 4 : Number(varint()));
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value]);
  }
  return fields;
}
const messages = (fields: Fields, number: number): Fields[] =>
  (fields.get(number) ?? []).map((each) => fieldsOf(each as Uint8Array));
const text = (fields: Fields, number: number): string =>
  new TextDecoder().decode(fields.get(number)![0] as Uint8Array);

function read(bytes: Uint8Array) {
  const model = fieldsOf(bytes);
  const graph = messages(model, 7)[0]!;
  const value = (fields: Fields): string => {
    const shape = messages(messages(messages(fields, 2)[0]!, 1)[0]!, 2)[0]!;
    const lengths = messages(shape, 1).map((each) => (each.has(1) ? String(each.get(1)![0]) : text(each, 2)));
    return `${text(fields, 1)} ${lengths.join(' ')}`;
  };
  return {
    operators: messages(graph, 1).map((node) => text(node, 4)),
    constants: messages(graph, 5).map((constant) => ({
      name: text(constant, 8),
      shape: (constant.get(1) ?? []).map(Number),
      contents: constant.get(9)![0] as Uint8Array,
    })),
    inputs: messages(graph, 11).map(value),
    outputs: messages(graph, 12).map(value),
    metadata: Object.fromEntries(messages(model, 14).map((entry) => [text(entry, 1), text(entry, 2)])),
  };
}

const file = async (
  body: (x: Tensor) => Record<string, Tensor>,
  shape = [4],
  options: Partial<OnnxOptions> = {},
) => read(await functionToOnnx(body, { input: { name: 'x', shape }, ...options }));

it('fields are written as the specification of Protocol Buffers shows them', () => {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  expect(hex(integerField(1, 150))).toBe('089601');
  expect(hex(textField(2, 'testing'))).toBe('120774657374696e67');
  expect(hex(messageField(3, [integerField(1, 150)]))).toBe('1a03089601');
  expect(hex(integerField(1, -2))).toBe(`08fe${'ff'.repeat(8)}01`);
  expect(hex(floatField(2, 1))).toBe('150000803f');
});

describe('a model', () => {
  it('has named results, an open batch, its parameters by name and its description', async () => {
    const model = buildModel(smallModel);
    const { parameters, state } = model.init(randomKey(1));
    const { inputs, outputs, constants, operators, metadata } = read(
      await modelToOnnx(model, parameters, state, { dataset: 'mine' }),
    );
    expect(inputs).toEqual(['images batch 10 10 1']);
    expect(outputs).toEqual(['lengths batch 3', 'capsules batch 3 4', 'reconstruction batch 10 10 1']);
    expect(constants.find(({ name }) => name === 'conv1/bias')!.shape).toEqual([6]);
    const weights = constants.find(({ name }) => name === 'digit/W')!;
    const stored = new Float32Array(weights.contents.slice().buffer);
    expect(stored).toEqual(await (parameters['digit'] as Record<string, Tensor>)['W']!.data());
    expect(metadata).toMatchObject({ dataset: 'mine', class_names: '["left","right","none"]' });
    expect(JSON.parse(metadata['capsnet_model']!)).toEqual(smallModel);
    expect(operators.filter((operator) => operator === 'Conv')).toHaveLength(3);
    // The scale of a batch norm is the same for all images: computed once, here.
    expect(operators.filter((operator) => operator === 'Sqrt').length).toBe(3);
  });

  it('without a decoder has no reconstruction', async () => {
    const model = buildModel({ ...smallModel, decoder: null });
    const { parameters, state } = model.init(randomKey(1));
    const { outputs } = read(await modelToOnnx(model, parameters, state));
    expect(outputs).toEqual(['lengths batch 3', 'capsules batch 3 4']);
  });
});

describe('the batch', () => {
  it('is found in results that are several times as long, or made for it', async () => {
    const { outputs, operators } = await file((x) => ({
      twice: concat([x, x], 0) as Tensor,
      flat: reshape(x, [x.size]) as Tensor,
      ones: fill([x.shape[0]!, 2], 1) as Tensor,
      total: sum(x) as Tensor,
      pairs: matmul(x, reshape(x, [4, -1])) as Tensor,
    }));
    expect(outputs).toEqual([
      'twice 2*batch 4',
      'flat 4*batch',
      'ones batch 2',
      'total ',
      'pairs batch batch',
    ]);
    expect(operators).toContain('Shape');
  });

  it.each<[string, (x: Tensor) => Tensor, string]>([
    ['mean over it', (x) => mean(x, 0), 'attributes differ with the batch (2 and 3 were tried)'],
    ['values by it', (x) => add(x, tensor([x.shape[0]!])), 'values differ'],
    ['other operations', (x) => (x.shape[0] === 2 ? x : square(x)), 'operations differ'],
    ['cut', (x) => slice(x, [0, 0], [1, 4]) as Tensor, 'cuts along the batch'],
  ])('cannot be open with: %s', async (_, body, sentence) => {
    await expect(file((x) => ({ y: body(x) }))).rejects.toThrow(sentence);
  });
});

describe('what ONNX cannot say is refused', () => {
  const cube = customOp({
    name: 'cube',
    shape: (x) => x,
    reference: ([x], y) => x!.data.forEach((value: number, k: number) => (y.data[k] = value ** 3)),
    host: ([x], y) => x!.forEach((value, k) => (y[k] = value ** 3)),
  });
  it.each<[string, (x: Tensor) => Tensor, string]>([
    ['an operation of a user', (x) => cube(x), 'custom has no form in ONNX'],
    ['a gradient', (x) => grad((y: Tensor) => sum(square(squash(y))))(x), 'squashGradient has no form'],
  ])('%s', async (_, body, sentence) => {
    await expect(file((x) => ({ y: body(x) }))).rejects.toThrow(sentence);
  });

  it('two things of one name', async () => {
    await expect(file((x) => ({ x }))).rejects.toThrow('Rename it');
  });
});
