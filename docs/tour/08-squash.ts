/** Chapter 8: squash. A vector whose length is a probability. Text: 08-squash.md. */
import { grad } from '@capsnet/autograd';
import { length, squash, squashSabour } from '@capsnet/capsules';
import { createBackend, div, setBackend, square, sqrt, sum, mul, tensor, type Tensor } from '@capsnet/tensor';
import { arrow, colours, label, path, plot, saveFigure, svg } from './figure.js';

await setBackend(await createBackend('reference'));
const show = async (t: Tensor): Promise<string> => [...(await t.data())].map((v) => v.toFixed(4)).join(' ');

// A capsule is a vector: what it points at is *how* something looks, how long it is *whether* it is there.
const capsules = tensor([[0.03, 0.04], [0.3, 0.4], [3, 4], [30, 40]]); // prettier-ignore
console.log('lengths before ', await show(length(capsules)));
console.log('Efficient-CapsNet', await show(length(squash(capsules))));
console.log('Sabour et al.    ', await show(length(squashSabour()(capsules))));
console.log(
  'direction stays  ',
  await show(div(squash(capsules), sum(squash(capsules), 1, { keepDims: true }))),
);

// The formula as it stands in the papers divides 0 by 0 at the zero vector; so does its derivative.
const naive = (s: Tensor<[2]>): Tensor => {
  const squared = sum(square(s));
  return mul(div(squared, sum(mul(1, squared))), div(s, sqrt(squared)));
};
const zero = tensor([0, 0]);
console.log('naive squash of the zero vector ', await show(naive(zero)));
console.log('naive gradient there            ', await show(grad((s: Tensor<[2]>) => sum(naive(s)))(zero)));
console.log('squash of the zero vector       ', await show(squash(zero)));
console.log('its gradient                    ', await show(grad((s: Tensor<[2]>) => sum(squash(s)))(zero)));
console.log(
  "gradient of Sabour's            ",
  await show(grad((s: Tensor<[2]>) => sum(squashSabour()(s)))(zero)),
);

// And very long vectors: exp(|s|) overflows in single precision from |s| = 88.73 on; the engine does not form it.
console.log('length of squash([3e4, 4e4])    ', await show(length(squash(tensor([3e4, 4e4])))));

// How steep is the squash? d|v| / d|s| along a straight line, for both.
const along = (squashed: (s: Tensor<[1, 2]>) => Tensor<[1, 2]>) => {
  const size = (s: Tensor<[1, 2]>): Tensor<[]> => sum(mul(squashed(s), tensor([[0.6, 0.8]])));
  return async (n: number): Promise<[number, number]> => {
    const s = tensor([[0.6 * n, 0.8 * n]]);
    const slope = await sum(mul(grad(size)(s), tensor([[0.6, 0.8]]))).item();
    return [await size(s).item(), slope];
  };
};
const squashes = { 'Efficient-CapsNet': along(squash), 'Sabour et al.': along(squashSabour()) };
const ns = Array.from({ length: 61 }, (_, k) => k / 15);
const curves = [];
const slopes = [];
for (const [name, measure] of Object.entries(squashes)) {
  const both: [number, number][] = [];
  for (const n of ns) both.push(await measure(n));
  curves.push({ name, points: ns.map((n, k) => [n, both[k]![0]] as const) });
  slopes.push({ name, points: ns.map((n, k) => [n, both[k]![1]] as const) });
  const steepest = both.reduce((best, [, slope], k) => (slope > both[best]![1] ? k : best), 0);
  console.log(`${name}: steepest, ${both[steepest]![1].toFixed(3)}, at |s| = ${ns[steepest]!.toFixed(2)}`);
}

// Figure: length, slope, and a fan of vectors before and after.
const range: [number, number] = [0, 4];
const centre: [number, number] = [980, 170];
const fan: string[] = [label(980, 20, 'before (grey) and after', 'middle', 14)];
const spokes = Array.from({ length: 12 }, (_, k) => {
  const [angle, n] = [(2 * Math.PI * k) / 12, 0.2 + 0.2 * k];
  return [n * Math.cos(angle), n * Math.sin(angle)];
});
const short = await squash(tensor(spokes.flat(), [12, 2])).data();
const circle = Array.from({ length: 73 }, (_, k): [number, number] => [centre[0] + 45 * Math.cos((k * Math.PI) / 36), centre[1] + 45 * Math.sin((k * Math.PI) / 36)]); // prettier-ignore
fan.push(path(circle, '#3a8f5c', 1), label(980, 300, 'the circle has radius 1'));
spokes.forEach(([sx, sy], k) => {
  fan.push(arrow(centre, [centre[0] + 45 * sx!, centre[1] - 45 * sy!], '#bbb', 1));
  fan.push(
    arrow(centre, [centre[0] + 45 * short[2 * k]!, centre[1] - 45 * short[2 * k + 1]!], colours[0]!, 2),
  );
});
saveFigure(
  '08-squash.svg',
  svg(
    1120,
    310,
    plot({ title: 'Length after squashing', x: { name: '|s|', range }, y: { name: '|v|', range: [0, 1] }, legend: 'bottom', curves }), // prettier-ignore
    plot({ title: 'Slope', x: { name: '|s|', range }, y: { name: 'd|v|/d|s|', range: [0, 1] }, curves: slopes }, 420), // prettier-ignore
    ...fan,
  ),
);
