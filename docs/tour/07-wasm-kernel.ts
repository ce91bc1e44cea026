/** Chapter 7: a kernel in AssemblyScript. Three versions of one matrix product, and what each is worth. Text: 07-wasm-kernel.md. */
import asc from 'assemblyscript/asc';
import {
  compile,
  createBackend,
  matmul,
  randomKey,
  randomUniform,
  splitKey,
  type Tensor,
} from '@capsnet/tensor';
import { box, colours, label, saveFigure, svg } from './figure.js';

const size = 192;

/** c = a b, all `size` x `size`, row-major floats in one memory. AssemblyScript: TypeScript's syntax, machine types. */
const source = `
const N: i32 = ${size};

// As the formula says: one element after the other, one product at a time.
export function plain(a: usize, b: usize, c: usize): void {
  for (let i = 0; i < N; i++)
    for (let j = 0; j < N; j++) {
      let sum: f32 = 0;
      for (let k = 0; k < N; k++)
        sum += load<f32>(a + ((i * N + k) << 2)) * load<f32>(b + ((k * N + j) << 2));
      store<f32>(c + ((i * N + j) << 2), sum);
    }
}

// SIMD: four neighbouring elements at once. Each a is read once, and spread over four lanes.
export function four(a: usize, b: usize, c: usize): void {
  for (let i = 0; i < N; i++)
    for (let j = 0; j < N; j += 4) {
      let sum = f32x4.splat(0);
      for (let k = 0; k < N; k++)
        sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(a + ((i * N + k) << 2)), v128.load(b + ((k * N + j) << 2))));
      v128.store(c + ((i * N + j) << 2), sum);
    }
}

// A tile of 4 rows by 8 columns stays in registers: each number that is loaded is used 4 or 8 times.
export function tiled(a: usize, b: usize, c: usize): void {
  for (let i = 0; i < N; i += 4)
    for (let j = 0; j < N; j += 8)
      tile(a + ((i * N) << 2), b + (j << 2), c + ((i * N + j) << 2));
}
function tile(a: usize, b: usize, c: usize): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  const row: usize = N << 2, end = a + row;
  while (a < end) {
    const left = v128.load(b), right = v128.load(b, 16);
    let x = v128.load32_splat(a);
    s0 = f32x4.add(s0, f32x4.mul(x, left)); s1 = f32x4.add(s1, f32x4.mul(x, right));
    x = v128.load32_splat(a + row);
    s2 = f32x4.add(s2, f32x4.mul(x, left)); s3 = f32x4.add(s3, f32x4.mul(x, right));
    x = v128.load32_splat(a + 2 * row);
    s4 = f32x4.add(s4, f32x4.mul(x, left)); s5 = f32x4.add(s5, f32x4.mul(x, right));
    x = v128.load32_splat(a + 3 * row);
    s6 = f32x4.add(s6, f32x4.mul(x, left)); s7 = f32x4.add(s7, f32x4.mul(x, right));
    a += 4; b += row;
  }
  v128.store(c, s0); v128.store(c, s1, 16);
  v128.store(c + row, s2); v128.store(c + row, s3, 16);
  v128.store(c + 2 * row, s4); v128.store(c + 2 * row, s5, 16);
  v128.store(c + 3 * row, s6); v128.store(c + 3 * row, s7, 16);
}`;

// Compiled here and now; the engine's kernels are compiled by the same compiler when the package is built.
const { binary } = await asc.compileString(source, {
  optimizeLevel: 3,
  runtime: 'stub',
  noAssert: true,
  importMemory: true,
  enable: ['simd'],
});
if (!binary) throw new Error('asc: the source does not compile');
console.log(`${binary.length} bytes of WebAssembly`);

const memory = new WebAssembly.Memory({ initial: 64 });
const { instance } = await WebAssembly.instantiate(binary, {
  env: { memory, abort: () => { throw new Error('abort'); } }, // prettier-ignore
}) as unknown as { instance: { exports: Record<'plain' | 'four' | 'tiled', (a: number, b: number, c: number) => void> } }; // prettier-ignore
const bytes = size * size * 4;
const place = (k: number): [number, Float32Array] => {
  const at = 65_536 + k * (bytes + 192);
  return [at, new Float32Array(memory.buffer, at, size * size)];
};
const [[atA, a], [atB, b], [atC, c]] = [place(0), place(1), place(2)];

// The same numbers for the engine.
const engine = await createBackend('wasm', { threads: 1 });
const [keyA, keyB] = splitKey(randomKey(7)) as [readonly [number, number], readonly [number, number]];
const left = randomUniform(keyA, [size, size], -1, 1);
const right = randomUniform(keyB, [size, size], -1, 1);
a.set(await left.data());
b.set(await right.data());
const product = compile((x: Tensor, y: Tensor) => matmul(x, y), { backend: engine });
const wanted = (await (await product(left, right)).data()) as Float32Array;

/** GFLOP/s of the best of some runs, a multiplication and an addition counted as two. */
const speedOf = async (run: () => unknown): Promise<number> => {
  let best = Infinity;
  for (let round = 0; round < 30; round++) {
    const start = performance.now();
    await run();
    best = Math.min(best, performance.now() - start);
  }
  return (2 * size ** 3) / best / 1e6;
};

const speeds: [string, number][] = [];
for (const name of ['plain', 'four', 'tiled'] as const) {
  c.fill(0);
  instance.exports[name](atA, atB, atC);
  const error = wanted.reduce((worst, value, at) => Math.max(worst, Math.abs(value - c[at]!)), 0);
  console.log(`${name}: ${error < 1e-4 ? 'agrees with the engine' : `differs by ${error}`}`);
  speeds.push([name, await speedOf(() => instance.exports[name](atA, atB, atC))]);
}
speeds.push(['engine', await speedOf(() => product(left, right))]);
for (const [name, speed] of speeds) console.log(`speed of ${name}: ${speed.toFixed(1)} GFLOP/s`);

// Figure: the speeds, as measured in this run.
const largest = Math.max(...speeds.map(([, speed]) => speed));
const bars = speeds.map(([name, speed], k) => box(150, 40 + 34 * k, (250 * speed) / largest, 22, colours[k]!) + label(142, 56 + 34 * k, name, 'end') + label(156 + (250 * speed) / largest, 56 + 34 * k, speed.toFixed(1), 'start')); // prettier-ignore
saveFigure('07-wasm-kernel.svg', svg(460, 185, label(230, 22, `matrix product ${size} x ${size}, one thread, GFLOP/s`, 'middle', 14), ...bars)); // prettier-ignore
await engine.dispose();
