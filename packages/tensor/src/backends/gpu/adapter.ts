/** WebGPU where this runs: a browser's own, or the package `webgpu` (Dawn) in Node. */
import { TensorError } from '../../errors.js';
import { isNode, nodeModule } from '../environment.js';
import { loadingProblem } from './library.js';

export interface AdapterReport {
  /** Name of the device or driver, for people. */
  readonly name: string;
  /** Computed by the processor: right, and slow. */
  readonly software: boolean;
}

interface GpuEntry {
  requestAdapter(): Promise<{
    readonly info?: {
      readonly vendor?: string;
      readonly architecture?: string;
      readonly device?: string;
      readonly description?: string;
      readonly isFallbackAdapter?: boolean;
    };
  } | null>;
}

interface WebGpuPackage {
  create(options: readonly string[]): GpuEntry;
  readonly globals: Readonly<Record<string, unknown>>;
}

const navigatorOf = (): { gpu?: GpuEntry } | undefined =>
  (globalThis as { navigator?: { gpu?: GpuEntry } }).navigator;

/** The name is a parameter so that bundlers for browsers do not look for it, and ours does not put it in its place. */
const packageOfNode = (name: string): Promise<unknown> =>
  import(/* webpackIgnore: true */ /* @vite-ignore */ name);

/** In Node: puts `navigator.gpu` in place, once. A browser has it or not. */
async function provideWebGpu(): Promise<GpuEntry> {
  const present = navigatorOf()?.gpu;
  if (present) return present;
  if (!isNode())
    throw new TensorError('gpu:webgpu', 'this browser has no WebGPU (navigator.gpu). Try gpu:webgl2.');
  let loaded: WebGpuPackage;
  let gpu: GpuEntry;
  try {
    loaded = (await packageOfNode('webgpu')) as WebGpuPackage;
    gpu = loaded.create([]);
  } catch (error) {
    throw new TensorError('gpu:webgpu', loadingProblem('webgpu', 'npm install webgpu.', error));
  }
  for (const [name, value] of Object.entries(loaded.globals))
    if (!(name in globalThis))
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  const navigator = navigatorOf();
  if (navigator) Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
  else Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  return gpu;
}

const softwareNames = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render|warp/i;

/**
 * The adapter that WebGPU gives here.
 *
 * @throws TensorError when there is none; says what is missing
 */
export async function webGpuAdapter(): Promise<AdapterReport> {
  const gpu = await provideWebGpu();
  const adapter = await gpu.requestAdapter();
  if (!adapter) {
    throw new TensorError(
      'gpu:webgpu',
      isNode()
        ? 'WebGPU finds no graphics adapter. On Linux it needs the Vulkan loader (libvulkan1) and a Vulkan driver of the graphics card; ' +
            'a software driver is named by VK_ICD_FILENAMES, for example the vk_swiftshader_icd.json that Chromium ships.'
        : 'this browser gives no graphics adapter. Try gpu:webgl2.',
    );
  }
  const {
    vendor = '',
    architecture = '',
    device = '',
    description = '',
    isFallbackAdapter,
  } = adapter.info ?? {};
  const words = [vendor, architecture, device, description].filter((word) => word !== '');
  return {
    name: description || device || words.join(' ') || 'unnamed adapter',
    software: isFallbackAdapter === true || words.some((word) => softwareNames.test(word)),
  };
}

/**
 * Whether it is worth asking for a real adapter at all: on Linux one shows as a device file. Asking without a driver makes Dawn
 * write warnings to the terminal, which the automatic choice should not do.
 */
export async function mayHaveGraphicsCard(): Promise<boolean> {
  if (!isNode() || process.platform !== 'linux') return true;
  const { existsSync } = await nodeModule('node:fs');
  return ['/dev/dri', '/dev/nvidia0', '/dev/dxg'].some((path) => existsSync(path));
}

/** Whether there is a graphics processor here that is none of software. Asks WebGPU; does not load GPU.js. */
export async function hasRealAdapter(): Promise<boolean> {
  if (!(await mayHaveGraphicsCard())) return false;
  try {
    return !(await webGpuAdapter()).software;
  } catch (error) {
    if (!(error instanceof TensorError)) throw error;
    return false;
  }
}
