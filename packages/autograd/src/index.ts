/**
 * Derivatives of functions of tensors, and optimisers that use them.
 *
 * @module @capsnet/autograd
 */
export { grad, valueAndGrad } from './grad.js';
export type { Gradient, ValueAndGradient, ValueGradientAndAuxiliary } from './grad.js';
export { jvp, vjp, type Vjp } from './vjp.js';
export { customVjp } from './customVjp.js';
export { checkGrads, GradientError, type CheckGradsOptions } from './checkGrads.js';
export type { Cotangents, Rule } from './rules/rule.js';
export type { Optimizer, ParameterTree, Updated } from './optimizers/optimizer.js';
export { sgd, type SgdOptions, type SgdState } from './optimizers/sgd.js';
export { adam, adamW, type AdamOptions, type AdamState, type AdamWOptions } from './optimizers/adam.js';
export { clipByGlobalNorm, clipByValue, globalNorm } from './optimizers/clip.js';
export * from './schedules.js';
// Trees and the stop sign belong to the engine; who differentiates looks for them here.
export { leaves, leavesWithPaths, mapTree, stopGradient, unflatten } from '@capsnet/tensor';
export type { MapTree, PathLeaf, Tree } from '@capsnet/tensor';
