/**
 * Where the contents of a tensor are: in host memory, or in memory that a backend owns.
 */
import type { TypedArray } from '../dtype.js';

/** The contents of one tensor, wherever they are. */
export interface Value {
  /** Host view of the contents, not to be written to. Backends of asynchronous devices give a promise. */
  read(): TypedArray | Promise<TypedArray>;
}

/** Contents in host memory. */
export class HostValue implements Value {
  constructor(readonly contents: TypedArray) {}

  read(): TypedArray {
    return this.contents;
  }
}
