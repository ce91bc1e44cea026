// A layer with an operation of its own, trained: node main.mjs
import { adam, checkGrads, valueAndGrad } from '@capsnet/autograd';
import {
  add,
  compile,
  matmul,
  mean,
  mul,
  randomKey,
  randomNormal,
  scalar,
  setBackend,
  splitKey,
  square,
  sub,
  sum,
  tensor,
  zeros,
} from '@capsnet/tensor';
import { swish } from './swish.mjs';

// Against finite differences in double precision; throws where they disagree.
await checkGrads((x) => sum(swish(x)), [randomNormal(randomKey(1), [3, 4])]);
console.log('the derivative of swish is right');

// A curve to learn: y = sin(3 x).
const count = 64;
const xs = Float32Array.from({ length: count }, (_, k) => (4 * k) / count - 2);
const x = tensor(xs, [count, 1]);
const y = tensor(
  xs.map((value) => Math.sin(3 * value)),
  [count, 1],
);

const [first, second] = splitKey(randomKey(2), 2);
let parameters = {
  first: mul(randomNormal(first, [1, 32]), 2),
  bias: randomNormal(second, [32]),
  second: zeros([32, 1]),
};
const loss = (p) => mean(square(sub(matmul(swish(add(matmul(x, p.first), p.bias)), p.second), y)));

const backend = await setBackend('auto');
const optimizer = adam();
const step = compile(
  (current, state, rate) => {
    const { value, gradient } = valueAndGrad(loss)(current);
    return { loss: value, ...optimizer.update(gradient, state, current, rate) };
  },
  { donate: [0, 1] },
);
let state = optimizer.init(parameters);
for (let k = 0; k < 200; k++) {
  const next = await step(parameters, state, scalar(0.02));
  ({ parameters, state } = next);
  if (k % 20 === 0) console.log(`step ${k}: loss ${(await next.loss.item()).toFixed(4)}`);
}
await backend.dispose();
