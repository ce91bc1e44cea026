/** What `capsnet bench` may be told; apart from the command, so that reading the flags loads no engine. */
import { oneOf } from '../options/values.js';

export const comparedModels = ['efficient-capsnet', 'original-capsnet'] as const;
export type ComparedModel = (typeof comparedModels)[number];

export const parts = ['products', 'convolutions', 'training', 'inference'] as const;
export type Part = (typeof parts)[number];

/** `--model`, as a list of one. */
export const modelsToCompare = (typed: string): readonly ComparedModel[] => [
  oneOf('--model', 'model to compare', comparedModels)(typed),
];

/** `--only`, gathered over its repetitions. */
export const partsToMeasure = (typed: string, before: readonly Part[] = []): readonly Part[] => [
  ...before,
  oneOf('--only', 'part', parts)(typed),
];
