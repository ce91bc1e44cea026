/**
 * How people write the ten digits: for each digit several skeletons, each a few strokes, each stroke a list of points that a smooth pen path
 * runs through. The box is x from 0 to 1 and y from 0 (top) to 1 (bottom); a third number 1 marks a corner, where the path bends
 * sharply. `often` weighs the skeletons of a digit against each other.
 */

export type SkeletonPoint = readonly [x: number, y: number, corner?: 0 | 1];
export type Stroke = readonly SkeletonPoint[];

export interface Skeleton {
  readonly often: number;
  readonly strokes: readonly Stroke[];
}

const zero: Skeleton[] = [
  // One loop from the top, closing on itself.
  {
    often: 4,
    strokes: [
      [
        [0.55, 0.0],
        [0.25, 0.08],
        [0.08, 0.4],
        [0.14, 0.8],
        [0.42, 1.0],
        [0.76, 0.88],
        [0.92, 0.5],
        [0.82, 0.14],
        [0.52, 0.0],
      ],
    ],
  },
  // Narrow.
  {
    often: 2,
    strokes: [
      [
        [0.5, 0.0],
        [0.3, 0.12],
        [0.22, 0.45],
        [0.28, 0.85],
        [0.5, 1.0],
        [0.7, 0.85],
        [0.78, 0.45],
        [0.68, 0.1],
        [0.48, 0.01],
      ],
    ],
  },
  // Begun at the right, the end crosses over the beginning.
  {
    often: 2,
    strokes: [
      [
        [0.72, 0.12],
        [0.42, 0.0],
        [0.14, 0.22],
        [0.08, 0.62],
        [0.32, 0.97],
        [0.68, 0.95],
        [0.92, 0.6],
        [0.86, 0.22],
        [0.6, 0.03],
        [0.4, 0.08],
      ],
    ],
  },
];

const one: Skeleton[] = [
  {
    often: 5,
    strokes: [
      [
        [0.5, 0.0],
        [0.5, 0.5],
        [0.5, 1.0],
      ],
    ],
  },
  // With a flag.
  {
    often: 3,
    strokes: [
      [
        [0.3, 0.24],
        [0.42, 0.14],
        [0.54, 0.0, 1],
        [0.54, 0.5],
        [0.54, 1.0],
      ],
    ],
  },
  // With a flag and a foot.
  {
    often: 1.2,
    strokes: [
      [
        [0.3, 0.2],
        [0.42, 0.12],
        [0.52, 0.0, 1],
        [0.52, 0.5],
        [0.52, 1.0],
      ],
      [
        [0.26, 1.0],
        [0.52, 0.99],
        [0.8, 0.99],
      ],
    ],
  },
];

const two: Skeleton[] = [
  // Sharp corner below, straight foot.
  {
    often: 4,
    strokes: [
      [
        [0.12, 0.24],
        [0.26, 0.06],
        [0.52, 0.0],
        [0.8, 0.1],
        [0.84, 0.34],
        [0.62, 0.62],
        [0.34, 0.84],
        [0.1, 1.0, 1],
        [0.5, 0.97],
        [0.92, 0.98],
      ],
    ],
  },
  // A loop where the foot begins.
  {
    often: 3,
    strokes: [
      [
        [0.14, 0.2],
        [0.34, 0.02],
        [0.66, 0.02],
        [0.82, 0.24],
        [0.68, 0.54],
        [0.42, 0.84],
        [0.2, 0.97],
        [0.08, 0.88],
        [0.2, 0.78],
        [0.42, 0.88],
        [0.66, 0.99],
        [0.94, 0.9],
      ],
    ],
  },
  // Round shoulder, wavy foot.
  {
    often: 2,
    strokes: [
      [
        [0.2, 0.14],
        [0.46, 0.0],
        [0.76, 0.1],
        [0.78, 0.36],
        [0.54, 0.66],
        [0.14, 0.95, 1],
        [0.34, 0.86],
        [0.6, 0.98],
        [0.9, 0.94],
      ],
    ],
  },
];

const three: Skeleton[] = [
  // Two bowls.
  {
    often: 5,
    strokes: [
      [
        [0.14, 0.12],
        [0.42, 0.0],
        [0.74, 0.08],
        [0.78, 0.3],
        [0.6, 0.44],
        [0.38, 0.47, 1],
        [0.68, 0.52],
        [0.86, 0.72],
        [0.7, 0.94],
        [0.4, 1.0],
        [0.1, 0.88],
      ],
    ],
  },
  // A small loop between the bowls.
  {
    often: 2,
    strokes: [
      [
        [0.16, 0.1],
        [0.48, 0.0],
        [0.76, 0.14],
        [0.66, 0.38],
        [0.42, 0.48],
        [0.36, 0.42],
        [0.5, 0.42],
        [0.78, 0.56],
        [0.82, 0.8],
        [0.54, 1.0],
        [0.14, 0.92],
      ],
    ],
  },
  // Flat top.
  {
    often: 1.5,
    strokes: [
      [
        [0.14, 0.03],
        [0.45, 0.02],
        [0.8, 0.0, 1],
        [0.58, 0.24],
        [0.42, 0.42, 1],
        [0.72, 0.5],
        [0.84, 0.72],
        [0.66, 0.96],
        [0.36, 1.0],
        [0.1, 0.88],
      ],
    ],
  },
];

const four: Skeleton[] = [
  // Open: a hook, then the stem.
  {
    often: 4,
    strokes: [
      [
        [0.2, 0.04],
        [0.14, 0.3],
        [0.1, 0.56, 1],
        [0.4, 0.57],
        [0.9, 0.52],
      ],
      [
        [0.72, 0.02],
        [0.68, 0.5],
        [0.64, 1.0],
      ],
    ],
  },
  // Closed: one line down to the left, across, and the stem.
  {
    often: 3,
    strokes: [
      [
        [0.62, 0.0],
        [0.36, 0.34],
        [0.06, 0.66, 1],
        [0.5, 0.65],
        [0.94, 0.64],
      ],
      [
        [0.64, 0.0],
        [0.64, 0.5],
        [0.64, 1.0],
      ],
    ],
  },
  // Round and open: a cup, then the stem.
  {
    often: 3,
    strokes: [
      [
        [0.16, 0.0],
        [0.1, 0.26],
        [0.16, 0.48],
        [0.42, 0.52],
        [0.7, 0.4],
      ],
      [
        [0.8, 0.0],
        [0.74, 0.5],
        [0.68, 1.0],
      ],
    ],
  },
];

const five: Skeleton[] = [
  // The roof as a stroke of its own.
  {
    often: 4,
    strokes: [
      [
        [0.26, 0.04],
        [0.22, 0.24],
        [0.18, 0.44, 1],
        [0.46, 0.37],
        [0.78, 0.48],
        [0.84, 0.74],
        [0.6, 0.97],
        [0.3, 1.0],
        [0.08, 0.88],
      ],
      [
        [0.26, 0.04],
        [0.55, 0.03],
        [0.86, 0.0],
      ],
    ],
  },
  // In one go from the right end of the roof.
  {
    often: 3,
    strokes: [
      [
        [0.84, 0.02],
        [0.54, 0.02],
        [0.28, 0.04, 1],
        [0.22, 0.24],
        [0.18, 0.42, 1],
        [0.48, 0.36],
        [0.76, 0.5],
        [0.78, 0.78],
        [0.52, 0.98],
        [0.14, 0.94],
      ],
    ],
  },
  // Round, like an S with a flat roof.
  {
    often: 1.5,
    strokes: [
      [
        [0.86, 0.04],
        [0.58, 0.0],
        [0.3, 0.08, 1],
        [0.24, 0.26],
        [0.36, 0.4],
        [0.64, 0.5],
        [0.74, 0.72],
        [0.56, 0.95],
        [0.16, 0.98],
      ],
    ],
  },
];

const six: Skeleton[] = [
  // A bent stem and a round bowl.
  {
    often: 5,
    strokes: [
      [
        [0.72, 0.0],
        [0.4, 0.18],
        [0.18, 0.5],
        [0.16, 0.82],
        [0.44, 1.0],
        [0.76, 0.88],
        [0.8, 0.64],
        [0.54, 0.52],
        [0.24, 0.66],
      ],
    ],
  },
  // A straight stem and a small bowl.
  {
    often: 3,
    strokes: [
      [
        [0.46, 0.0],
        [0.3, 0.32],
        [0.22, 0.66],
        [0.3, 0.94],
        [0.58, 1.0],
        [0.78, 0.82],
        [0.68, 0.62],
        [0.44, 0.6],
        [0.24, 0.76],
      ],
    ],
  },
  // The bowl curls inwards.
  {
    often: 2,
    strokes: [
      [
        [0.62, 0.02],
        [0.28, 0.2],
        [0.1, 0.58],
        [0.22, 0.92],
        [0.56, 1.0],
        [0.84, 0.78],
        [0.7, 0.52],
        [0.42, 0.56],
        [0.34, 0.74],
        [0.5, 0.8],
      ],
    ],
  },
];

const seven: Skeleton[] = [
  {
    often: 4,
    strokes: [
      [
        [0.1, 0.06],
        [0.5, 0.04],
        [0.88, 0.02, 1],
        [0.66, 0.4],
        [0.44, 1.0],
      ],
    ],
  },
  // With a bar.
  {
    often: 3,
    strokes: [
      [
        [0.12, 0.05],
        [0.5, 0.04],
        [0.88, 0.02, 1],
        [0.64, 0.44],
        [0.42, 1.0],
      ],
      [
        [0.34, 0.5],
        [0.58, 0.49],
        [0.84, 0.47],
      ],
    ],
  },
  // A serif at the left, a bent stem.
  {
    often: 2.5,
    strokes: [
      [
        [0.1, 0.22],
        [0.12, 0.06, 1],
        [0.5, 0.05],
        [0.86, 0.0, 1],
        [0.72, 0.3],
        [0.56, 0.62],
        [0.52, 1.0],
      ],
    ],
  },
];

const eight: Skeleton[] = [
  // One line that crosses itself.
  {
    often: 5,
    strokes: [
      [
        [0.74, 0.12],
        [0.5, 0.0],
        [0.24, 0.12],
        [0.3, 0.36],
        [0.54, 0.5],
        [0.8, 0.72],
        [0.7, 0.96],
        [0.4, 1.0],
        [0.18, 0.82],
        [0.34, 0.58],
        [0.6, 0.42],
        [0.78, 0.24],
        [0.72, 0.1],
      ],
    ],
  },
  // Two rings.
  {
    often: 2,
    strokes: [
      [
        [0.5, 0.0],
        [0.26, 0.1],
        [0.24, 0.34],
        [0.48, 0.46],
        [0.74, 0.34],
        [0.74, 0.1],
        [0.5, 0.0],
      ],
      [
        [0.48, 0.46],
        [0.2, 0.58],
        [0.16, 0.86],
        [0.46, 1.0],
        [0.8, 0.88],
        [0.8, 0.6],
        [0.5, 0.46],
      ],
    ],
  },
  // From the upper right, not quite closed.
  {
    often: 2,
    strokes: [
      [
        [0.8, 0.04],
        [0.46, 0.02],
        [0.22, 0.18],
        [0.42, 0.42],
        [0.72, 0.64],
        [0.74, 0.9],
        [0.42, 1.0],
        [0.22, 0.82],
        [0.46, 0.52],
        [0.8, 0.1],
      ],
    ],
  },
];

const nine: Skeleton[] = [
  // A ring and a straight stem.
  {
    often: 5,
    strokes: [
      [
        [0.76, 0.14],
        [0.48, 0.0],
        [0.2, 0.14],
        [0.18, 0.38],
        [0.44, 0.5],
        [0.7, 0.38],
        [0.78, 0.12, 1],
        [0.74, 0.54],
        [0.68, 1.0],
      ],
    ],
  },
  // The stem swings to the left.
  {
    often: 3,
    strokes: [
      [
        [0.78, 0.18],
        [0.5, 0.0],
        [0.2, 0.14],
        [0.16, 0.38],
        [0.42, 0.5],
        [0.7, 0.4],
        [0.82, 0.16],
        [0.82, 0.54],
        [0.66, 0.88],
        [0.36, 1.0],
        [0.14, 0.9],
      ],
    ],
  },
  // One bend: the ring runs over into a slanting stem.
  {
    often: 2,
    strokes: [
      [
        [0.74, 0.08],
        [0.44, 0.0],
        [0.18, 0.2],
        [0.26, 0.44],
        [0.56, 0.42],
        [0.78, 0.1],
        [0.74, 0.36],
        [0.6, 0.7],
        [0.46, 1.0],
      ],
    ],
  },
];

/** The skeletons of the digits 0 to 9. */
export const digitSkeletons: readonly (readonly Skeleton[])[] = [
  zero,
  one,
  two,
  three,
  four,
  five,
  six,
  seven,
  eight,
  nine,
];
