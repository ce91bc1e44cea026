/** What must and must not compile. Read by the type check, not run. */
import { add, matmul, mul, scalar, square, sum, type Tensor } from '@capsnet/tensor';
import {
  adam,
  customVjp,
  grad,
  jvp,
  sgd,
  valueAndGrad,
  vjp,
  type AdamState,
  type Optimizer,
} from './index.js';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const expectType =
  <Expected>() =>
  <Actual>(_: Actual & (Equal<Expected, Actual> extends true ? unknown : never)) => {};

declare const w: Tensor<[3, 2]>;
declare const x: Tensor<[5, 3]>;
declare const parameters: { readonly w: Tensor<[3, 2]>; readonly b: Tensor<[2]> };
const model = (p: typeof parameters, images: Tensor<[5, 3]>): Tensor<[]> =>
  sum(square(add(matmul(images, p.w), p.b)));

// A gradient has the nesting and the literal shapes of its argument.
expectType<typeof parameters>()(grad(model)(parameters, x));
expectType<Tensor<[3, 2]>>()(grad((t: Tensor<[3, 2]>) => sum(t))(w));
expectType<Tensor<[]>>()(valueAndGrad(model)(parameters, x).value);
expectType<typeof parameters>()(valueAndGrad(model)(parameters, x).gradient);
// @ts-expect-error: the second argument is missing
grad(model)(parameters);
// @ts-expect-error: w has another shape
grad(model)({ w: x, b: parameters.b }, x);
// @ts-expect-error: the function does not return a tensor
grad((t: Tensor) => t.size);

// What comes beside the loss keeps its type.
const withExtra = valueAndGrad((t: Tensor<[3, 2]>) => [sum(t), { rows: 3, t }] as const, { auxiliary: true })(
  w,
);
expectType<number>()(withExtra.auxiliary.rows as number);
expectType<Tensor<[3, 2]>>()(withExtra.auxiliary.t);
// @ts-expect-error: without { auxiliary: true } the function must return a tensor
valueAndGrad((t: Tensor) => [sum(t), 1] as const);

// A pullback takes what the function returned and gives what it took.
const { pullback } = vjp((a: Tensor<[3, 2]>, b: Tensor<[2]>) => ({ y: mul(a, b) }), w, parameters.b);
const [dw, db] = pullback({ y: w });
expectType<Tensor<[3, 2]>>()(dw);
expectType<Tensor<[2]>>()(db);
// @ts-expect-error: the cotangent of y has another shape
pullback({ y: x });
// @ts-expect-error: one tangent for each argument
jvp((a: Tensor, b: Tensor) => mul(a, b), [w, w], [w]);

// customVjp: one cotangent for each operand.
const product = (a: Tensor, b: Tensor): Tensor => mul(a, b);
customVjp(product, (dy, a, b) => [mul(dy, b), mul(dy, a)]);
// @ts-expect-error: two operands, one cotangent
customVjp(product, (dy) => [dy]);

// Optimisers know the parameters they work on.
const optimizer: Optimizer<typeof parameters, AdamState<typeof parameters>> = adam<typeof parameters>();
const next = optimizer.update(parameters, optimizer.init(parameters), parameters, scalar(0.1));
expectType<Tensor<[3, 2]>>()(next.parameters.w);
expectType<Tensor<[2]>>()(next.state.m.b);
// @ts-expect-error: gradients of other parameters
optimizer.update({ w }, optimizer.init(parameters), parameters, 0.1);
// @ts-expect-error: there is no such option
sgd({ momentun: 0.9 });
