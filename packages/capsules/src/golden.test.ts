/**
 * Capsule layers, losses and tiny whole models against known-good values (see the README beside them). Takes their folder
 * from CAPSNET_SHARED. More than 400 lines: a line or two for every kind of golden case, and all share one reader.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { adam, vjp } from '@capsnet/autograd';
import {
  createBackend,
  leavesWithPaths,
  mapTree,
  scalar,
  setBackend,
  sizeOf,
  tensor,
  upsampleBilinear2x,
  type Backend,
  type Shape,
  type Tensor,
} from '@capsnet/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  accuracy,
  buildModel,
  countParameters,
  decodeSafetensors,
  digitCaps,
  distributionOf,
  fullLoss,
  fullLossMulti,
  fullyConnectedCaps,
  layers,
  length,
  marginLoss,
  mask,
  maskByLongest,
  maskByTwoLabels,
  maskByTwoLongest,
  multiAccuracy,
  primaryCaps,
  primaryCapsSabour,
  reconstructionLoss,
  fans,
  squash,
  squashSabour,
  trainStep,
  type Batch,
  type Initializer,
  type ModelDescription,
  type Parameters,
  type ParameterSpecs,
  type StoredTensor,
} from './index.js';

const folder = process.env['CAPSNET_SHARED'] && join(process.env['CAPSNET_SHARED'], 'golden');
const present = folder !== undefined && existsSync(join(folder, 'index.json'));
const reason = present ? '' : ' (skipped: set CAPSNET_SHARED to the folder that has golden/)';

interface Case {
  readonly name: string;
  readonly op: string;
  readonly attrs: any;
  readonly file: string;
  readonly tensors: Readonly<Record<string, readonly string[]>>;
  readonly float32_error?: { readonly outputs?: number; readonly grads?: number };
}
const cases: readonly Case[] = present
  ? (JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as { cases: Case[] }).cases
  : [];
const of = (...operations: readonly string[]): readonly Case[] =>
  cases.filter(({ op }) => operations.includes(op));
const read = ({ file }: Case): ReadonlyMap<string, StoredTensor> =>
  decodeSafetensors(readFileSync(join(folder!, file)), file).tensors;
const asTensor = ({ data, shape }: StoredTensor): Tensor => tensor(data as Float32Array, shape);

/** |a - reference| <= tolerance * max(1e-6, largest |reference|), row by row when `rows` says so. */
function expectClose(
  actual: ArrayLike<number>,
  reference: StoredTensor,
  tolerance: number,
  what: string,
  rows = false,
): void {
  expect(actual.length, `${what}: size`).toBe(sizeOf(reference.shape));
  const width = rows ? reference.shape.at(-1)! : Math.max(1, actual.length);
  for (let start = 0; start < actual.length; start += width) {
    let scale = rows ? 1e-45 : 1e-6;
    let worst = 0;
    for (let k = start; k < start + width; k++) scale = Math.max(scale, Math.abs(reference.data[k]!));
    for (let k = start; k < start + width; k++)
      worst = Math.max(
        worst,
        Number.isFinite(actual[k]) ? Math.abs(actual[k]! - reference.data[k]!) : Infinity,
      );
    expect(worst / scale, `${what}: largest error`).toBeLessThanOrEqual(tolerance);
  }
}

type Operation = (inputs: readonly Tensor[], attrs: any) => readonly Tensor[];

/** What each operation of the golden folder is here. */
const operations: Readonly<Record<string, Operation>> = {
  dense: ([x, kernel, bias], { activation }) => [
    layers.dense.apply({ kernel: kernel!, bias: bias! }, x!, activation),
  ],
  batch_norm_train: ([x, gamma, beta, mean, variance], attrs) => {
    const state = {
      moving_mean: mean ?? scalarLike(gamma!, 0),
      moving_variance: variance ?? scalarLike(gamma!, 1),
    };
    return [layers.batchNorm.train({ gamma: gamma!, beta: beta! }, state, x!, attrs).output];
  },
  batch_norm_infer: ([x, gamma, beta, moving_mean, moving_variance], attrs) => [
    layers.batchNorm.infer(
      { gamma: gamma!, beta: beta! },
      { moving_mean: moving_mean!, moving_variance: moving_variance! },
      x!,
      attrs,
    ),
  ],
  instance_norm: ([x, gamma, beta], attrs) => [
    layers.instanceNorm.apply({ gamma: gamma!, beta: beta! }, x!, attrs),
  ],
  upsample_bilinear2x: ([x]) => [upsampleBilinear2x(x!)],
  squash: ([s]) => [squash(s!)],
  squash_sabour: ([s], { eps }) => [squashSabour(eps)(s!)],
  length: ([v]) => [length(v!)],
  fc_caps: ([u, W, b]) => [fullyConnectedCaps({ W: W!, b: b! }, u!).capsules],
  digit_caps: ([x, W, biases], { routing, squash_eps }) => [
    digitCaps({ W: W!, biases: biases! }, x!, routing, squashSabour(squash_eps)).capsules,
  ],
  primary_caps_efficient: ([x, kernel, bias], { capsules, dim, strides }) => [
    primaryCaps(x!, kernel!, bias!, { capsules, dimensions: dim, stride: strides }),
  ],
  primary_caps_sabour: ([x, kernel, biases], { capsules, dim, strides, squash_eps }) => [
    primaryCapsSabour(x!, kernel!, biases!, {
      capsules,
      dimensions: dim,
      stride: strides,
      squash: squashSabour(squash_eps),
    }),
  ],
  mask_label: ([caps, marks]) => [mask(caps!, marks!)],
  mask_longest: ([caps]) => [maskByLongest(caps!)],
  mask_double_label: ([caps, first, second]) => maskByTwoLabels(caps!, first!, second!),
  mask_double_longest: ([caps]) => maskByTwoLongest(caps!),
  margin_loss: ([labels, lengths], attrs) => [
    marginLoss(labels!, lengths!, { present: attrs.m_plus, absent: attrs.m_minus, lambda: attrs.lambda }),
  ],
  mse: ([images, reconstruction]) => [reconstructionLoss(images!, reconstruction!)],
  full_loss: ([labels, lengths, images, reconstruction], { lmd_gen }) => [
    fullLoss(labels!, lengths!, images!, reconstruction!, lmd_gen).loss,
  ],
  full_loss_multi: ([y1, y2, lengths, x1, x2, g1, g2], { lmd_gen }) => [
    fullLossMulti(
      { labels: [y1!, y2!], lengths: lengths!, images: [x1!, x2!], reconstructions: [g1!, g2!] },
      lmd_gen,
    ).loss,
  ],
  accuracy: ([labels, lengths]) => [accuracy(labels!, lengths!)],
  multi_accuracy: ([labels, lengths]) => [multiAccuracy(labels!, lengths!)],
};
const scalarLike = (like: Tensor, value: number): Tensor =>
  tensor(new Float32Array(like.size).fill(value), like.shape);

const backends = ['reference', 'wasm'] as const;
let backend: Backend;
const useBackend = (name: (typeof backends)[number]): void => {
  beforeAll(async () => {
    backend = await setBackend(await createBackend(name));
  });
  afterAll(async () => {
    await backend.dispose();
  });
};

describe.each(backends)(`golden operations on %s${reason}`, (name) => {
  useBackend(name);
  test.skipIf(present)('are there', () => undefined);

  test.each(of(...Object.keys(operations)).map((golden) => [golden.name, golden] as const))(
    '%s',
    async (_, golden) => {
      const tensors = read(golden);
      const role = (name: string): StoredTensor[] =>
        (golden.tensors[name] ?? []).map((key) => tensors.get(key)!);
      const operation = operations[golden.op]!;
      const rows = /_tiny|_huge/.test(golden.name);
      const inputs = role('inputs').map(asTensor);
      const outputs = operation(inputs, golden.attrs);
      const { outputs: outputError = 0, grads: gradError = 0 } = golden.float32_error ?? {};
      for (const [k, reference] of role('outputs').entries()) {
        expectClose(
          await outputs[k]!.data(),
          reference,
          Math.max(2e-5, 20 * outputError),
          `output ${k}`,
          rows,
        );
      }
      const wanted = golden.tensors['grads']!.map((name) =>
        golden.tensors['inputs']!.indexOf(name.replace(/^d_/, '')),
      );
      if (wanted.length === 0) return;
      const cotangents = role('cotangents').map(asTensor);
      const { pullback } = vjp(
        (...values: Tensor[]) =>
          operation(
            inputs.map((input, k) => (wanted.includes(k) ? values[wanted.indexOf(k)]! : input)),
            golden.attrs,
          ),
        ...wanted.map((k) => inputs[k]!),
      );
      const gradients = pullback(cotangents) as readonly Tensor[];
      for (const [k, reference] of role('grads').entries()) {
        expectClose(
          await gradients[k]!.data(),
          reference,
          Math.max(5e-5, 20 * gradError),
          `gradient ${golden.tensors['grads']![k]}`,
          rows,
        );
      }
    },
  );

  test.each(
    of('batch_norm_train')
      .filter(({ tensors }) => tensors['aux'])
      .map((golden) => [golden.name, golden] as const),
  )('moved statistics of %s', async (_, golden) => {
    const t = read(golden);
    const get = (name: string): Tensor => asTensor(t.get(name)!);
    for (const [movingVariance, suffix] of [
      ['unbiased', 'fused'],
      ['biased', 'biased'],
    ] as const) {
      const { state } = layers.batchNorm.train(
        { gamma: get('gamma'), beta: get('beta') },
        { moving_mean: get('running_mean'), moving_variance: get('running_var') },
        get('x'),
        { ...golden.attrs, movingVariance },
      );
      expectClose(await state.moving_mean.data(), t.get('new_running_mean')!, 2e-5, 'mean');
      expectClose(await state.moving_variance.data(), t.get(`new_running_var_${suffix}`)!, 2e-5, suffix);
    }
  });

  test.each(
    of('fc_caps', 'digit_caps')
      .filter(({ tensors }) => tensors['aux']?.includes('coupling'))
      .map((golden) => [golden.name, golden] as const),
  )('couplings of %s', async (_, golden) => {
    const t = read(golden);
    const get = (name: string): Tensor => asTensor(t.get(name)!);
    const reference = t.get('coupling')!;
    if (golden.op === 'fc_caps') {
      const { couplings } = fullyConnectedCaps({ W: get('W'), b: get('b') }, get('u'));
      return expectClose(await couplings.data(), reference, 2e-5, 'couplings');
    }
    const { couplings } = digitCaps(
      { W: get('W'), biases: get('biases') },
      get('x'),
      golden.attrs.routing,
      squashSabour(golden.attrs.squash_eps),
    );
    const [batch, parents, children] = couplings.shape as [number, number, number];
    const ours = await couplings.data();
    const theirs = new Float32Array(ours.length);
    const shared = reference.shape[0] === batch ? reference.data : undefined;
    for (let b = 0; b < batch; b++)
      for (let n = 0; n < children; n++)
        for (let k = 0; k < parents; k++)
          theirs[(b * parents + k) * children + n] = shared
            ? shared[(b * children + n) * parents + k]!
            : reference.data[n * parents + k]!;
    expectClose(ours, { shape: couplings.shape, data: theirs }, 2e-5, 'couplings');
  });
});

describe(`initialisers${reason}`, () => {
  const names: Readonly<Record<string, Initializer>> = {
    he_normal: 'heNormal',
    he_uniform: 'heUniform',
    glorot_normal: 'glorotNormal',
    glorot_uniform: 'glorotUniform',
  };
  const rows: readonly any[] = present
    ? JSON.parse(readFileSync(join(folder, 'initializers.json'), 'utf8'))
    : [];
  test.each(rows.map((row) => [`${row.initializer} [${row.shape.join(',')}]`, row] as const))(
    '%s',
    (_, row) => {
      const { fanIn, fanOut } = fans(row.shape as Shape);
      expect([fanIn, fanOut]).toEqual([row.fan_in, row.fan_out]);
      const distribution = distributionOf(names[row.initializer] as 'heNormal', row.shape);
      if (distribution.kind === 'uniform') expect(distribution.limit).toBeCloseTo(row.limit, 12);
      else expect(distribution.sigma).toBeCloseTo(row.sigma, 12);
    },
  );
});

/** A golden architecture as a description. */
function describeGolden(attrs: any): ModelDescription {
  const classNames = Array.from({ length: attrs.digit[0] }, (_, k) => String(k));
  const decoder =
    attrs.decoder.type === 'dense'
      ? ({ kind: 'dense', units: attrs.decoder.units } as const)
      : ({
          kind: 'upsampling',
          start: [attrs.decoder.start, attrs.decoder.start],
          filters: attrs.decoder.filters,
          upsampleBefore: attrs.decoder.upsample_before,
        } as const);
  const common = { input: attrs.input, classNames, decoder, dimensions: attrs.digit[1] };
  if (attrs.model === 'original') {
    const [capsules, dimensions, kernel, stride] = attrs.primary;
    return {
      kind: 'original-capsnet',
      ...common,
      convolutions: [{ filters: attrs.conv[0], kernel: attrs.conv[1], stride: 1 }],
      primary: { kernel, stride, capsules, dimensions },
      iterations: attrs.routing,
    };
  }
  const [, kernel, capsules, dimensions, stride] = attrs.primary;
  const convolutions = attrs.convs.map(([filters, side, step]: number[]) => ({
    filters,
    kernel: side,
    stride: step,
  }));
  const instance = attrs.norm === 'instance';
  return {
    kind: 'efficient-capsnet',
    ...common,
    primary: { kernel, stride, capsules, dimensions },
    decodings: attrs.multi ? 2 : 1,
    backbone: {
      convolutions,
      activation: instance ? { leakyRelu: 0.3 } : 'relu',
      normalization: { kind: instance ? 'instance' : 'batch' },
    },
  };
}

describe.each(backends)(`golden models on %s${reason}`, (name) => {
  useBackend(name);
  test.each(of('model_efficient', 'model_original').map((golden) => [golden.name, golden] as const))(
    '%s',
    async (_, golden) => {
      const t = read(golden);
      const model = buildModel(describeGolden(golden.attrs));
      const tree = (prefix: string, specs: ParameterSpecs): Parameters => {
        const named = new Map(
          leavesWithPaths(specs).map(({ path, leaf }) => [leaf, asTensor(t.get(`${prefix}/${path}`)!)]),
        );
        return mapTree((leaf: object) => named.get(leaf)!, specs as unknown) as unknown as Parameters;
      };
      const compare = async (
        prefix: string,
        actual: Parameters,
        check: (values: ArrayLike<number>, reference: StoredTensor, path: string) => void,
      ): Promise<void> => {
        for (const { path, leaf } of leavesWithPaths(actual))
          check(await (leaf as Tensor).data(), t.get(`${prefix}/${path}`)!, `${prefix}/${path}`);
      };
      const start = tree('param', model.parameterSpecs);
      expect(countParameters(model.parameterSpecs)).toBe(
        golden.tensors['params']!.reduce((total, name) => total + sizeOf(t.get(name)!.shape), 0),
      );
      const multi = Boolean(golden.attrs.multi);
      const get = (name: string): Tensor => asTensor(t.get(name)!);
      const batch: Batch = multi
        ? {
            images: get('x'),
            labels: get('y1'),
            secondLabels: get('y2'),
            targets: get('target1'),
            secondTargets: get('target2'),
          }
        : { images: get('x'), labels: get('y') };

      // The first step's outputs.
      let state = tree('state', model.stateSpecs);
      const output = model.apply(start, state, batch.images, {
        mode: 'train',
        labels: batch.labels,
        ...(multi ? { secondLabels: batch.secondLabels! } : {}),
      });
      const close = async (actual: Tensor, name: string): Promise<void> =>
        expectClose(await actual.data(), t.get(name)!, 1e-4, name);
      await close(output.capsules, 'out/caps');
      await close(output.lengths, 'out/lengths');
      await close(output.reconstruction!, 'out/recon');
      if (multi) await close(output.secondReconstruction!, 'out/recon2');

      // Gradients of the loss: seen through an optimiser that returns them.
      const reveal = trainStep<readonly []>(
        model,
        { init: () => [], update: (gradients: Parameters) => ({ parameters: gradients, state: [] }) },
        { reconstructionWeight: golden.attrs.lmd_gen },
      );
      const first = reveal(start, state, [], batch, scalar(0));
      await close(first.metrics.loss, 'out/loss');
      await close(first.metrics.margin, 'out/margin');
      await compare('grad', first.parameters, (values, reference, path) =>
        expectClose(values, reference, 5e-4, path),
      );

      // Three steps of Adam.
      const optimizer = adam();
      const step = trainStep(model, optimizer, { reconstructionWeight: golden.attrs.lmd_gen });
      let parameters = start;
      let optimizerState = optimizer.init(parameters);
      const losses: number[] = [];
      for (let k = 0; k < 3; k++) {
        const next = step(parameters, state, optimizerState, batch, scalar(golden.attrs.adam.lr));
        ({ parameters, state, optimizerState } = next);
        losses.push(await next.metrics.loss.item());
        if (k === 0)
          await compare('state1', state, (values, reference, path) =>
            expectClose(values, reference, 1e-4, path),
          );
        for (const { leaf } of leavesWithPaths([parameters, state, optimizerState]))
          await (leaf as Tensor).data();
      }
      expectClose(losses, t.get('out/losses_3_steps')!, 1e-4, 'losses');
      await compare('state3', state, (values, reference, path) => expectClose(values, reference, 1e-4, path));
      await compare('after3', parameters, (values, reference, path) => {
        const gradient = t.get(`grad/${path.replace('after3/', '')}`)!.data;
        for (let k = 0; k < values.length; k++) {
          expect(Math.abs(values[k]! - reference.data[k]!), path).toBeLessThanOrEqual(
            Math.abs(gradient[k]!) > 1e-5 ? 2e-5 : 1.5e-3,
          );
        }
      });

      // Testing with what was reached.
      const tested = model.apply(tree('after3', model.parameterSpecs), state, batch.images, { mode: 'test' });
      await close(tested.capsules, 'eval/caps');
      await close(tested.lengths, 'eval/lengths');
      await close(tested.reconstruction!, 'eval/recon');
      if (multi) await close(tested.secondReconstruction!, 'eval/recon2');
    },
  );
});
