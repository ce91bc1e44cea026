/** Values that live on the device. Nobody has to give them back: they go when nobody holds them any more, or when they are donated. */
import type { DType, TypedArray } from '../../dtype.js';
import { TensorError } from '../../errors.js';
import type { Value } from '../../graph/value.js';
import type { GpuDevice } from './device.js';
import type { DeviceArray } from './library.js';

/** Frees device memory whose value has been forgotten. */
const forgotten = new FinalizationRegistry<DeviceArray>((array) => array.delete());

export class DeviceValue implements Value {
  #array: DeviceArray | undefined;
  #host: Promise<TypedArray> | undefined;

  constructor(
    readonly device: GpuDevice,
    array: DeviceArray,
    readonly dtype: DType,
  ) {
    this.#array = array;
    forgotten.register(this, array, this);
  }

  /** The array on the device. @throws TensorError when it has been given away */
  get array(): DeviceArray {
    if (!this.#array)
      throw new TensorError('gpu', 'this value was donated, and its memory is used by another.');
    return this.#array;
  }

  /** A copy on the host, made once. */
  read(): Promise<TypedArray> {
    this.#host ??= this.device
      .read(this.array)
      .then((floats) => (this.dtype === 'int32' ? Int32Array.from(floats) : floats));
    return this.#host;
  }

  /** Gives the device memory back: the value was donated. */
  release(): void {
    forgotten.unregister(this);
    this.#array?.delete();
    this.#array = undefined;
  }
}
