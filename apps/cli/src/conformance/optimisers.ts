/** Optimisers and schedules of the reference values: a few steps from given gradients, or on the least squares of A w - b. */
import {
  adam,
  exponentialDecay,
  grad,
  sgd,
  type AdamState,
  type Optimizer,
  type SgdState,
} from '@capsnet/autograd';
import { matmul, mean, reshape, slice, square, stack, sub, type Tensor } from '@capsnet/tensor';
import { Attributes, CaseError } from './attributes.js';
import { compare, toleranceOf, type Comparison } from './compare.js';
import type { Operation } from './operations.js';
import type { CaseTensors, GoldenCase } from './golden.js';

/** One tensor that is trained, as a tree. */
interface Weights {
  readonly [name: string]: Tensor;
  readonly w: Tensor;
}

/** What is seen of each step: the gradient and loss before it, weights and state after it. */
interface Trace<State> {
  readonly w: Tensor;
  readonly gradient: Tensor;
  readonly loss: Tensor | undefined;
  readonly state: State;
}

/** Runs `rates.length` steps from w0. */
function run<State>(
  optimizer: Optimizer<Weights, State>,
  w0: Tensor,
  rates: readonly number[],
  slopeAt: (w: Tensor, step: number) => { readonly gradient: Tensor; readonly loss?: Tensor },
): Trace<State>[] {
  let parameters: Weights = { w: w0 };
  let state = optimizer.init(parameters);
  return rates.map((rate, step) => {
    const { gradient, loss } = slopeAt(parameters.w, step);
    ({ parameters, state } = optimizer.update({ w: gradient }, state, parameters, rate));
    return { w: parameters.w, gradient, loss, state };
  });
}

const over = <State>(trace: readonly Trace<State>[], pick: (step: Trace<State>) => Tensor): Tensor =>
  stack(trace.map(pick), 0);

const ratesOf = (attributes: Attributes): readonly number[] =>
  attributes.series('lr', attributes.number('steps'));

const adamOf = (attributes: Attributes): Optimizer<Weights, AdamState<Weights>> =>
  adam({
    beta1: attributes.number('beta1'),
    beta2: attributes.number('beta2'),
    epsilon: attributes.number('epsilon'),
  });

/** loss(w) = mean((A w - b)^2) and its gradient. */
function leastSquares(
  a: Tensor,
  b: Tensor,
): (w: Tensor) => { readonly gradient: Tensor; readonly loss: Tensor } {
  const loss = (w: Tensor): Tensor => {
    const product: Tensor = matmul(a, reshape(w, [w.size, 1]) as Tensor);
    return mean(square(sub(reshape(product, b.shape), b)));
  };
  return (w) => ({ gradient: grad(loss)(w), loss: loss(w) });
}

export const optimiserOperations: Readonly<Record<string, Operation>> = {
  adam: {
    operands: [2, 2],
    run([w0, gradients], attributes) {
      const gradientOf = (step: number): Tensor =>
        reshape(slice(gradients!, [step, ...w0!.shape.map(() => 0)], [1, ...w0!.shape]), w0!.shape);
      const trace = run(adamOf(attributes), w0!, ratesOf(attributes), (_, step) => ({
        gradient: gradientOf(step),
      }));
      return {
        outputs: [
          over(trace, ({ w }) => w),
          over(trace, ({ state }) => state.m.w),
          over(trace, ({ state }) => state.v.w),
        ],
      };
    },
  },
  adam_least_squares: {
    operands: [3, 3],
    run([a, b, w0], attributes) {
      const trace = run(adamOf(attributes), w0!, ratesOf(attributes), leastSquares(a!, b!));
      return {
        outputs: [
          over(trace, ({ w }) => w),
          over(trace, ({ gradient }) => gradient),
          over(trace, ({ loss }) => loss!),
        ],
      };
    },
  },
  sgd: {
    operands: [3, 3],
    run([a, b, w0], attributes) {
      const optimizer: Optimizer<Weights, SgdState<Weights>> = sgd({
        momentum: attributes.number('momentum'),
        nesterov: attributes.flag('nesterov'),
      });
      const trace = run(optimizer, w0!, ratesOf(attributes), leastSquares(a!, b!));
      // Without momentum the velocity is the step itself.
      const before = (step: number): Tensor => (step === 0 ? w0! : trace[step - 1]!.w);
      const velocity = trace.map(({ state, w }, step): Tensor => state.velocity?.w ?? sub(w, before(step)));
      return {
        outputs: [over(trace, ({ w }) => w), stack(velocity, 0), over(trace, ({ loss }) => loss!)],
      };
    },
  },
};

export const isSchedule = (op: string): boolean => op === 'lr_schedule';

/** A schedule is a function of plain numbers and runs on no backend. */
export function runSchedule(golden: GoldenCase, tensors: CaseTensors): readonly Comparison[] {
  const attributes = new Attributes(golden.attrs, golden.name);
  const rate = exponentialDecay(
    attributes.number('lr'),
    attributes.number('lr_dec'),
    attributes.number('min_lr'),
  );
  const [epochs, rates] = [tensors.names('inputs'), tensors.names('outputs')];
  if (epochs.length !== 1 || rates.length !== 1)
    throw new CaseError(`${golden.name}: wanted one input and one output.`);
  const { data, shape } = tensors.get(epochs[0]!);
  const actual = { shape, data: Array.from(data, (epoch) => rate(Number(epoch))) };
  return [compare(rates[0]!, actual, tensors.get(rates[0]!), toleranceOf(golden, 'outputs'))];
}
