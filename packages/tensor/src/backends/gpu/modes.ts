/** The ways in which GPU.js can run kernels, and how they are asked for. */
import { TensorError } from '../../errors.js';

/**
 * - `webgpu`: compute shaders (WGSL), in browsers and, with the package `webgpu`, in Node
 * - `webgl2`: fragment shaders (GLSL), in browsers
 * - `headlessgl`: the same in Node, where the native package `gl` has been built
 * - `webasm`: GPU.js' own WebAssembly, on the processor
 * - `cpu`: plain JavaScript, on the processor: slow, for comparison
 */
export const gpuModes = ['webgpu', 'webgl2', 'headlessgl', 'webasm', 'cpu'] as const;
/** One of `gpuModes`. */
export type GpuMode = (typeof gpuModes)[number];

/** `gpu`, or `gpu:` and a mode. */
export type GpuRequest = 'gpu' | `gpu:${GpuMode}`;

/** Modes in which values live on a device; in the others they are arrays of the host. */
export const onDevice = (mode: GpuMode): boolean => mode !== 'webasm' && mode !== 'cpu';

/** Modes in which arrays are textures. */
export const onWebGl = (mode: GpuMode): boolean => mode === 'webgl2' || mode === 'headlessgl';

/** Modes that `gpu` without a mode tries, in this order. Those of the processor must be named: the `wasm` backend is faster. */
export const graphicsModes: readonly GpuMode[] = ['webgpu', 'webgl2', 'headlessgl'];

export const isGpuRequest = (request: string): request is GpuRequest => request.split(':')[0] === 'gpu';

/** The mode of a request, undefined for plain `gpu`. @throws TensorError for an unknown mode */
export function modeOf(request: string): GpuMode | undefined {
  if (request === 'gpu') return undefined;
  const asked = request.slice('gpu:'.length);
  const mode = gpuModes.find((known) => known === asked);
  if (mode === undefined)
    throw new TensorError('gpu', `there is no mode "${asked}". Known: gpu:${gpuModes.join(', gpu:')}.`);
  return mode;
}
