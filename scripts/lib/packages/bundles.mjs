// What bundlers make of the packages: how much, and pages that run.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';
import { build as viteBuild } from 'vite';
import webpack from 'webpack';

/** kB of all scripts under a folder, each as gzip. @param {string} folder */
const gzipped = (folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name)), { level: 9 }).length, 0) / 1000;

/** Only what the page loads at once: the entry and what it imports statically, in kB as gzip. @param {esbuild.Metafile} metafile @param {string} folder */
function initial(metafile, folder) {
  /** @type {Set<string>} */
  const reached = new Set();
  const visit = (/** @type {string} */ path) => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const { path: next, kind } of metafile.outputs[path]?.imports ?? [])
      if (kind === 'import-statement' && metafile.outputs[next]) visit(next);
  };
  const entry = Object.keys(metafile.outputs).find((path) => metafile.outputs[path]?.entryPoint);
  if (entry) visit(entry);
  return (
    [...reached].reduce(
      (sum, path) => sum + gzipSync(readFileSync(join(folder, path)), { level: 9 }).length,
      0,
    ) / 1000
  );
}

/**
 * Bundles `import { squash } from '@capsnet/capsules'` alone.
 * @param {string} project
 */
export async function squashSizes(project) {
  const folder = join(project, 'only-squash');
  mkdirSync(folder);
  const entry = join(folder, 'entry.js');
  writeFileSync(entry, "import { squash } from '@capsnet/capsules';\nconsole.log(squash);\n");
  writeFileSync(join(folder, 'index.html'), '<script type="module" src="./entry.js"></script>');
  /** @type {esbuild.BuildOptions} */
  const common = {
    absWorkingDir: project,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    metafile: true,
    logLevel: 'silent',
  };
  const one = join(folder, 'one');
  await esbuild.build({ ...common, outdir: one });
  const split = join(folder, 'split');
  const { metafile } = await esbuild.build({ ...common, splitting: true, outdir: split });
  const vite = join(folder, 'vite');
  await viteBuild({ root: folder, logLevel: 'silent', configFile: false, build: { outDir: vite } });
  return { one: gzipped(one), first: metafile ? initial(metafile, project) : Infinity, vite: gzipped(vite) };
}

/**
 * Modules of Node that the bundle of a package for browsers asks for, and what esbuild had to say.
 * @param {string} project @param {string} name of the package
 */
export async function nodeModulesIn(project, name) {
  const result = await esbuild.build({
    absWorkingDir: project,
    stdin: { contents: `export * from ${JSON.stringify(name)}`, resolveDir: project },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    outdir: join(project, 'browser-only'),
    write: false,
    metafile: true,
    logLevel: 'silent',
    // Optional, and nobody installed it here.
    external: ['gpu.js'],
  });
  const asked = Object.values(result.metafile.outputs).flatMap(({ imports }) =>
    imports.map(({ path }) => path),
  );
  return [...asked.filter((path) => path !== 'gpu.js'), ...result.warnings.map(({ text }) => text)];
}

/** The page of each bundle below: it trains and leaves what came of it in `document.title`. */
const html = (/** @type {string} */ head) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>...</title>${head}</head><body></body></html>`;

const pageCode = `
import { train } from './train.ts';
const losses = [];
let backend = '';
globalThis.report = train(20, (each) => {
  if (each.kind === 'ready') backend = each.backend;
  if (each.kind === 'step') losses.push(each.loss);
}).then(() => ({ losses, backend }), (error) => ({ losses, backend: String(error) }));
`;

/**
 * Pages by esbuild, by webpack, and without a bundler (an import map), in folders below the project that may be served.
 * @param {string} project
 * @returns {Promise<Record<'esbuild' | 'webpack' | 'import map', string>>}
 */
export async function pages(project) {
  const source = join(project, 'vite-app', 'src');
  const entry = join(source, 'page.ts');
  writeFileSync(entry, pageCode);

  const byEsbuild = join(project, 'by-esbuild');
  await esbuild.build({
    absWorkingDir: project,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    outfile: join(byEsbuild, 'page.js'),
    logLevel: 'silent',
  });
  const load = '<script type="module" src="./page.js"></script>';
  writeFileSync(join(byEsbuild, 'index.html'), html(load));

  // Webpack reads JavaScript.
  const plain = join(project, 'plain');
  await esbuild.build({
    entryPoints: [join(source, 'train.ts'), entry],
    outdir: plain,
    format: 'esm',
    logLevel: 'silent',
  });
  writeFileSync(
    join(plain, 'page.js'),
    readFileSync(join(plain, 'page.js'), 'utf8').replace('./train.ts', './train.js'),
  );
  const byWebpack = join(project, 'by-webpack');
  await new Promise((resolve, reject) =>
    webpack(
      {
        mode: 'production',
        context: project,
        entry: join(plain, 'page.js'),
        output: { path: byWebpack, filename: 'page.js' },
      },
      (error, stats) => {
        if (error) reject(error);
        else if (stats?.hasErrors()) reject(new Error(stats.toString({ all: false, errors: true })));
        else resolve(undefined);
      },
    ),
  );
  writeFileSync(join(byWebpack, 'index.html'), html(load));

  const imports = Object.fromEntries(
    ['tensor', 'autograd', 'capsules', 'datasets'].map((name) => [
      `@capsnet/${name}`,
      `/node_modules/@capsnet/${name}/dist/index.js`,
    ]),
  );
  writeFileSync(
    join(project, 'map.html'),
    html(
      `<script type="importmap">${JSON.stringify({ imports })}</script><script type="module" src="./plain/page.js"></script>`,
    ),
  );
  return { esbuild: '/by-esbuild/', webpack: '/by-webpack/', 'import map': '/map.html' };
}
