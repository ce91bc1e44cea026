/** The gpu backend as a whole: which mode runs, what lives where, and what happens when something is missing. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  add,
  cast,
  compile,
  createBackend,
  fromHost,
  mul,
  slice,
  sum,
  tensor,
  zeros,
  type Backend,
  type BackendRequest,
  type Tensor,
} from '../../index.js';
import { mayHaveGraphicsCard, webGpuAdapter } from './adapter.js';
import type { GpuBackend } from './backend.js';
import { loadingProblem } from './library.js';
import { DeviceValue } from './residence.js';

/** Dawn writes warnings to the terminal when it finds no driver: only where there can be one is it asked. */
const hasWebGpu =
  (process.env['VK_ICD_FILENAMES'] !== undefined || (await mayHaveGraphicsCard())) &&
  (await webGpuAdapter().then(
    () => true,
    () => false,
  ));

const modes: readonly { readonly request: BackendRequest; readonly runs: boolean }[] = [
  { request: 'gpu:cpu', runs: true },
  { request: 'gpu:webasm', runs: true },
  { request: 'gpu:webgpu', runs: hasWebGpu },
];

describe.each(modes)('$request', ({ request, runs }) => {
  describe.skipIf(!runs)('values', () => {
    let backend: Backend;
    beforeAll(async () => {
      backend = await createBackend(request);
    });
    afterAll(() => backend?.dispose());

    it('says which mode runs', () => {
      expect(`gpu:${(backend as GpuBackend).mode}`).toBe(request);
      expect(backend.description).toContain(request.slice('gpu:'.length));
    });

    it('stay valid whatever runs after them', async () => {
      const double = compile((x: Tensor) => mul(x, 2), { backend });
      const first = await double(tensor([1, 2, 3]));
      const second = await double(first);
      const third = await double(second);
      expect(Array.from(await third.data())).toEqual([8, 16, 24]);
      expect(Array.from(await first.data())).toEqual([2, 4, 6]);
      expect(Array.from(await second.data())).toEqual([4, 8, 12]);
    });

    it('go on from donation to donation', async () => {
      const step = compile((state: Tensor, x: Tensor) => ({ state: add(state, x), seen: sum(state) }), {
        backend,
        donate: [0],
      });
      let state: Tensor = zeros([4]);
      const x = tensor([1, 2, 3, 4]);
      for (let k = 0; k < 5; k++) {
        const before = state;
        const next = await step(state, x);
        expect(await next.seen.item()).toBe(10 * k);
        state = next.state;
        await expect(before.data()).rejects.toThrow('donated');
      }
      expect(Array.from(await state.data())).toEqual([5, 10, 15, 20]);
    });

    it('survive the donation of a value that another tensor shares', async () => {
      const twice = compile((x: Tensor) => [mul(x, 3), mul(x, 3)] as const, { backend });
      const [one, other] = await twice(tensor([1, 2]));
      const use = compile((x: Tensor, y: Tensor) => add(x, y), { backend, donate: [0] });
      expect(Array.from(await (await use(one, other)).data())).toEqual([6, 12]);
      expect(Array.from(await other.data())).toEqual([3, 6]);
    });

    it('may be inputs and constants handed through', async () => {
      const constant = tensor([7, 8]);
      const through = compile((x: Tensor) => [x, constant, add(x, constant), zeros([0, 3])] as const, {
        backend,
      });
      for (let k = 0; k < 2; k++) {
        const results = await through(tensor([k, 1]));
        const data = await Promise.all(results.map(async (result) => Array.from(await result.data())));
        expect(data).toEqual([[k, 1], [7, 8], [7 + k, 9], []]);
      }
    });

    it('of int32 come back as int32, and are refused beyond 2^24', async () => {
      const cut = compile((x: Tensor) => cast(mul(x, 1.5), 'int32'), { backend });
      expect(await (await cut(tensor([1, -3, 5]))).data()).toEqual(Int32Array.of(1, -4, 7));
      const part = compile((x: Tensor) => slice(x, [0], [1]) as Tensor, { backend });
      await expect(part(fromHost(Int32Array.of(2 ** 24 + 1, 1), [2], 'int32'))).rejects.toThrow(
        'int32 value 16777217 is beyond 16777216',
      );
    });

    it('outlive the plan that made them', async () => {
      const triple = compile((x: Tensor) => mul(x, 3), { backend });
      const result = await triple(tensor([1, 2]));
      triple.release();
      expect(Array.from(await result.data())).toEqual([3, 6]);
    });

    it('are computed by overlapping calls one after the other', async () => {
      const f = compile((x: Tensor) => sum(mul(add(x, 1), 2)), { backend });
      const results = await Promise.all([1, 2, 3, 4].map((k) => f(tensor([k, k]))));
      expect(await Promise.all(results.map((result) => result.item()))).toEqual([8, 12, 16, 20]);
    });

    it('are timed call by call', async () => {
      const f = compile((x: Tensor) => sum(mul(x, x)), { backend });
      const times = await f.profile(tensor([1, 2, 3]));
      expect(times.length).toBeGreaterThan(0);
      expect(times.every(({ milliseconds }) => milliseconds >= 0)).toBe(true);
    });
  });
});

describe('one pipeline for a whole plan', () => {
  it('is what webasm runs', async () => {
    const backend = await createBackend('gpu:webasm');
    const f = compile((x: Tensor) => [sum(mul(add(x, 1), 2)), slice(x, [1], [1]) as Tensor] as const, {
      backend,
    });
    const x = tensor([1, 2, 3]);
    const [total, second] = await f(x);
    expect([await total.item(), await second.item()]).toEqual([18, 2]);
    expect(await f.inspect(x)).toMatch(/one pipeline of \d+ calls of \d+ kernels \(fused-/);
    f.release();
    await backend.dispose();
  });
});

describe.skipIf(!hasWebGpu)('on a device', () => {
  it('results stay there and donated memory is given back', async () => {
    const backend = await createBackend('gpu:webgpu');
    const step = compile((x: Tensor) => add(x, 1), { backend, donate: [0] });
    const first = await step(zeros([8]));
    const value = first.value;
    expect(value).toBeInstanceOf(DeviceValue);
    await step(first);
    expect(() => (value as DeviceValue).array).toThrow('donated');
    await backend.dispose();
  });
});

describe('what is missing', () => {
  afterEach(() => {
    vi.doUnmock('gpu.js');
    vi.resetModules();
  });

  it('is named, with what to install', () => {
    const missing = Object.assign(new Error("Cannot find package 'gpu.js' imported from x.js"), {
      code: 'ERR_MODULE_NOT_FOUND',
    });
    expect(loadingProblem('gpu.js', 'npm install gpu.js.', missing)).toBe(
      'the package gpu.js is not installed. Install it: npm install gpu.js.',
    );
    expect(loadingProblem('gpu.js', 'npm install gpu.js.', new Error('unexpected token'))).toBe(
      'the package gpu.js does not load (unexpected token). Install it anew: npm install gpu.js.',
    );
  });

  it('leaves the other backends working', async () => {
    vi.doMock('gpu.js', () => ({ GPU: undefined, default: {} }));
    vi.resetModules();
    const engine = await import('../../index.js');
    await expect(engine.createBackend('gpu:cpu')).rejects.toThrow('Install it anew: npm install gpu.js.');
    for (const name of ['auto', 'wasm', 'reference'] as const) {
      const backend = await engine.createBackend(name);
      expect(backend.name).toBe(name === 'auto' ? 'wasm' : name);
      await backend.dispose();
    }
  });

  describe('and what auto takes', () => {
    const platform = Object.getOwnPropertyDescriptor(process, 'platform')!;
    afterEach(() => {
      Object.defineProperty(process, 'platform', platform);
      vi.unstubAllGlobals();
    });
    /** Lets WebGPU give this adapter, where no device file is looked for; `loads` counts how often GPU.js is loaded. */
    async function auto(description: string, gpuJs: object): Promise<{ chosen: string; loads: number }> {
      let loads = 0;
      vi.doMock('gpu.js', () => {
        loads++;
        return { default: {}, GPU: undefined, ...gpuJs };
      });
      vi.resetModules();
      Object.defineProperty(process, 'platform', { value: 'darwin' });
      vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => ({ info: { description } }) } });
      const backend = await (await import('../../index.js')).createBackend('auto', { threads: 1 });
      await backend.dispose();
      return { chosen: backend.description, loads };
    }
    class Kernel {}
    class GPU {
      static readonly isWebGPUSupported = true;
      readonly Kernel = Kernel;
      createKernel = () =>
        Object.assign(async (x: Float32Array) => x.map((value) => 2 * value + 1), {
          kernel: { constructor: Kernel, fallbackReason: null, context: null },
          destroy() {},
        });
      async destroy() {}
    }

    it('is not a software adapter, for which GPU.js is not even loaded', async () => {
      const { chosen, loads } = await auto('SwiftShader Device', { GPU });
      expect(chosen).toMatch(/^wasm/);
      expect(loads).toBe(0);
    });

    it('is a real adapter', async () => {
      expect((await auto('Some graphics card', { GPU })).chosen).toBe('gpu (webgpu: Some graphics card)');
    });

    it('is wasm when GPU.js is broken', async () => {
      expect((await auto('Some graphics card', {})).chosen).toMatch(/^wasm/);
    });
  });

  it('is an error when GPU.js falls to another mode than was asked for', async () => {
    class Other {}
    class Asked {}
    const kernel = Object.assign((x: Float32Array) => x.map((value) => 2 * value + 1), {
      kernel: { constructor: Other, fallbackReason: 'no such feature', context: null },
      destroy() {},
    });
    class GPU {
      static readonly isWebAssemblySupported = true;
      readonly Kernel = Asked;
      createKernel = () => kernel;
      async destroy() {}
    }
    vi.doMock('gpu.js', () => ({ GPU, default: { GPU } }));
    vi.resetModules();
    const engine = await import('../../index.js');
    await expect(engine.createBackend('gpu:webasm')).rejects.toThrow(/left this mode.*no such feature/);
  });

  it('is told when a device is too small for an array', async () => {
    class Kernel {}
    class GPU {
      readonly Kernel = Kernel;
      createKernel = (_source: string, { output }: { readonly output: readonly number[] }) =>
        Object.assign(
          (x: Float32Array) => {
            if (output[0]! > 3)
              throw new Error('Texture size [9,9] generated by kernel is larger than supported size [2,2]');
            return x.map((value) => 2 * value + 1);
          },
          { kernel: { constructor: Kernel, fallbackReason: null, context: null }, destroy() {} },
        );
      async destroy() {}
    }
    vi.doMock('gpu.js', () => ({ GPU, default: { GPU } }));
    vi.resetModules();
    const engine = await import('../../index.js');
    const backend = await engine.createBackend('gpu:cpu');
    const double = engine.compile((x: Tensor) => engine.mul(x, 2), { backend });
    await expect(double(engine.tensor(new Array<number>(81).fill(1)))).rejects.toThrow(
      /needs more memory, or a larger array, than this device gives .*Use smaller batches/,
    );
  });

  it.each([
    { reports: true, error: /graphics device was lost .*last checkpoint/ },
    { reports: false, error: /failed: broken off/ },
  ])(
    'is told when a device breaks off its work (and reports its loss later: $reports)',
    async ({ reports, error }) => {
      class Kernel {}
      let broken = false;
      let lose!: (report: { message: string }) => void;
      const lost = new Promise<{ message: string }>((resolve) => {
        lose = resolve;
      });
      const device = { lost, queue: {}, destroy: () => lose({ message: 'destroyed' }) };
      class GPU {
        static readonly isWebGPUSupported = true;
        readonly Kernel = Kernel;
        createKernel = () =>
          Object.assign(
            async (x: Float32Array) => {
              if (broken) {
                if (reports) setTimeout(() => lose({ message: 'its driver was reset' }), 20);
                throw new Error('broken off');
              }
              return x.map((value) => 2 * value + 1);
            },
            { kernel: { constructor: Kernel, fallbackReason: null, context: { device } }, destroy() {} },
          );
        async destroy() {}
      }
      vi.doMock('gpu.js', () => ({ GPU, default: { GPU } }));
      vi.resetModules();
      vi.stubGlobal('navigator', {
        gpu: { requestAdapter: async () => ({ info: { description: 'A card' } }) },
      });
      const engine = await import('../../index.js');
      const backend = await engine.createBackend('gpu:webgpu');
      const double = engine.compile((x: Tensor) => engine.mul(x, 2), { backend });
      broken = true;
      await expect(double(engine.tensor([1, 2, 3]))).rejects.toThrow(error);
      await backend.dispose();
      vi.unstubAllGlobals();
    },
  );

  it('is told for modes that do not run here, and for unknown ones', async () => {
    await expect(createBackend('gpu:webgl2')).rejects.toThrow('it runs in browsers');
    await expect(createBackend('gpu:cuda' as 'gpu:cpu')).rejects.toThrow(
      'there is no mode "cuda". Known: gpu:webgpu, gpu:webgl2, gpu:headlessgl, gpu:webasm, gpu:cpu.',
    );
  });
});
