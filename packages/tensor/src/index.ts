/**
 * A lazy, typed tensor engine with one graph and several backends.
 *
 * @module @capsnet/tensor
 */
export { DeviceLostError, TensorError, showShape } from './errors.js';
export type { DType, Precision, TypedArray } from './dtype.js';
export type * from './shape/types.js';
export {
  broadcastShapes,
  conv2dGeometry,
  resolveAxes,
  resolveAxis,
  resolvePadding,
  sameShape,
  sizeOf,
  stridesOf,
} from './shape/rules.js';
export type { Conv2dAttributes, Conv2dGeometry, Padding2d } from './shape/rules.js';
export { Tensor, fromHost, type NestedNumbers } from './graph/tensor.js';
export { HostValue, type Value } from './graph/value.js';
export { apply } from './graph/apply.js';
export { ops, type AttributesOf, type OpName } from './ops/table.js';
export type { CustomOp } from './ops/custom.js';
export { defineOp, type OpDefinition, type HostArray, type OpSample, type TensorType } from './ops/define.js';
export { longestSquashed, squashFactors, type SquashAttributes } from './ops/capsule.js';
export * from './library/create.js';
export * from './library/arithmetic.js';
export * from './library/reduce.js';
export * from './library/rearrange.js';
export * from './library/contract.js';
export * from './library/einsum.js';
export * from './library/custom.js';
export * from './tree.js';
export * from './random/key.js';
export * from './random/draw.js';
export { compile, type Compiled, type CompileOptions, type Listing } from './compile/compile.js';
export { topologicalOrder, type GraphListing, type NodeListing } from './compile/plan.js';
export { traced } from './compile/trace.js';
export { createBackend, setBackend, type BackendOptions, type BackendRequest } from './backends/choose.js';
export type { GpuBackend } from './backends/gpu/backend.js';
export { gpuModes, type GpuMode, type GpuRequest } from './backends/gpu/modes.js';
export type {
  Backend,
  BackendName,
  Executable,
  MemoryUse,
  StepListing,
  StepTime,
} from './backends/backend.js';
