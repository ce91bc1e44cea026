/**
 * What WebAssembly can do on this machine, found out by validating small modules.
 */
import { isNode, nodeModule } from '../environment.js';

export interface WasmFeatures {
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
  /** Shared memory and atomics: threads. */
  readonly threads: boolean;
  /** Why something is missing, for people. */
  readonly remarks: readonly string[];
}

const bytes = (...rest: number[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, ...rest]);
/** (func (result v128) (i32x4.splat (i32.const 0))) */
const simdModule = bytes(1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 17, 11);
/** (func (result v128) (f32x4.relaxed_madd (v128 0) (v128 0) (v128 0))) */
// prettier-ignore
const relaxedModule = bytes(
  1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0,
  65, 0, 253, 17, 65, 0, 253, 17, 65, 0, 253, 17, 253, 133, 2, 11,
);

/** Switches on, where it hides behind a flag (Node 20), and looks for what the kernels can use. */
export async function wasmFeatures(): Promise<WasmFeatures> {
  if (typeof WebAssembly !== 'object')
    return {
      simd: false,
      relaxedSimd: false,
      threads: false,
      remarks: ['this environment has no WebAssembly'],
    };
  if (isNode()) {
    const v8 = await nodeModule('node:v8');
    // Must come before anything that uses it is validated.
    v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  }
  const remarks: string[] = [];
  const simd = WebAssembly.validate(simdModule);
  if (!simd) remarks.push('no WebAssembly SIMD: the wasm backend needs it');
  const relaxedSimd = WebAssembly.validate(relaxedModule);
  if (!relaxedSimd) remarks.push('no relaxed SIMD: multiply and add are two instructions');
  const threads = typeof SharedArrayBuffer === 'function' && canShareMemory();
  if (!threads)
    remarks.push('no shared memory (in a browser: the page is not cross-origin isolated): one thread');
  return { simd, relaxedSimd, threads, remarks };
}

function canShareMemory(): boolean {
  try {
    return (
      new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer instanceof SharedArrayBuffer
    );
  } catch {
    return false;
  }
}
