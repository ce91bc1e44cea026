/**
 * What the page and the engine's worker say to each other. The page calls, the worker answers; while it trains, it also sends
 * events. Everything is plain data and typed arrays.
 */
import type { ImageShape } from '@capsnet/capsules';

/** What can compute. `auto` takes the fastest that works here. */
export type BackendChoice = 'auto' | 'wasm' | 'wasm-1' | 'gpu' | 'reference';

export interface EngineInfo {
  readonly choice: BackendChoice;
  /** As the backend describes itself, e.g. `wasm (2 threads, relaxed SIMD)`. */
  readonly description: string;
  /** Whether memory is shared between threads here. */
  readonly isolated: boolean;
}

/** A network that the worker holds. */
export interface NetworkInfo {
  readonly name: string;
  readonly kind: string;
  readonly input: ImageShape;
  readonly classNames: readonly string[];
  /** Dimensions of a class capsule. */
  readonly dimensions: number;
  /** 2 for networks that read two overlaid digits. */
  readonly decodings: number;
  /** Rows, columns and kinds of the primary capsules; rows and columns are 1 where they have no place. */
  readonly children: readonly [number, number, number];
  readonly hasDecoder: boolean;
  readonly parameters: number;
  /** Metadata of the file. */
  readonly notes: Readonly<Record<string, string>>;
}

export interface Encoded {
  /** count x classes */
  readonly lengths: Float32Array;
  /** count x classes x dimensions */
  readonly capsules: Float32Array;
  /** count x classes x children; empty for networks that do not route. */
  readonly couplings: Float32Array;
  readonly milliseconds: number;
}

export interface Decoded {
  /** count x height x width */
  readonly images: Float32Array;
  readonly milliseconds: number;
}

/** Images of bytes and their labels, as IDX files hold them. */
export interface RawImages {
  readonly name: string;
  readonly images: Uint8Array<ArrayBuffer>;
  readonly labels: Uint8Array<ArrayBuffer>;
  readonly classNames: readonly string[];
}

export interface TrainingOptions {
  readonly kind: 'efficient-capsnet' | 'efficient-capsnet-multimnist' | 'base-capsnet' | 'original-capsnet';
  /** Digits to generate, or the images to learn from. */
  readonly data: { readonly generate: number } | RawImages;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed: number;
  /** `small`: narrower decoder (and for the original a narrower network); quicker to train and to download. */
  readonly size: 'small' | 'paper';
}

export interface TrainingPoint {
  /** Steps done. */
  readonly step: number;
  readonly loss: number;
  /** Of the last steps. */
  readonly accuracy: number;
  readonly imagesPerSecond: number;
  /** On images that are not trained on; measured now and then. */
  readonly validation?: { readonly loss: number; readonly accuracy: number };
}

export interface Calls {
  start: { arguments: { choice: BackendChoice }; result: EngineInfo };
  load: { arguments: { name: string; bytes: Uint8Array }; result: NetworkInfo };
  encode: {
    arguments: { network: string; images: Float32Array; count: number };
    result: Encoded;
  };
  /** Draws `count` capsules of `dimensions` numbers, each standing at its class. */
  decode: {
    arguments: { network: string; vectors: Float32Array; classes: readonly number[] };
    result: Decoded;
  };
  /** Trains until it is stopped; answers when it has begun. */
  train: { arguments: TrainingOptions; result: NetworkInfo };
  pause: { arguments: { paused: boolean }; result: null };
  stop: { arguments: null; result: null };
  /** The weights as they are now, as a safetensors file. */
  weights: { arguments: { network: string }; result: Uint8Array };
}
export type CallName = keyof Calls;

export type Request = {
  [Name in CallName]: {
    readonly id: number;
    readonly name: Name;
    readonly arguments: Calls[Name]['arguments'];
  };
}[CallName];

export interface Failure {
  /** Name of the error's class, e.g. `WeightsError`. */
  readonly kind: string;
  readonly message: string;
}

export type Answer =
  { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: Failure };

/** What the worker says unasked. */
export type EngineEvent =
  | { readonly event: 'point'; readonly point: TrainingPoint }
  /** The network in training has new weights. */
  | { readonly event: 'improved'; readonly network: NetworkInfo }
  | { readonly event: 'ended'; readonly error?: Failure };

export const failureOf = (error: unknown): Failure =>
  error instanceof Error
    ? { kind: error.name, message: error.message }
    : { kind: 'Error', message: String(error) };

/** Name of the network that is trained in the page. */
export const trainedName = 'trained here';
