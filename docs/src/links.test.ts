/** Links of the texts lead somewhere, and those into the source to what they name. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, texts } from './files.js';
import { declarationLine, renumbered, sourceLinks } from './links.js';

/** Lines that a declaration may have moved since the numbers were written: the reader still sees it on the screen. */
const onScreen = 40;

describe.each(texts())('%s', (path) => {
  const file = join(root, path);
  // A link that is shown as code (`` [`add`](path.ts#L12) ``) is none.
  const text = readFileSync(file, 'utf8').replace(/``.*?``/g, '');

  it('links to files that exist', () => {
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target]) => target!.replace(/#.*$/, ''))
      .filter((target) => target !== '' && !/^[a-z]+:/.test(target));
    expect(targets.filter((target) => !existsSync(join(dirname(file), target)))).toEqual([]);
  });

  it('points to the symbols that it names', () => {
    const links = sourceLinks(file, text);
    expect(links.filter(({ declared }) => declared === undefined).map((link) => link.text)).toEqual([]);
    const far = links.filter(({ line, declared }) => Math.abs(line - declared!) > onScreen);
    expect(far.map((link) => `${link.text}: now line ${link.declared}; run \`npm run format\``)).toEqual([]);
  });
});

describe('declarationLine', () => {
  it('finds functions, constants, types and members', () => {
    const source =
      '// add\nexport const add = 1;\nexport type Sum = 2;\nclass A {\n  get size(): number {}\n}';
    expect(declarationLine(source, 'add')).toBe(2);
    expect(declarationLine(source, 'Sum')).toBe(3);
    expect(declarationLine(source, 'A.size')).toBe(5);
    expect(declarationLine(source, 'missing')).toBeUndefined();
  });

  it('renumbers a link', () => {
    const text = 'see [`declarationLine`](links.ts#L1)';
    expect(renumbered(join(root, 'docs', 'src', 'x.md'), text)).toMatch(/links\.ts#L2\d\)/);
  });
});
