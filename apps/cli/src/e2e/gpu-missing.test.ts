/** GPU.js is optional: where it is missing, or there and broken, everything else works, and the doctor says what to install. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BackendReport } from '../machine/backends.js';
import { capsnet } from './cli.js';

/** What Node's loader does with `gpu.js`: finds nothing, or a file that throws. */
const resolutions = {
  missing: `throw Object.assign(new Error("Cannot find package 'gpu.js' imported from there"), { code: 'ERR_MODULE_NOT_FOUND' });`,
  broken: `return { url: 'data:text/javascript,throw new Error("the file is cut off")', shortCircuit: true };`,
};
const expected = {
  missing: 'the package gpu.js is not installed. Install it: npm install gpu.js.',
  broken: 'the package gpu.js does not load (the file is cut off). Install it anew: npm install gpu.js.',
};

describe.each(['missing', 'broken'] as const)('gpu.js %s', (state) => {
  let folder: string;
  let env: Record<string, string>;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'capsnet-gpu-'));
    const hooks = `export async function resolve(name, context, next) {
      if (name === 'gpu.js') { ${resolutions[state]} }
      return next(name, context);
    }`;
    const start = join(folder, 'start.mjs');
    writeFileSync(
      start,
      `import { register } from 'node:module';\nregister('data:text/javascript,' + ${JSON.stringify(encodeURIComponent(hooks))});\n`,
    );
    env = { NODE_OPTIONS: `--import ${pathToFileURL(start).href}` };
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('leaves the other backends working, and the doctor says what to install', async () => {
    const run = await capsnet(['doctor', '--json', '--threads', '1'], { env });
    expect(run.code).toBe(0);
    const [report] = run.events() as unknown as [
      { readonly backends: readonly BackendReport[]; readonly used: { readonly backend: string } },
    ];
    const works = (name: string): boolean => report.backends.find((each) => each.name === name)!.works;
    expect([works('wasm'), works('reference')]).toEqual([true, true]);
    for (const mode of ['gpu:webasm', 'gpu:cpu']) {
      const found = report.backends.find(({ name }) => name === mode)!;
      expect(found.works).toBe(false);
      expect(found.detail).toContain(expected[state]);
    }
    expect(report.used.backend).toMatch(/^wasm/);
  }, 120_000);

  it('is one sentence to who asks for it', async () => {
    const run = await capsnet(
      ['train', '--backend', 'gpu:cpu', '--limit-train', '10', '--limit-test', '10', '--out', 'run'],
      { env, cwd: folder },
    );
    expect(run.code).toBe(2);
    expect(run.stderr.trim().split('\n')).toHaveLength(1);
    expect(run.stderr).toContain(expected[state]);
  }, 120_000);
});
