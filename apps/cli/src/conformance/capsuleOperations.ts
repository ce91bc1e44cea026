/** Layers, routing, masks, losses and metrics of the reference values, through the public functions of `@capsnet/capsules`. */
import {
  accuracy,
  digitCaps,
  fullLoss,
  fullLossMulti,
  fullyConnectedCaps,
  layers,
  length,
  marginLoss,
  maskByLabel,
  maskByLongest,
  maskByTwoLabels,
  maskByTwoLongest,
  multiAccuracy,
  multiCorrect,
  primaryCaps,
  primaryCapsSabour,
  reconstructionLoss,
  squash,
  squashSabour,
} from '@capsnet/capsules';
import { expandDims, fill, moments, reshape, transpose, type Tensor } from '@capsnet/tensor';
import { CaseError, type Attributes } from './attributes.js';
import { plain, type Operation } from './operations.js';

function activation(attributes: Attributes): layers.Activation {
  const name = attributes.text('activation', 'linear');
  switch (name) {
    case 'linear':
    case 'relu':
    case 'sigmoid':
    case 'tanh':
      return name;
    case 'leaky_relu':
      return { leakyRelu: attributes.number('alpha') };
    default:
      throw attributes.wrong('activation', 'linear, relu, leaky_relu, sigmoid or tanh');
  }
}

/** Statistics as they start, for cases that do not give any. */
const fresh = (gamma: Tensor) => ({
  moving_mean: fill(gamma.shape, 0),
  moving_variance: fill(gamma.shape, 1),
});

/** One number for steps that are the same down and across, as capsule layers take them. */
function stride(attributes: Attributes): number {
  const [down, across] = attributes.pair('strides', 1);
  if (down !== across) throw attributes.wrong('strides', 'one step for both directions');
  return down;
}

/** The engine's length has the epsilon of the published code; another one would be another function. */
function checkEpsilon(attributes: Attributes, name: string, built: number): void {
  if (attributes.has(name) && attributes.number(name) !== built) {
    throw new CaseError(`attribute "${name}" is ${attributes.number(name)}, here it is fixed at ${built}.`);
  }
}

export const capsuleOperations: Readonly<Record<string, Operation>> = {
  dense: plain(
    (attributes, x, kernel, bias) =>
      layers.dense.apply({ kernel: kernel, bias: bias }, x, activation(attributes)),
    3,
  ),

  batch_norm_train: {
    operands: [3, 5],
    run([x, gamma, beta, mean, variance], attributes) {
      const parameters = { gamma: gamma!, beta: beta! };
      const state = mean && variance ? { moving_mean: mean, moving_variance: variance } : fresh(gamma!);
      const options = {
        epsilon: attributes.number('epsilon', 1e-3),
        momentum: attributes.number('momentum', 0.99),
      };
      const moved = (movingVariance: 'unbiased' | 'biased') =>
        layers.batchNorm.train(parameters, state, x!, { ...options, movingVariance });
      const fused = moved('unbiased');
      const batch = moments(
        x!,
        x!.shape.slice(0, -1).map((_, axis) => axis),
      );
      return {
        outputs: [fused.output],
        auxiliary: {
          batch_mean: reshape(batch.mean, gamma!.shape),
          batch_var: reshape(batch.variance, gamma!.shape),
          new_running_mean: fused.state.moving_mean,
          new_running_var_fused: fused.state.moving_variance,
          new_running_var_biased: moved('biased').state.moving_variance,
        },
      };
    },
  },
  batch_norm_infer: plain((attributes, x, gamma, beta, moving_mean, moving_variance) => {
    const state = { moving_mean: moving_mean, moving_variance: moving_variance };
    return layers.batchNorm.infer({ gamma: gamma, beta: beta }, state, x, {
      epsilon: attributes.number('epsilon', 1e-3),
    });
  }, 5),
  instance_norm: plain(
    (attributes, x, gamma, beta) =>
      layers.instanceNorm.apply({ gamma: gamma, beta: beta }, x, {
        epsilon: attributes.number('epsilon', 1e-3),
      }),
    3,
  ),

  squash: plain((_, s) => squash(s), 1),
  squash_sabour: plain((attributes, s) => squashSabour(attributes.number('eps'))(s), 1),
  length: plain((attributes, v) => {
    checkEpsilon(attributes, 'epsilon', 1e-7);
    return length(v);
  }, 1),

  fc_caps: {
    operands: [3, 3],
    run([u, W, b]) {
      const { capsules, couplings } = fullyConnectedCaps({ W: W!, b: b! }, u!);
      return { outputs: [capsules], auxiliary: { coupling: expandDims(couplings, -1) } };
    },
  },
  digit_caps: {
    operands: [3, 3],
    run([x, W, biases], attributes) {
      const iterations = attributes.number('routing');
      const squashing = squashSabour(attributes.number('squash_eps'));
      const { capsules, couplings } = digitCaps({ W: W!, biases: biases! }, x!, iterations, squashing);
      // The reference lays coupling coefficients out as [batch, children, parents, 1].
      return {
        outputs: [capsules],
        auxiliary: { coupling: expandDims(transpose(couplings, [0, 2, 1]), -1) },
      };
    },
  },
  primary_caps_efficient: plain((attributes, x, kernel, bias) => {
    const [capsules, dimensions] = [attributes.number('capsules'), attributes.number('dim')];
    return primaryCaps(x, kernel, bias, { capsules, dimensions, stride: stride(attributes) });
  }, 3),
  primary_caps_sabour: plain((attributes, x, kernel, biases) => {
    const [capsules, dimensions] = [attributes.number('capsules'), attributes.number('dim')];
    const squashing = squashSabour(attributes.number('squash_eps'));
    return primaryCapsSabour(x, kernel, biases, {
      capsules,
      dimensions,
      stride: stride(attributes),
      squash: squashing,
    });
  }, 3),

  mask_label: plain((_, capsules, marks) => maskByLabel(capsules, marks), 2),
  mask_longest: plain((_, capsules) => maskByLongest(capsules), 1),
  mask_double_label: {
    operands: [3, 3],
    run: ([capsules, first, second]) => ({ outputs: maskByTwoLabels(capsules!, first!, second!) }),
  },
  mask_double_longest: { operands: [1, 1], run: ([capsules]) => ({ outputs: maskByTwoLongest(capsules!) }) },

  margin_loss: plain((attributes, labels, lengths) => {
    const [present, absent] = [attributes.number('m_plus', 0.9), attributes.number('m_minus', 0.1)];
    return marginLoss(labels, lengths, { present, absent, lambda: attributes.number('lambda', 0.5) });
  }, 2),
  mse: plain((_, images, reconstruction) => reconstructionLoss(images, reconstruction), 2),
  full_loss: {
    operands: [4, 4],
    run([labels, lengths, images, reconstruction], attributes) {
      const parts = fullLoss(labels!, lengths!, images!, reconstruction!, attributes.number('lmd_gen'));
      return { outputs: [parts.loss], auxiliary: { margin: parts.margin, mse: parts.reconstruction } };
    },
  },
  full_loss_multi: {
    operands: [7, 7],
    run([y1, y2, lengths, x1, x2, g1, g2], attributes) {
      const operands = {
        labels: [y1!, y2!],
        lengths: lengths!,
        images: [x1!, x2!],
        reconstructions: [g1!, g2!],
      } as const;
      const { loss, margin } = fullLossMulti(operands, attributes.number('lmd_gen'));
      const auxiliary = { margin, mse1: reconstructionLoss(x1!, g1!), mse2: reconstructionLoss(x2!, g2!) };
      return { outputs: [loss], auxiliary };
    },
  },
  accuracy: plain((_, labels, lengths) => accuracy(labels, lengths), 2),
  multi_accuracy: {
    operands: [2, 2],
    run: ([labels, lengths]) => ({
      outputs: [multiAccuracy(labels!, lengths!)],
      auxiliary: { per_sample: multiCorrect(labels!, lengths!) },
    }),
  },
};
