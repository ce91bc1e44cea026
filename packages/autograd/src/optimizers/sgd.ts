/** Stochastic gradient descent, with momentum (Polyak 1964) plain or after Nesterov (Sutskever et al. 2013). */
import { add, mul, neg, sub, zerosLike, type Tensor } from '@capsnet/tensor';
import { mapTensors, rateOf, type Optimizer, type ParameterTree } from './optimizer.js';

/** Settings of `sgd`. */
export interface SgdOptions {
  /** Share of the velocity that is kept; 0 by default. */
  readonly momentum?: number;
  readonly nesterov?: boolean;
}

/** The velocity, as the parameters. An empty record without momentum. */
export interface SgdState<Parameters = ParameterTree> {
  readonly velocity?: Parameters;
}

/**
 * As Keras: velocity = momentum velocity - lr g; w += velocity. With Nesterov: w += momentum velocity - lr g, with the
 * new velocity.
 * Sutskever et al. 2013: momentum (Polyak 1964) is eq. 1 and 2, Nesterov's form eq. 3 and 4. A velocity has the shape of its parameter.
 *
 * @throws Error for momentum outside [0, 1), or Nesterov without momentum
 */
export function sgd<Parameters = ParameterTree>({
  momentum = 0,
  nesterov = false,
}: SgdOptions = {}): Optimizer<Parameters, SgdState<Parameters>> {
  if (!(momentum >= 0 && momentum < 1))
    throw new Error(`sgd: momentum is ${momentum}, wanted a number in [0, 1).`);
  if (nesterov && momentum === 0) throw new Error('sgd: nesterov needs a momentum above 0.');
  return {
    init: (parameters) => (momentum === 0 ? {} : { velocity: mapTensors(zerosLike, parameters) }),
    update(gradients, state, parameters, learningRate) {
      const rate = rateOf(learningRate);
      const step = (g: Tensor): Tensor => mul(g, rate);
      if (state.velocity === undefined) {
        return {
          parameters: mapTensors((w, g) => sub(w, step(g)), parameters, gradients),
          state: {},
        };
      }
      const velocity = mapTensors((v, g) => sub(mul(v, momentum), step(g)), state.velocity, gradients);
      const move = (v: Tensor, g: Tensor): Tensor => (nesterov ? add(mul(v, momentum), neg(step(g))) : v);
      return {
        parameters: mapTensors((w, v, g) => add(w, move(v, g)), parameters, velocity, gradients),
        state: { velocity },
      };
    },
  };
}
