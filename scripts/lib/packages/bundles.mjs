// What bundlers make of the packages: how much, and pages that run.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';
import { build as viteBuild } from 'vite';
import webpack from 'webpack';

/** kB as gzip, each file for itself. @param {(string | Uint8Array)[]} files */
const kilobytes = (files) => files.reduce((sum, file) => sum + gzipSync(file, { level: 9 }).length, 0) / 1000;

/**
 * The files that a page gets from one of them on.
 * @param {string} entry @param {(file: string) => readonly string[]} importsOf
 */
function reached(entry, importsOf) {
  const files = new Set([entry]);
  // A set hands out what is added while one walks over it.
  for (const file of files) for (const next of importsOf(file)) files.add(next);
  return [...files];
}

/**
 * What esbuild makes of a program: kB of all of it in one file, and of what a page loads at once where the rest comes on demand.
 * @param {string} project @param {string} entry
 */
async function byEsbuild(project, entry) {
  /** @type {esbuild.BuildOptions} */
  const common = {
    absWorkingDir: project,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    // Optional, and not part of the packages.
    external: ['gpu.js'],
    logLevel: 'silent',
    outdir: project,
    write: false,
  };
  const { outputFiles } = await esbuild.build({ ...common, write: false });
  const split = await esbuild.build({ ...common, write: false, splitting: true, metafile: true });
  const { outputs } = split.metafile;
  const [start = ''] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === entry) ?? [];
  const first = reached(start, (file) =>
    (outputs[file]?.imports ?? []).flatMap(({ kind, path }) =>
      kind === 'import-statement' && path in outputs ? [path] : [],
    ),
  );
  const contents = new Map(split.outputFiles.map((file) => [file.path, file.contents]));
  return {
    one: kilobytes(outputFiles.map((file) => file.contents)),
    first: kilobytes(first.map((file) => contents.get(join(project, file)) ?? '')),
  };
}

/**
 * What Vite makes of a program: kB of all that its page can load, at once or on demand. (Files that nothing imports any more are not among them.)
 * @param {string} project @param {string} entry
 */
async function byVite(project, entry) {
  const built = /** @type {import('vite').Rollup.RollupOutput} */ (
    await viteBuild({
      root: project,
      logLevel: 'silent',
      configFile: false,
      build: { write: false, rollupOptions: { input: join(project, entry) } },
    })
  );
  const chunks = new Map(
    built.output.flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file]] : [])),
  );
  const start = built.output.find((file) => file.type === 'chunk' && file.isEntry)?.fileName ?? '';
  const all = reached(start, (file) => {
    const { imports = [], dynamicImports = [] } = chunks.get(file) ?? {};
    return [...imports, ...dynamicImports].filter((path) => chunks.has(path));
  });
  return kilobytes(all.map((file) => chunks.get(file)?.code ?? ''));
}

/**
 * Sizes of bundles: of `import { squash } from '@capsnet/capsules'` alone, and of a page that reads the squash of a tensor, which needs a backend.
 * @param {string} project
 */
export async function squashSizes(project) {
  writeFileSync(
    join(project, 'only-squash.js'),
    "import { squash } from '@capsnet/capsules';\nconsole.log(squash);\n",
  );
  writeFileSync(
    join(project, 'squash-read.js'),
    `import { squash } from '@capsnet/capsules';
import { tensor } from '@capsnet/tensor';
squash(tensor([[3, 4]])).data().then(console.log);
`,
  );
  return {
    alone: (await byEsbuild(project, 'only-squash.js')).one,
    vite: await byVite(project, 'only-squash.js'),
    read: await byEsbuild(project, 'squash-read.js'),
  };
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
