/** The compiler's messages for wrong shapes, word for word; and what the types of the models cost the compiler. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileSnippets } from './compileSnippets.js';
import { root } from './files.js';
import { prelude, typeErrors } from './typeErrors.js';

describe('a wrong shape', () => {
  const { errors } = compileSnippets(
    prelude,
    typeErrors.map(({ code }) => code),
  );
  it.each(typeErrors.map((each, index) => ({ ...each, index })))('$code', ({ sentence, index }) => {
    const own = errors.filter(({ snippet }) => snippet === index);
    expect(own).toHaveLength(1);
    const [{ lines }] = own as [(typeof own)[0]];
    // Quotation marks inside of a type are escaped.
    const said = lines.map((line) => line.replaceAll('\\"', '"'));
    expect(said.at(-1)).toContain(sentence);
    // The reader finds it: it stands in the last line, which is not much longer than the sentence.
    expect(said.at(-1).length).toBeLessThan(2 * sentence.length + 220);
  });

  it('stands in the tour as it is', () => {
    const chapter = readFileSync(join(root, 'docs', 'tour', '02-shape-types.md'), 'utf8');
    expect(chapter).toContain(typeErrors[0]!.sentence);
  });
}, 400_000);

/**
 * 78,000 were counted for all of tensor, autograd and capsules, which the compiler checks in some 3 seconds where nothing else runs; so these are
 * about 8 seconds' worth.
 */
const mostInstantiations = 200_000;

describe('the compiler', () => {
  it('takes the right shapes, and does not go deeper than it likes to', () => {
    const right = [
      'matmul(zeros([32, 784]), zeros([784, 10]));',
      'reshape(zeros([32, 784]), [-1, 28, 28, 1]);',
      'conv2d(zeros([16, 28, 28, 1]), zeros([9, 9, 1, 256]), { strides: 2 });',
      'concat([zeros([2, 3]), zeros([4, 3])], 0);',
      "einsum('bji,kjiz->bkjz', zeros([256, 1152, 8]), zeros([10, 1152, 8, 16]));",
      'add(zeros([2, 3]), zeros([3]));',
      'add(zeros([2, 3]), 1); mul(2, zeros([2, 3]));',
      'const one = Math.random() < 2 ? zeros([2, 3]) : 3; add(one, zeros([2, 4])); mul(zeros([2, 4]), one);',
      // Lengths with many digits, and as many axes as anybody uses.
      'matmul(zeros([123456, 65536]), zeros([65536, 98765]));',
      'reshape(zeros([1024, 1024, 1024]), [2, 512, 1024, -1]);',
      'reshape(zeros([2, 3, 4, 5, 6, 7, 8]), [8, 7, 6, 5, 4, 3, -1]);',
    ];
    const { errors } = compileSnippets(prelude, right);
    // TS2589: "Type instantiation is excessively deep and possibly infinite".
    expect(errors.map(({ snippet, lines }) => `${right[snippet]}: ${lines.join(' ')}`)).toEqual([]);
  }, 400_000);

  it('makes few types for the models', () => {
    const { errors, instantiations } = compileSnippets(
      "import { buildModel, describeModel, summarize } from '@capsnet/capsules';",
      ["summarize(buildModel(describeModel('efficient-capsnet')));"],
      'everything',
    );
    expect(errors).toEqual([]);
    expect(instantiations).toBeLessThan(mostInstantiations);
  }, 400_000);
});
