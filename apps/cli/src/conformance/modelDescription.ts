/** The architecture that the `attrs` of a model case tell, as a description that `buildModel` takes. */
import type { DecoderDescription, ModelDescription } from '@capsnet/capsules';
import type { Attributes } from './attributes.js';

function decoderOf(attributes: Attributes): DecoderDescription | null {
  if (!attributes.has('decoder')) return null;
  const decoder = attributes.record('decoder');
  switch (decoder.text('type')) {
    case 'dense':
      return { kind: 'dense', units: decoder.numbers('units') };
    case 'conv':
      return {
        kind: 'upsampling',
        start: decoder.pair('start'),
        filters: decoder.numbers('filters'),
        upsampleBefore: decoder.numbers('upsample_before'),
      };
    default:
      throw decoder.wrong('type', '"dense" or "conv"');
  }
}

/** @throws CaseError when the attributes do not describe a model */
export function describeModel(attributes: Attributes): ModelDescription {
  const list = (name: string, length: number): readonly number[] => {
    const numbers = attributes.numbers(name);
    if (numbers.length !== length) throw attributes.wrong(name, `a list of ${length} numbers`);
    return numbers;
  };
  const [height, width, channels] = list('input', 3);
  const [classes, dimensions] = list('digit', 2);
  const common = {
    input: [height!, width!, channels!] as const,
    classNames: Array.from({ length: classes! }, (_, index) => String(index)),
    decoder: decoderOf(attributes),
    dimensions: dimensions!,
  };
  switch (attributes.text('model')) {
    case 'original': {
      const [filters, kernel] = list('conv', 2);
      const [capsules, length, primaryKernel, stride] = list('primary', 4);
      return {
        kind: 'original-capsnet',
        ...common,
        convolutions: [{ filters: filters!, kernel: kernel!, stride: 1 }],
        primary: { kernel: primaryKernel!, stride: stride!, capsules: capsules!, dimensions: length! },
        iterations: attributes.number('routing'),
      };
    }
    case 'efficient': {
      const [, kernel, capsules, length, stride] = list('primary', 5);
      const norm = attributes.text('norm');
      if (norm !== 'batch' && norm !== 'instance') throw attributes.wrong('norm', '"batch" or "instance"');
      const convolutions = attributes.rows('convs', 3);
      return {
        kind: 'efficient-capsnet',
        ...common,
        backbone: {
          convolutions: convolutions.map(([filters, side, step]) => ({
            filters: filters!,
            kernel: side!,
            stride: step!,
          })),
          // The recipe of smallNORB (instance norm) has leaky ReLUs, that of MNIST (batch norm) plain ones.
          activation: norm === 'instance' ? { leakyRelu: 0.3 } : 'relu',
          normalization: { kind: norm },
        },
        primary: { kernel: kernel!, stride: stride!, capsules: capsules!, dimensions: length! },
        decodings: attributes.flag('multi', false) ? 2 : 1,
      };
    }
    default:
      throw attributes.wrong('model', '"efficient" or "original"');
  }
}
