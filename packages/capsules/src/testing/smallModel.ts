/** An Efficient-CapsNet small enough to be trained in tests, on the reference backend too. */
import type { ModelDescription } from '../models/description.js';

export const smallModel = {
  kind: 'efficient-capsnet',
  input: [10, 10, 1],
  classNames: ['left', 'right', 'none'],
  dimensions: 4,
  decodings: 1,
  backbone: {
    convolutions: [
      { filters: 6, kernel: 3, stride: 1 },
      { filters: 8, kernel: 3, stride: 2 },
    ],
    activation: 'relu',
    normalization: { kind: 'batch', momentum: 0.9 },
  },
  primary: { kernel: 3, stride: 1, capsules: 4, dimensions: 2 },
  decoder: { kind: 'dense', units: [12] },
} as const satisfies ModelDescription;
