/**
 * The kinds of number a tensor holds.
 *
 * `float32` is what everything is computed in. `int32` is for indices and labels: it can be gathered with, one-hot encoded,
 * moved, compared and cast, and takes no part in arithmetic. The `reference` backend can evaluate the floats of a
 * graph in double precision (`createBackend('reference', { precision: 'float64' })`): precision belongs to the
 * backend that evaluates, so that one definition of a model serves both.
 */
export type DType = 'float32' | 'int32';

/** The width in which a backend evaluates `float32` tensors. */
export type Precision = 'float32' | 'float64';

/** Host memory of a tensor; `Float64Array` when it comes from a double-precision backend. */
export type TypedArray = Float32Array | Float64Array | Int32Array;

/** A zeroed host array for `length` elements of `dtype`, floats in the given precision. */
export function allocateHost(dtype: DType, length: number, precision: Precision = 'float32'): TypedArray {
  if (dtype === 'int32') return new Int32Array(length);
  return precision === 'float64' ? new Float64Array(length) : new Float32Array(length);
}

/** `data` as an array of `dtype` in `precision`; the same array when it is one already. */
export function convertHost(data: TypedArray, dtype: DType, precision: Precision): TypedArray {
  if (dtype === 'int32') return data instanceof Int32Array ? data : Int32Array.from(data);
  if (precision === 'float64') return data instanceof Float64Array ? data : Float64Array.from(data);
  return data instanceof Float32Array ? data : Float32Array.from(data);
}
