/** The gpu backend: plans become calls of GPU.js kernels, on whatever GPU.js reaches. */
import { TensorError } from '../../errors.js';
import type { Backend } from '../backend.js';
import { isNode } from '../environment.js';
import { GpuDevice } from './device.js';
import { GpuExecutable } from './executable.js';
import { programOf } from './lower/program.js';
import { graphicsModes, type GpuMode } from './modes.js';

/** The gpu backend, with what a doctor wants to know. */
export interface GpuBackend extends Backend {
  readonly name: 'gpu';
  /** The mode of GPU.js that runs; never another than was asked for. */
  readonly mode: GpuMode;
  /** Computed by the processor: the adapter is a software one, or the mode knows no other. */
  readonly software: boolean;
}

const describe = ({ mode, adapter }: GpuDevice): string => {
  switch (mode) {
    case 'webgpu':
      return `gpu (webgpu: ${adapter!.name}${adapter!.software ? ', a software adapter' : ''})`;
    case 'webasm':
    case 'cpu':
      return `gpu (${mode}, on the processor)`;
    default:
      return `gpu (${mode})`;
  }
};

/**
 * @param mode how GPU.js is to run; by default the first of webgpu, webgl2 and headlessgl that works here
 * @throws TensorError when the mode, or every one of these, cannot run here; says why and what to install
 */
export async function createGpuBackend(mode?: GpuMode): Promise<GpuBackend> {
  const device = mode === undefined ? await firstThatWorks() : await GpuDevice.open(mode);
  return {
    name: 'gpu',
    description: describe(device),
    precision: 'float32',
    mode: device.mode,
    software: device.adapter?.software ?? (device.mode === 'webasm' || device.mode === 'cpu'),
    prepare: (plan) => new GpuExecutable(plan, programOf(plan), device),
    dispose: () => device.dispose(),
  };
}

async function firstThatWorks(): Promise<GpuDevice> {
  const problems: string[] = [];
  for (const mode of graphicsModes.filter((each) => each !== (isNode() ? 'webgl2' : 'headlessgl'))) {
    try {
      return await GpuDevice.open(mode);
    } catch (error) {
      if (!(error instanceof TensorError)) throw error;
      problems.push(error.message);
    }
  }
  throw new TensorError('gpu', `no graphics processor can be used here. ${[...new Set(problems)].join(' ')}`);
}
