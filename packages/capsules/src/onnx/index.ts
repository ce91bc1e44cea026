/**
 * Export of networks to ONNX, for runtimes and serving engines of others.
 *
 * @module @capsnet/capsules/onnx
 */
export { functionToOnnx, modelToOnnx, type OnnxOptions } from './toOnnx.js';
