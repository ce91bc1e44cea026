/**
 * Which backends run here: each one is started and must compute a small product correctly; a list of what ought to work
 * would only repeat our hopes.
 */
import {
  createBackend,
  fromHost,
  matmul,
  compile,
  type Backend,
  type BackendName,
  type GpuRequest,
} from '@capsnet/tensor';

/** What is tried: backends, and the modes of the gpu backend that there are in Node. */
export const triedBackends: readonly (BackendName | GpuRequest)[] = [
  'wasm',
  'reference',
  'gpu:webgpu',
  'gpu:headlessgl',
  'gpu:webasm',
  'gpu:cpu',
];

export interface BackendReport {
  readonly name: BackendName | GpuRequest;
  readonly works: boolean;
  /** The backend's own description, or the reason why it does not run. */
  readonly detail: string;
  /** Speed of a 256 x 256 x 256 product, multiply and add counted as two operations; a hint, not a benchmark. */
  readonly gigaflops?: number;
}

const size = 256;

/** Starts a backend, checks a product against plain sums, and times it. */
export async function tryBackend(
  name: BackendName | GpuRequest,
  threads: number | undefined,
): Promise<BackendReport> {
  let backend: Backend;
  try {
    backend = await createBackend(name, threads === undefined ? {} : { threads });
  } catch (error) {
    return { name, works: false, detail: error instanceof Error ? error.message : String(error) };
  }
  try {
    // Small whole numbers: every backend must get these sums exactly.
    const left = Float32Array.from({ length: size * size }, (_, index) => (index % 7) - 3);
    const right = Float32Array.from({ length: size * size }, (_, index) => (index % 5) - 2);
    const multiply = compile((a: ReturnType<typeof matrix>, b: ReturnType<typeof matrix>) => matmul(a, b), {
      backend,
      name: 'doctor',
    });
    const [a, b] = [matrix(left), matrix(right)];
    const product = await (await multiply(a, b)).data();
    for (const index of [0, size + 3, size * size - 1]) {
      const [row, column] = [Math.floor(index / size), index % size];
      let sum = 0;
      for (let k = 0; k < size; k++) sum += left[row * size + k]! * right[k * size + column]!;
      if (product[index] !== sum) {
        return {
          name,
          works: false,
          detail: `${backend.description} computes wrong: ${product[index]} in place of ${sum}`,
        };
      }
    }
    let best = Infinity;
    const started = performance.now();
    for (let repeat = 0; repeat < 20 && performance.now() - started < 150; repeat++) {
      const start = performance.now();
      await (await multiply(a, b)).data();
      best = Math.min(best, performance.now() - start);
    }
    multiply.release();
    return { name, works: true, detail: backend.description, gigaflops: (2 * size ** 3) / best / 1e6 };
  } catch (error) {
    return { name, works: false, detail: error instanceof Error ? error.message : String(error) };
  } finally {
    await backend.dispose();
  }
}

const matrix = (contents: Float32Array) => fromHost(contents, [size, size] as const, 'float32');
