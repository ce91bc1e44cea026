/** The example of the README runs as it stands there. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadModel } from '@capsnet/capsules';
import { afterAll, expect, it } from 'vitest';
import { temporaryFolder } from './cli.js';

const folder = temporaryFolder();
const readme = readFileSync(new URL('../../../../README.md', import.meta.url), 'utf8');
// Inside the package, so that the libraries are found as for any user of them; no tool looks into this folder.
const file = fileURLToPath(new URL('../../.reports/readme-example.mjs', import.meta.url));
afterAll(() => {
  rmSync(file, { force: true });
  folder.remove();
});

it('learns, and keeps weights that load', () => {
  const code = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const lines = code
    .trim()
    .split('\n')
    .filter((line) => line !== '');
  expect(lines.length).toBeLessThanOrEqual(21);
  expect(code).toContain("from '@capsnet/capsules'");

  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, code);
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], {
    cwd: folder.path,
    encoding: 'utf8',
  });
  expect(stderr, basename(file)).toBe('');
  expect(status).toBe(0);
  const [first, second] = [...stdout.matchAll(/^epoch \d: loss ([\d.]+), accuracy [\d.]+$/gm)].map(
    ([, loss]) => Number(loss),
  );
  expect(second).toBeLessThan(first!);
  const { model } = loadModel(readFileSync(join(folder.path, 'capsnet.safetensors')));
  expect(model.description.kind).toBe('efficient-capsnet');
}, 60_000);
