/**
 * GPU.js in one mode: makes kernels, runs them, brings arrays to the device and back. Watches that what was asked for is what runs: GPU.js
 * would rather go on in plain JavaScript than stop.
 */
import { DeviceLostError, TensorError } from '../../errors.js';
import type { DType, TypedArray } from '../../dtype.js';
import { webGpuAdapter, type AdapterReport } from './adapter.js';
import { copyKernel } from './kernels/movement.js';
import { largestTensor, type Kernel } from './kernels/text.js';
import {
  loadGpuJs,
  type DeviceArray,
  type GpuClass,
  type GpuInstance,
  type KernelArray,
  type RunnablePipeline,
  type RunnableKernel,
} from './library.js';
import { onDevice, onWebGl, type GpuMode } from './modes.js';

/** Kernels that a plan has given back, kept for the next plan that needs the same ones. */
const mostIdle = 256;
/** Larger results are not kept waiting. */
const largestIdle = 2 ** 18;

/** How long the report of a loss is waited for, in milliseconds. */
const lossReportDelay = 500;

/** A kernel on the device, lent to one plan. */
export interface Instance {
  readonly kernel: Kernel;
  readonly key: string;
  readonly run: RunnableKernel;
}

/** The parts of a WebGPU device that are used here. */
interface WebGpuDevice {
  readonly lost?: Promise<{ readonly message: string }>;
  readonly queue: { onSubmittedWorkDone(): Promise<unknown> };
  addEventListener?(name: string, listener: (event: { error: { message: string } }) => void): void;
  destroy(): void;
}

/** The parts of a WebGL context that are used here. */
interface WebGlContext {
  isContextLost(): boolean;
  getError(): number;
}

/** GPU.js shares one WebGPU device in a process: it goes when the last backend does. */
let webGpuUsers = 0;

export class GpuDevice {
  readonly #idle = new Map<string, Instance[]>();
  #idleCount = 0;
  /** Kernels and reads of one device take turns: plans own buffers that two runs at once would mix up. */
  #tail: Promise<unknown> = Promise.resolve();
  /** What the device reported after the fact. */
  #fault: string | undefined;
  #webGpu: WebGpuDevice | undefined;
  #context: unknown;
  #disposed = false;
  /** The first kernel, never given back. */
  #reader: Instance | undefined;

  private constructor(
    private readonly gpu: GpuInstance,
    readonly mode: GpuMode,
    readonly adapter: AdapterReport | undefined,
  ) {
    if (mode === 'webgpu') webGpuUsers++;
  }

  /** @throws TensorError when the mode cannot run here */
  static async open(mode: GpuMode): Promise<GpuDevice> {
    const library = await loadGpuJs();
    const adapter = mode === 'webgpu' ? await webGpuAdapter() : undefined;
    checkSupport(library, mode);
    const device = new GpuDevice(new library({ mode }), mode, adapter);
    try {
      await device.probe();
    } catch (error) {
      await device.dispose();
      throw error;
    }
    return device;
  }

  /** Runs the smallest kernel, so that what does not work fails here and not in the middle of a plan. */
  private async probe(): Promise<void> {
    const instance = this.acquire(probe, [3]);
    this.#reader = instance;
    try {
      const got = await this.read(await this.call(instance, [Float32Array.of(1, 2, -4)]));
      if (got[0] !== 3 || got[1] !== 5 || got[2] !== -7)
        throw new Error(`2 x + 1 of 1, 2, -4 came out as ${Array.from(got).join(', ')}`);
    } catch (error) {
      throw new TensorError(`gpu:${this.mode}`, `does not run here: ${messageOf(error)}`);
    }
  }

  /** Does one thing at a time. */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => undefined);
    return result;
  }

  /**
   * A kernel of this source: an idle one, or a new one.
   *
   * @param sizes elements of its inputs: WebGL writes the sizes of textures into the shader
   * @param kept every run gives an array of its own, which lives until it is deleted; otherwise the next run writes over it
   */
  acquire(kernel: Kernel, sizes: readonly number[], kept = true): Instance {
    // WebGL counts who holds a texture, and writes in place only when nobody does: kept costs nothing there.
    const immutable = kept || onWebGl(this.mode);
    const key = `${immutable}|${kernel.size}|${sizes.join()}|${kernel.source}`;
    const waiting = this.#idle.get(key)?.pop();
    if (waiting) {
      this.#idleCount--;
      return waiting;
    }
    const run = this.gpu.createKernel(kernel.source, {
      output: [kernel.size],
      pipeline: true,
      immutable,
      precision: 'single',
      // Loops of more rounds than a literal bound says do not exist here.
      loopMaxIterations: 2 ** 30,
    });
    return { kernel, key, run };
  }

  /** Takes a kernel back. */
  give(instance: Instance): void {
    if (this.#disposed) return;
    if (this.#idleCount >= mostIdle || instance.kernel.size > largestIdle) {
      destroy(instance);
      return;
    }
    this.#idleCount++;
    const waiting = this.#idle.get(instance.key);
    if (waiting) waiting.push(instance);
    else this.#idle.set(instance.key, [instance]);
  }

  /** Runs a kernel. @throws TensorError when something else than the mode of this device ran, or the device failed */
  async call(instance: Instance, inputs: readonly KernelArray[]): Promise<KernelArray> {
    let result: KernelArray;
    try {
      result = await instance.run(...inputs);
    } catch (error) {
      throw await this.diagnosis(instance.kernel.name, error);
    }
    this.verify(instance);
    // A texture is read and deleted through the kernel that made it: through one that lives as long as the device instead.
    if (onWebGl(this.mode) && isDeviceArray(result)) result.kernel = this.#reader!.run.kernel;
    return result;
  }

  private verify({ kernel, run }: Instance): void {
    const inside = run.kernel;
    if (inside.constructor !== this.gpu.Kernel || inside.fallbackReason) {
      throw new TensorError(
        `gpu:${this.mode}`,
        `GPU.js left this mode for the kernel "${kernel.name}" (${inside.fallbackReason ?? 'no reason given'}). Nothing was computed.`,
      );
    }
    if (this.#context === undefined && inside.context) {
      this.#context = inside.context;
      this.watch((inside.context as { device?: WebGpuDevice }).device);
    }
  }

  /** WebGPU reports errors of memory and validation later, to whoever listens; results are zeros then. */
  private watch(device: WebGpuDevice | undefined): void {
    if (this.mode !== 'webgpu' || !device) return;
    this.#webGpu = device;
    void device.lost?.then(() => {
      if (!this.#disposed) this.#fault ??= 'device was lost';
    });
    device.addEventListener?.('uncapturederror', (event) => {
      this.#fault ??= event.error.message;
    });
  }

  /** @throws TensorError when the device is gone, or reported an error after the fact */
  check(): void {
    // WebGL goes on without a word when its context is lost: with zeros.
    if (onWebGl(this.mode) && (this.#context as WebGlContext | undefined)?.isContextLost())
      this.#fault ??= 'context lost';
    if (this.#fault !== undefined) throw this.failure('the device', new Error(this.#fault));
  }

  /** WebGL says only when asked that something went wrong, such as that memory was short. */
  private ask(): void {
    if (!onWebGl(this.mode)) return;
    const code = (this.#context as WebGlContext | undefined)?.getError() ?? 0;
    if (code !== 0) this.#fault ??= `WebGL error ${code}${code === 0x505 ? ', out of memory' : ''}`;
  }

  /** The failure of a piece of work. A device that is lost may break off its work, without a word, before it reports the loss. */
  private async diagnosis(what: string, error: unknown): Promise<TensorError> {
    const failure = this.failure(what, error);
    const lost = this.#webGpu?.lost;
    if (failure === error || failure instanceof DeviceLostError || !lost) return failure;
    const report = lost.then(({ message }) => new Error(`device was lost: ${message}`));
    const reported = await Promise.race([report, delay(lossReportDelay)]);
    return reported ? this.failure('the device', reported) : failure;
  }

  private failure(what: string, error: unknown): TensorError {
    if (error instanceof TensorError) return error;
    const message = messageOf(error);
    if (/device (was|is|has been)? ?(lost|destroyed)|context lost/i.test(message)) {
      return new DeviceLostError(
        `gpu:${this.mode}`,
        'the graphics device was lost (its driver was reset, or took the memory away), and what lay on it with it. Training goes on from its last checkpoint.',
      );
    }
    if (
      /texture size .* larger than|over this device's limit|binding size|buffer size|out of memory/i.test(
        message,
      )
    ) {
      return new TensorError(
        `gpu:${this.mode}`,
        `${what} needs more memory, or a larger array, than this device gives (${message}). Use smaller batches.`,
      );
    }
    return new TensorError(`gpu:${this.mode}`, `${what} failed: ${message}`);
  }

  /** Brings host values to where kernels read them; the array itself in the modes of the processor. */
  async upload(contents: TypedArray, dtype: DType): Promise<KernelArray> {
    const floats = asFloats(contents, dtype);
    if (!onDevice(this.mode)) return floats;
    const copy = this.acquire(copyKernel(floats.length), [floats.length]);
    try {
      return await this.call(copy, [floats]);
    } finally {
      this.give(copy);
    }
  }

  /** The elements of an array, on the host. */
  async read(array: KernelArray): Promise<Float32Array> {
    this.check();
    if (array instanceof Float32Array) return array;
    try {
      const contents = await array.toArray();
      this.ask();
      this.check();
      return contents;
    } catch (error) {
      throw await this.diagnosis('reading', error);
    }
  }

  /** Waits until the device has done everything so far; for clocks. */
  async finish(): Promise<void> {
    if (this.#webGpu) await this.#webGpu.queue.onSubmittedWorkDone();
    else (this.#context as { finish?: () => void } | undefined)?.finish?.();
  }

  /**
   * A whole sequence of kernels as one call.
   *
   * @param count arrays that it takes
   * @param orchestration is run once, with stand-ins for the arrays, and calls kernels of this device
   */
  pipeline(
    count: number,
    orchestration: (handles: readonly KernelArray[]) => readonly KernelArray[],
  ): RunnablePipeline {
    const traced = (...handles: readonly KernelArray[]): readonly KernelArray[] => orchestration(handles);
    // GPU.js asks a function how many parameters it has.
    Object.defineProperty(traced, 'length', { value: count });
    return this.gpu.createPipeline(traced);
  }

  /** Runs a pipeline. @throws TensorError when something else than the mode of this device ran, or it failed */
  async callPipeline(
    pipeline: RunnablePipeline,
    inputs: readonly Float32Array[],
  ): Promise<readonly Float32Array[]> {
    let results: readonly Float32Array[];
    try {
      results = await pipeline(...inputs);
    } catch (error) {
      throw await this.diagnosis('a pipeline', error);
    }
    const { backend, fallbackReason } = pipeline;
    if (backend !== this.mode) {
      throw new TensorError(
        `gpu:${this.mode}`,
        `GPU.js left this mode for a whole pipeline (${backend ?? 'nowhere'}: ${fallbackReason ?? 'no reason given'}). Its results are not used.`,
      );
    }
    return results;
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#tail;
    await this.gpu.destroy();
    if (this.mode !== 'webgpu' || --webGpuUsers > 0) return;
    this.#webGpu?.destroy();
    // GPU.js forgets its device once the loss has come round; a backend made before that would get the dead one.
    await Promise.race([this.#webGpu?.lost, delay(lossReportDelay)]);
  }
}

const probe: Kernel = {
  name: 'probe',
  source: 'function (x) {\n  return x[this.thread.x] * 2 + 1;\n}',
  size: 3,
  operations: 0,
};

/**
 * Ends a kernel. On WebGL, GPU.js deletes two things along with it that others still need, and that are taken off its list first: every texture
 * that it ever made, also those that values hold (they go with their last holder); and its corners, which all kernels draw with, because
 * GPU.js names them to the context only when a kernel is built (the browser frees them).
 */
function destroy({ run }: Instance): void {
  const { kernel } = run;
  if (kernel.textureCache) {
    kernel.textureCache = kernel.textureCache.filter(({ _refs = 0 }) => _refs === 0);
    kernel.buffer = undefined;
  }
  run.destroy();
}

const delay = (milliseconds: number): Promise<undefined> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds, undefined));

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]!;

function checkSupport(library: GpuClass, mode: GpuMode): void {
  const missing: Record<GpuMode, string | false> = {
    webgpu: !library.isWebGPUSupported && 'there is no navigator.gpu here.',
    webgl2:
      !library.isWebGL2Supported && 'there is no WebGL2 here; it runs in browsers. In Node: gpu:webgpu.',
    headlessgl:
      !library.isHeadlessGLSupported &&
      'the native package gl is not there or not built. Install it with its build: npm install gl, npm rebuild gl --ignore-scripts=false.',
    webasm: !library.isWebAssemblySupported && 'there is no WebAssembly here.',
    cpu: false,
  };
  const problem = missing[mode];
  if (problem !== false) throw new TensorError(`gpu:${mode}`, problem);
}

/** Numbers as the kernels see them. @throws TensorError for int32 values that floats cannot hold */
export function asFloats(contents: TypedArray, dtype: DType): Float32Array {
  if (dtype === 'int32') {
    const large = contents.find((value) => Math.abs(value) > largestTensor);
    if (large !== undefined) {
      throw new TensorError(
        'gpu',
        `the int32 value ${large} is beyond ${largestTensor}: whole numbers are held as floats here, exact up to that. Use another backend.`,
      );
    }
  }
  return contents instanceof Float32Array ? contents : Float32Array.from(contents);
}

export const isDeviceArray = (array: KernelArray): array is DeviceArray => !(array instanceof Float32Array);
