/**
 * What this machine and this Node offer the engine. Each WebAssembly feature is asked for in the only way that does not lie: a module of a few bytes that
 * needs it either validates or does not.
 */
import { availableParallelism, cpus } from 'node:os';
import { setFlagsFromString } from 'node:v8';

/** The little of WebAssembly that is asked here; Node's own types leave it to the types of browsers. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: {
    validate(bytes: Uint8Array<ArrayBuffer>): boolean;
    Memory: new (size: { initial: number; maximum: number; shared: boolean }) => { readonly buffer: object };
  };
};

/** A module with one function `() -> v128` of this body. */
const moduleReturningV128 = (body: readonly number[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic, version 1
    ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b], // type section: () -> v128
    ...[0x03, 0x02, 0x01, 0x00], // function section: one function of type 0
    ...[0x0a, body.length + 4, 0x01, body.length + 2, 0x00, ...body, 0x0b], // code section: no locals, body, end
  ]);

/** i32.const 0, i8x16.splat, i8x16.popcnt: one of the last instructions that came into the SIMD proposal. */
const simdBody = [0x41, 0x00, 0xfd, 0x0f, 0xfd, 0x62];

/** Three zero vectors, f32x4.relaxed_madd (opcode 0x105, as LEB128 0x85 0x02). */
const relaxedBody = [
  ...[0x41, 0x00, 0xfd, 0x0f],
  ...[0x41, 0x00, 0xfd, 0x0f],
  ...[0x41, 0x00, 0xfd, 0x0f],
  0xfd,
  0x85,
  0x02,
];

export interface MachineFeatures {
  readonly node: string;
  readonly v8: string;
  readonly platform: string;
  readonly processor: string;
  /** Processors that this process may use; what `--threads` defaults to. */
  readonly cores: number;
  readonly simd: boolean;
  /** `native`: on without further ado; `flag`: V8 has it behind a flag that can be set while running. */
  readonly relaxedSimd: 'native' | 'flag' | 'no';
  /** Shared WebAssembly memory, which threads need. */
  readonly sharedMemory: boolean;
}

/** Asks this machine. Must run before the engine starts: `relaxedSimd` tells whether the flag was needed. */
export function machineFeatures(): MachineFeatures {
  const simd = WebAssembly.validate(moduleReturningV128(simdBody));
  const relaxed = moduleReturningV128(relaxedBody);
  let relaxedSimd: MachineFeatures['relaxedSimd'] = WebAssembly.validate(relaxed) ? 'native' : 'no';
  if (relaxedSimd === 'no') {
    setFlagsFromString('--experimental-wasm-relaxed-simd');
    if (WebAssembly.validate(relaxed)) relaxedSimd = 'flag';
  }
  return {
    node: process.versions.node,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    simd,
    relaxedSimd,
    sharedMemory: hasSharedMemory(),
  };
}

function hasSharedMemory(): boolean {
  try {
    return (
      new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer instanceof SharedArrayBuffer
    );
  } catch {
    return false;
  }
}
