/**
 * The tour is true: each chapter's program runs, prints every number that its text shows, contains the code that its text quotes, and draws the
 * figures that lie beside it.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { blocksOf } from './blocks.js';
import { root } from './files.js';

const folder = join(root, 'docs', 'tour');
const chapters = readdirSync(folder)
  .filter((name) => /^\d\d-.*\.ts$/.test(name))
  .map((name) => name.replace(/\.ts$/, ''))
  .sort();
const figures = mkdtempSync(join(tmpdir(), 'capsnet-tour-'));
afterAll(() => rmSync(figures, { recursive: true, force: true }));

const loader = pathToFileURL(join(root, 'scripts', 'lib', 'typescript.mjs')).href;
const lines = (text: string): string[] => text.split('\n').map((line) => line.trim());

/** Numbers of a figure, which may differ by a hair between versions of JavaScript's `Math`. */
const numbersOf = (svg: string): number[] =>
  [...svg.matchAll(/-?\d+(?:\.\d+)?/g)].map(([digits]) => Number(digits));

it('has ten chapters, each a text and a program of under 150 lines', () => {
  expect(chapters.map((name) => Number(name.slice(0, 2)))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const index = readFileSync(join(folder, 'README.md'), 'utf8');
  for (const name of chapters) {
    expect(existsSync(join(folder, `${name}.md`)), name).toBe(true);
    expect(readFileSync(join(folder, `${name}.ts`), 'utf8').split('\n').length, name).toBeLessThan(150);
    expect(index).toContain(`(${name}.md)`);
  }
});

describe.each(chapters)('%s', (name) => {
  const text = readFileSync(join(folder, `${name}.md`), 'utf8');
  const program = readFileSync(join(folder, `${name}.ts`), 'utf8');

  it('quotes its program', () => {
    const flat = lines(program).join('\n');
    for (const { language, code } of blocksOf(text))
      if (language === 'ts') expect(flat).toContain(lines(code.trim()).join('\n'));
  });

  it('prints and draws what the text shows', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', loader, join(folder, `${name}.ts`)],
      { env: { ...process.env, CAPSNET_FIGURES: figures }, cwd: root },
    );
    const printed = lines(stdout);
    for (const { language, code } of blocksOf(text))
      if (language === 'text') for (const line of lines(code.trim())) expect(printed).toContain(line);

    const shown = [...text.matchAll(/\]\(figures\/([^)]+)\)/g)].map(([, file]) => file!);
    expect(shown.length).toBeGreaterThan(0);
    for (const file of shown) {
      const [drawn, kept] = [join(figures, file), join(folder, 'figures', file)].map((path) =>
        readFileSync(path),
      );
      if (!file.endsWith('.svg')) expect(drawn!.subarray(0, 8), file).toEqual(kept!.subarray(0, 8));
      // Chapter 7 draws speeds.
      else if (name !== '07-wasm-kernel') {
        const [now, before] = [numbersOf(drawn!.toString()), numbersOf(kept!.toString())];
        expect(now.length, file).toBe(before.length);
        const largest = now.reduce((worst, value, at) => Math.max(worst, Math.abs(value - before[at]!)), 0);
        expect(largest, file).toBeLessThan(0.5);
      }
    }
  }, 400_000);
});
