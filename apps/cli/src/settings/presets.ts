/**
 * Settings that belong together, under a name. Whatever else is given, by a file or a flag, stands above them.
 */
import type { GivenSettings } from './table.js';

export const presetNames = ['paper', 'fast'] as const;
export type PresetName = (typeof presetNames)[number];

export const presets: Readonly<Record<PresetName, GivenSettings>> = {
  /** The recipe of Efficient-CapsNet (Mazzia, Salvetti, Chiaberge 2021, "Experimental settings", and their code). */
  paper: {
    epochs: 150,
    batchSize: 16,
    lr: 5e-4,
    schedule: 'exponential',
    lrDecay: 0.97,
    lrMin: 5e-5,
    reconstruction: 0.392,
  },
  /** Fewer epochs: a short warm-up, a rate that falls along a cosine to almost nothing, averaged weights. */
  fast: {
    epochs: 20,
    batchSize: 32,
    lr: 1e-3,
    schedule: 'cosine',
    warmup: 0.5,
    ema: 0.999,
  },
};
