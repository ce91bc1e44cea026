/** GPU.js, loaded when it is first needed, and the little of it that is used here. */
import { TensorError } from '../../errors.js';

/** A result that stays on the device: a buffer (WebGPU) or a texture (WebGL). */
export interface DeviceArray {
  /** WebGL: the kernel through which it is read and deleted. */
  kernel?: unknown;
  toArray(): Float32Array | Promise<Float32Array>;
  clone(): DeviceArray;
  delete(): void;
}

/** What kernels take and give: arrays on the device, or on the host where the mode computes there. */
export type KernelArray = Float32Array | DeviceArray;

/** The kernel behind the callable: which class really runs, and why if it is not the one that was asked for. */
export interface KernelInside {
  readonly constructor: unknown;
  readonly fallbackReason: string | null;
  /** WebGPU: adapter and device, once the kernel is built. WebGL: the rendering context. */
  readonly context: unknown;
  /** WebGL: the textures that go when the kernel is destroyed. `_refs`: how many values hold one. */
  textureCache?: readonly { readonly _refs?: number }[];
  /** WebGL: the corners of what is drawn. */
  buffer?: unknown;
}

export interface RunnableKernel {
  (...inputs: KernelArray[]): KernelArray | Promise<KernelArray>;
  readonly kernel: KernelInside;
  destroy(): void;
}

/** A whole sequence of kernels as one call. */
export interface RunnablePipeline {
  (...inputs: readonly Float32Array[]): Promise<readonly Float32Array[]>;
  /** `fused-...` when it is one program, `generic` when GPU.js goes kernel by kernel. */
  readonly executorKind: string;
  /** The mode that ran. */
  readonly backend: string | null;
  readonly fallbackReason: string | null;
  destroy(): Promise<void>;
}

export interface GpuInstance {
  /** The class of kernels of the chosen mode. */
  readonly Kernel: unknown;
  createKernel(
    source: string,
    settings: {
      readonly output: readonly number[];
      readonly pipeline: boolean;
      readonly immutable: boolean;
      readonly precision: 'single';
      readonly loopMaxIterations: number;
    },
  ): RunnableKernel;
  createPipeline(
    orchestration: (...handles: readonly KernelArray[]) => readonly KernelArray[],
  ): RunnablePipeline;
  destroy(): Promise<void>;
}

export interface GpuClass {
  new (settings: { readonly mode: string }): GpuInstance;
  readonly isWebGL2Supported: boolean;
  readonly isHeadlessGLSupported: boolean;
  readonly isWebGPUSupported: boolean;
  readonly isWebAssemblySupported: boolean;
}

/** What is wrong when an optional package does not load: not there, or there and broken. */
export function loadingProblem(name: string, install: string, error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const missing =
    (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') && String(message).includes(`'${name}'`);
  return missing
    ? `the package ${name} is not installed. Install it: ${install}`
    : `the package ${name} does not load (${String(message).split('\n')[0]}). Install it anew: ${install}`;
}

/** @throws TensorError when gpu.js is missing or broken; says what to install */
export async function loadGpuJs(): Promise<GpuClass> {
  try {
    const loaded = (await import('gpu.js')) as unknown as { GPU?: GpuClass; default?: { GPU?: GpuClass } };
    const found = loaded.GPU ?? loaded.default?.GPU;
    if (!found) throw new Error('it exports no GPU');
    return found;
  } catch (error) {
    throw new TensorError('gpu', loadingProblem('gpu.js', 'npm install gpu.js.', error));
  }
}
