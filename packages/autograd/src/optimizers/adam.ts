/**
 * Adam (Kingma and Ba 2015) in the form of Keras and of the paper's section 2: the bias corrections go into the step size, and
 * epsilon is added to sqrt(v) before any correction.
 *
 *   m = b1 m + (1 - b1) g        v = b2 v + (1 - b2) g²
 *   w -= lr sqrt(1 - b2^t) / (1 - b1^t) · m / (sqrt(v) + epsilon),   t = 1, 2, ...
 *
 * AdamW (Loshchilov and Hutter 2019) also takes lr · decay · w off, apart from the gradient.
 */
import {
  add,
  div,
  expm1,
  mul,
  neg,
  scalar,
  sqrt,
  square,
  sub,
  zerosLike,
  type Tensor,
} from '@capsnet/tensor';
import { mapTensors, rateOf, type Optimizer, type ParameterTree } from './optimizer.js';

/** Settings of `adam`; those of Keras by default. */
export interface AdamOptions {
  /** Decay of the mean of gradients; 0.9 by default. */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients; 0.999 by default. */
  readonly beta2?: number;
  /** 1e-7 by default, as Keras. */
  readonly epsilon?: number;
}

/** Settings of `adamW`. */
export interface AdamWOptions extends AdamOptions {
  /** Share of each weight taken off a step, times the learning rate; 0.01 by default. */
  readonly weightDecay?: number;
}

/** What Adam carries from step to step. */
export interface AdamState<Parameters = ParameterTree> {
  /** Steps done, a scalar. */
  readonly step: Tensor;
  /** Mean of gradients. */
  readonly m: Parameters;
  /** Mean of squared gradients. */
  readonly v: Parameters;
}

/**
 * Adam with the defaults of Keras.
 * Kingma and Ba 2015, algorithm 1, in the form at the end of section 2: w -= lr sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v)
 * + epsilon). m and v have the shapes of the parameters.
 *
 * @throws Error for beta1 or beta2 outside [0, 1), or an epsilon below 0
 */
export const adam = <Parameters = ParameterTree>(
  options: AdamOptions = {},
): Optimizer<Parameters, AdamState<Parameters>> => adamWithDecay('adam', options, 0);

/**
 * Adam with decoupled weight decay on every parameter.
 * Loshchilov and Hutter 2019, algorithm 2: besides Adam's step, w -= lr decay w. m and v have the shapes of the parameters.
 *
 * @throws Error for beta1 or beta2 outside [0, 1), or an epsilon or decay below 0
 */
export const adamW = <Parameters = ParameterTree>({
  weightDecay = 0.01,
  ...options
}: AdamWOptions = {}): Optimizer<Parameters, AdamState<Parameters>> => {
  if (!(weightDecay >= 0))
    throw new Error(`adamW: weightDecay is ${weightDecay}, wanted a number from 0 on.`);
  return adamWithDecay('adamW', options, weightDecay);
};

function adamWithDecay<Parameters>(
  name: string,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 }: AdamOptions,
  weightDecay: number,
): Optimizer<Parameters, AdamState<Parameters>> {
  for (const [option, beta] of Object.entries({ beta1, beta2 })) {
    if (!(beta >= 0 && beta < 1))
      throw new Error(`${name}: ${option} is ${beta}, wanted a number in [0, 1).`);
  }
  if (!(epsilon >= 0)) throw new Error(`${name}: epsilon is ${epsilon}, wanted a number from 0 on.`);
  // 1 - beta^t = -expm1(t log beta): 1 - 0.999 in float32 would lose four digits.
  const correction = (beta: number, t: Tensor): Tensor => neg(expm1(mul(t, Math.log(beta))));
  return {
    init: (parameters) => ({
      step: scalar(0),
      m: mapTensors(zerosLike, parameters),
      v: mapTensors(zerosLike, parameters),
    }),
    update(gradients, state, parameters, learningRate) {
      const rate = rateOf(learningRate);
      const step = add(state.step, 1);
      const alpha = mul(rate, div(sqrt(correction(beta2, step)), correction(beta1, step)));
      const m = mapTensors((old, g) => add(mul(old, beta1), mul(g, 1 - beta1)), state.m, gradients);
      const v = mapTensors((old, g) => add(mul(old, beta2), mul(square(g), 1 - beta2)), state.v, gradients);
      const kept = weightDecay === 0 ? undefined : sub(1, mul(rate, weightDecay));
      const next = mapTensors(
        (w, mean, meanSquare) => {
          const moved = mul(alpha, div(mean, add(sqrt(meanSquare), epsilon)));
          return sub(kept ? mul(w, kept) : w, moved);
        },
        parameters,
        m,
        v,
      );
      return { parameters: next, state: { step, m, v } };
    },
  };
}
