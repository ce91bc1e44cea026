/**
 * Where the contents of a tensor are: in host memory, or in memory that a backend owns.
 */
import { allocateHost, type DType, type Precision, type TypedArray } from '../dtype.js';

/** The contents of one tensor, wherever they are. */
export interface Value {
  /** Host view of the contents, not to be written to. Backends of asynchronous devices give a promise. */
  read(): TypedArray | Promise<TypedArray>;
  /** Says that nobody will read it again: where it lies in memory that is wanted for something else, it need not be saved. */
  abandon?(): void;
}

/** Contents in host memory. */
export class HostValue implements Value {
  constructor(readonly contents: TypedArray) {}

  read(): TypedArray {
    return this.contents;
  }
}

/** One number, everywhere: takes no memory until somebody reads it. */
export class FilledValue implements Value {
  constructor(
    readonly number: number,
    private readonly size: number,
    private readonly dtype: DType,
    private readonly precision: Precision,
  ) {}

  read(): TypedArray {
    return allocateHost(this.dtype, this.size, this.precision).fill(this.number);
  }
}
