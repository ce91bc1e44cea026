/** The example of the README runs and ends where it says. */
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setBackend } from '@capsnet/tensor';
import { expect, test } from 'vitest';

test('fits a line', async () => {
  await setBackend('reference');
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```ts\n([\s\S]*?)```/.exec(readme)![1]!;
  // Inside the package, so that its imports resolve as those of any source file here do; in a folder that git and the build ignore.
  const reports = fileURLToPath(new URL('../.reports', import.meta.url));
  await mkdir(reports, { recursive: true });
  const folder = await mkdtemp(join(reports, 'readme-'));
  try {
    const file = join(folder, 'example.ts');
    await writeFile(
      file,
      code.replace("'@capsnet/autograd'", "'../../src/index.js'") + '\nexport { line };\n',
    );
    const { line } = (await import(/* @vite-ignore */ file)) as {
      line: Record<'slope' | 'start', { item(): Promise<number> }>;
    };
    expect(await line.slope.item()).toBeCloseTo(2, 2);
    expect(await line.start.item()).toBeCloseTo(1, 2);
  } finally {
    await rm(folder, { recursive: true });
  }
});
