/** Chapter 5: autograd. A small network learns a curve. Text: 05-autograd.md. */
import { adam, checkGrads, grad, valueAndGrad } from '@capsnet/autograd';
import {
  add,
  compile,
  createBackend,
  matmul,
  mean,
  randomKey,
  randomNormal,
  scalar,
  setBackend,
  splitKey,
  square,
  sub,
  tanh,
  tensor,
  zeros,
  mul,
  type Tensor,
} from '@capsnet/tensor';
import { plot, saveFigure, svg } from './figure.js';

const backend = await setBackend(await createBackend('wasm', { relaxed: false, threads: 1 }));

// 64 points of a wave, in one column.
const xs = Array.from({ length: 64 }, (_, k) => -3 + (6 * k) / 63);
const x = tensor(xs, [64, 1]);
const y = tensor(xs.map((v) => Math.sin(2 * v)), [64, 1]); // prettier-ignore

/** The parameters are a record of tensors; its type says their shapes. */
type Net = {
  readonly w1: Tensor<readonly [1, 24]>;
  readonly b1: Tensor<[24]>;
  readonly w2: Tensor<readonly [24, 1]>;
  readonly b2: Tensor<[1]>;
};

const [key1, key2] = splitKey(randomKey(4)) as [readonly [number, number], readonly [number, number]];
const start: Net = {
  w1: mul(randomNormal(key1, [1, 24]), 2),
  b1: zeros([24]),
  w2: mul(randomNormal(key2, [24, 1]), 0.2),
  b2: zeros([1]),
};

/** 1 -> 24 -> 1, bent by tanh. */
const predict = ({ w1, b1, w2, b2 }: Net, input: Tensor<readonly [64, 1]>): Tensor<[64, 1]> =>
  add(matmul(tanh(add(matmul(input, w1), b1)), w2), b2);

const loss = (net: Net): Tensor<[]> => mean(square(sub(predict(net, x), y)));

// The gradient has the form of the parameters: a record of the same shapes.
const gradient = grad(loss)(start);
console.log('loss at the start', (await loss(start).item()).toFixed(4));
console.log('gradient', Object.entries(gradient).map(([name, g]) => `${name} [${g.shape.join(',')}]`).join(', ')); // prettier-ignore

// Is it right? Finite differences in double precision say so, or name the element that is not.
await checkGrads(loss, [start], { elements: 4 });
console.log('checkGrads finds nothing wrong');

// One step: value, gradient, Adam. Compiled, it is one plan that updates the parameters where they lie.
const optimizer = adam<Net>();
const step = compile(
  (net: Net, state: ReturnType<typeof optimizer.init>, rate: Tensor) => {
    const { value, gradient: direction } = valueAndGrad(loss)(net);
    return { value, ...optimizer.update(direction, state, net, rate) };
  },
  { donate: [0, 1], name: 'step' },
);

let net = start;
let state = optimizer.init(net);
const losses: [number, number][] = [];
for (let k = 0; k < 2000; k++) {
  const next = await step(net, state, scalar(0.01));
  ({ parameters: net, state } = next);
  if (k % 20 === 0) losses.push([k, await next.value.item()]);
  if (k % 500 === 0) console.log(`step ${k}: loss ${(await next.value.item()).toFixed(4)}`);
}
console.log(`step 2000: loss ${(await loss(net).item()).toFixed(4)}`);

// A donated tensor is gone: its memory holds the new one. Touching it is an error, not a wrong number.
try {
  await start.w1.data();
} catch (error) {
  console.log(`${(error as Error).message.split('. ')[0]}`);
}

// Figure: the loss, and the curve before and after.
const after = await predict(net, x).data();
const points = (values: ArrayLike<number>): [number, number][] => xs.map((v, k) => [v, values[k]!]);
saveFigure(
  '05-autograd.svg',
  svg(
    840,
    300,
    plot({
      title: 'Mean squared error, Adam at 0.01',
      x: { name: 'step', range: [0, 2000] },
      y: { name: 'loss', range: [1e-6, 1], log: true },
      curves: [
        { name: 'loss', points: losses.map(([k, v]) => [k, Math.min(1, Math.max(v, 1e-6))] as const) },
      ],
    }),
    plot(
      {
        title: 'sin(2x) and what the network says',
        x: { name: 'x', range: [-3, 3] },
        y: { name: 'y', range: [-1.5, 1.5] },
        curves: [
          { name: 'sin(2x)', points: points(await y.data()) },
          { name: 'network', points: points(after) },
        ],
      },
      420,
    ),
  ),
);
await backend.dispose();
