/** Softmax and the squashes of capsule networks. What a whole row shares (its largest element, its length) has a kernel of its own. */
import { longestSquashed, type SquashAttributes } from '../../../ops/capsule.js';
import { expm1 } from './elementwise.js';
import { coordinates, functionText, literal, loop, type Axis, type Kernel } from './text.js';

const overRows = (
  name: string,
  parameters: readonly string[],
  size: number,
  axes: readonly Axis[],
  statements: readonly string[],
  result: string,
  operations: number,
): Kernel => ({
  name,
  source: functionText(
    parameters,
    ['const t = this.thread.x;', ...coordinates('t', size, axes), ...statements],
    result,
  ),
  size,
  operations,
});

/** exp(x) / sum exp(x) along an axis in three kernels: the largest element of each row, the sum, the quotient. */
export function softmaxKernels(outer: number, length: number, inner: number): [Kernel, Kernel, Kernel] {
  const row: Axis[] = [
    { name: 'block', length: outer },
    { name: 'i', length: inner },
  ];
  const start = `const start = block * ${length * inner} + i;`;
  const n = outer * length * inner;
  return [
    overRows(
      'softmax: largest',
      ['x'],
      outer * inner,
      row,
      [
        start,
        'let largest = x[start];',
        ...loop('k', length, [`largest = Math.max(largest, x[start + k * ${inner}]);`]),
      ],
      'largest',
      n,
    ),
    overRows(
      'softmax: sum',
      ['x', 'largest'],
      outer * inner,
      row,
      [
        start,
        'const most = largest[t];',
        'let sum = 0;',
        ...loop('k', length, [`sum += Math.exp(x[start + k * ${inner}] - most);`]),
      ],
      'sum',
      2 * n,
    ),
    overRows(
      'softmax',
      ['x', 'largest', 'sums'],
      n,
      [
        { name: 'block', length: outer },
        { name: 'k', length },
        { name: 'i', length: inner },
      ],
      [`const row = block * ${inner} + i;`],
      'Math.exp(x[t] - largest[row]) / sums[row]',
      3 * n,
    ),
  ];
}

/**
 * Statements that give `n` = |s| of the capsule that starts at `start`, scaled by its largest component: s^2 neither overflows nor is
 * lost below the smallest float.
 */
const norm = (length: number): string[] => [
  'let largest = 0;',
  ...loop('k', length, ['largest = Math.max(largest, Math.abs(s[start + k]));']),
  'let n = 0;',
  'if (largest > 0) {',
  '  let squares = 0;',
  ...loop('k', length, ['const share = s[start + k] / largest;', 'squares += share * share;']).map(
    (line) => `  ${line}`,
  ),
  '  n = largest * Math.sqrt(squares);',
  '}',
];

/** Statements that give `factor` = c(n) of v = c(n) s and `slope` = n c'(n), as `squashFactors` of the operation defines them. */
const factors = ({ kind, epsilon }: SquashAttributes): string[] =>
  kind === 'exponential'
    ? [
        // c = (1 - e^-n) / n -> 1; n c' = e^-n - c -> 0
        `const minus = -n;`,
        `const grown = ${expm1('minus')};`,
        `const reach = Math.min(-grown, ${literal(longestSquashed)});`,
        'let factor = 1;',
        'let slope = 0;',
        'if (n > 0) {',
        '  factor = reach / n;',
        '  slope = Math.exp(minus) - factor;',
        '}',
      ]
    : [
        // c = n^2/(1+n^2)/(n+eps), n c' = c (2/(1+n^2) - n/(n+eps)); for n > 1 by 1/n, which does not overflow
        'let factor = 0;',
        'let slope = 0;',
        'if (n > 0) {',
        `  const unit = n / (n + ${literal(epsilon)});`,
        '  let share = 0;',
        '  let perLength = 0;',
        '  if (n < 1) {',
        '    perLength = n / (1 + n * n);',
        '    share = n * perLength;',
        '  } else {',
        '    const inverse = 1 / n;',
        '    share = 1 / (1 + inverse * inverse);',
        '    perLength = share * inverse;',
        '  }',
        `  factor = Math.min(perLength * unit, ${literal(longestSquashed)} / n);`,
        '  slope = factor * (2 * (1 - share) - unit);',
        '}',
      ];

/** s -> the factor c(|s|) of each capsule, and s, factors -> v. */
export function squashKernels(
  capsules: number,
  length: number,
  attributes: SquashAttributes,
): [Kernel, Kernel] {
  const each: Axis[] = [
    { name: 'capsule', length: capsules },
    { name: 'k', length },
  ];
  return [
    overRows(
      'squash: factor',
      ['s'],
      capsules,
      [],
      [`const start = t * ${length};`, ...norm(length), ...factors(attributes)],
      'factor',
      4 * capsules * length,
    ),
    overRows(
      'squash',
      ['s', 'factors'],
      capsules * length,
      each,
      [],
      's[t] * factors[capsule]',
      capsules * length,
    ),
  ];
}

/**
 * (s, dv) -> ds = c dv + n c' u (u . dv), u = s/n: the tilt n c' (u . dv) / n of each capsule, then the sum. At s = 0 the tilt is 0.
 */
export function squashGradientKernels(
  capsules: number,
  length: number,
  attributes: SquashAttributes,
): [Kernel, Kernel, Kernel] {
  const [factor] = squashKernels(capsules, length, attributes);
  return [
    factor,
    overRows(
      'squashGradient: tilt',
      ['s', 'dv'],
      capsules,
      [],
      [
        `const start = t * ${length};`,
        ...norm(length),
        ...factors(attributes),
        'let tilt = 0;',
        'if (n > 0) {',
        '  let along = 0;',
        ...loop('k', length, ['along += (s[start + k] / n) * dv[start + k];']).map((line) => `  ${line}`),
        '  tilt = (slope * along) / n;',
        '}',
      ],
      'tilt',
      6 * capsules * length,
    ),
    overRows(
      'squashGradient',
      ['s', 'dv', 'factors', 'tilts'],
      capsules * length,
      [
        { name: 'capsule', length: capsules },
        { name: 'k', length },
      ],
      [],
      'factors[capsule] * dv[t] + tilts[capsule] * s[t]',
      4 * capsules * length,
    ),
  ];
}
