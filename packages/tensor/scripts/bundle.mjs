// Builds `dist`: what is published. The modules of `src` in a few files (what is loaded on demand stays apart: each backend, the kernels),
// without white space, with source maps; one file of types. The kernels and the code of the threads are put into the code, so no bundler has to find them.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { decode, encode } from '@jridgewell/sourcemap-codec';
import * as esbuild from 'esbuild';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import { difference } from './difference.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const wasm = (/** @type {string} */ build) => readFileSync(join(root, 'wasm', `${build}.wasm`));
const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const external = Object.keys({ ...dependencies, ...peerDependencies });

/** The module that `embedded.ts` reads. */
async function embeddedContents() {
  const thread = await esbuild.transform(
    readFileSync(join(root, 'src', 'backends', 'wasm', 'worker.js'), 'utf8'),
    { minify: true, format: 'esm', target: 'es2022' },
  );
  const engine = wasm('engine');
  const patches = Object.fromEntries(
    ['engine-relaxed', 'engine-single'].map((build) => {
      const { steps, literals } = difference(engine, wasm(build));
      return [build, { steps, literals: literals.toString('base64') }];
    }),
  );
  return [
    `export const kernels = ${JSON.stringify(gzipSync(engine, { level: 9 }).toString('base64'))};`,
    `export const patches = ${JSON.stringify(patches)};`,
    `export const thread = ${JSON.stringify(thread.code.trim())};`,
  ].join('\n');
}

/** @type {esbuild.Plugin} */
const embed = {
  name: 'embed',
  setup(build) {
    const folder = join(root, 'src', 'backends', 'wasm');
    build.onResolve({ filter: /\/files\.js$/ }, ({ resolveDir, kind, importer }) =>
      kind === 'import-statement' && resolveDir === folder && basename(importer) !== 'embedded.ts'
        ? { path: join(folder, 'embedded.ts') }
        : undefined,
    );
    build.onResolve({ filter: /\/embeddedContents\.js$/ }, () => ({
      path: 'contents',
      namespace: 'embedded',
    }));
    build.onLoad({ filter: /.*/, namespace: 'embedded' }, async () => ({
      contents: await embeddedContents(),
      loader: 'js',
    }));
  },
};

/**
 * A source map that tells lines, not columns: a quarter of the size, and a stack trace still names the line. The sources themselves are in the
 * repository, not in the package.
 * @param {string} text
 */
function byLine(text) {
  const map = JSON.parse(text);
  const lines = decode(map.mappings).map((segments) => {
    /** @type {import('@jridgewell/sourcemap-codec').SourceMapSegment[]} */
    const kept = [];
    for (const [column, source, line] of segments) {
      if (source === undefined || line === undefined) continue;
      const last = kept.at(-1);
      if (last?.[1] !== source || last[2] !== line) kept.push([column, source, line, 0]);
    }
    return kept;
  });
  return JSON.stringify({ version: 3, sources: map.sources, names: [], mappings: encode(lines) });
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
const { outputFiles } = await esbuild.build({
  absWorkingDir: root,
  entryPoints: ['src/index.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  // Names stay: stack traces and `console.log` show them. Who bundles a page minifies it all anyway.
  minifySyntax: true,
  minifyWhitespace: true,
  // Node shows the line of an uncaught error: it should fit a screen.
  lineLimit: 120,
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none',
  external,
  plugins: [embed],
  write: false,
  logLevel: 'warning',
});
for (const { path, text } of outputFiles) writeFileSync(path, path.endsWith('.map') ? byLine(text) : text);

const types = await rollup({
  input: join(root, 'src', 'index.ts'),
  external,
  plugins: [dts({ tsconfig: join(root, 'tsconfig.build.json') })],
});
await types.write({ file: join(dist, 'index.d.ts'), format: 'es' });
await types.close();
