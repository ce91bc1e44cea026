// needs: chromium
// The packages as a user has them: packed, installed into an empty project outside of the workspace, run in Node and other runtimes, bundled, opened
// in a browser. Packages of others come from the registry. What is measured here: sizes on the disk and in bundles.
// runs beside others: waits for installs, and one page after the other.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build as viteBuild, createServer } from 'vite';
import { exampleTrained, launch, serve, trainedBy } from '../lib/packages/browser.mjs';
import { nodeModulesIn, pages, squashSizes } from '../lib/packages/bundles.mjs';
import { counting } from '../lib/packages/checks.mjs';
import {
  bytesUnder,
  emptyProject,
  falls,
  install,
  lossesOf,
  pack,
  runIn,
} from '../lib/packages/consumer.mjs';
import { compiles } from '../lib/packages/types.mjs';
import { root, run } from '../lib/process.mjs';
import { setup } from '../lib/setup.mjs';

const { check, finish } = counting();
const started = Date.now();
const part = (/** @type {string} */ name) =>
  console.log(`--- ${name} (${((Date.now() - started) / 1000).toFixed(0)} s)`);
const last = (/** @type {string} */ output) => output.trim().split('\n').slice(-12).join('\n');
const libraries = ['tensor', 'autograd', 'capsules', 'datasets'];

await setup();
const project = emptyProject();
const tarballs = join(project, 'tarballs');
const modules = join(project, 'node_modules');
const tool = (/** @type {string} */ path) => join(root, 'node_modules', path);

/** @param {string} what @param {{ losses: number[], backend: string, problems: string[] }} result @param {RegExp} engine */
function checkTraining(what, { losses, backend, problems }, engine) {
  check(
    `${what}: 20 steps, the loss falls, nothing is missing`,
    losses.length === 20 && falls(losses) && problems.length === 0,
    `${losses[0]?.toFixed(3)} -> ${losses.at(-1)?.toFixed(3)} ${problems.join('; ')}`,
  );
  check(`${what}: ${engine.source}`, engine.test(backend), backend);
}

async function tarballsAreRight() {
  part('packing');
  const packed = await pack(tarballs);
  for (const { name, unpackedSize, size, files } of packed) {
    const paths = files.map(({ path }) => path);
    const foreign = paths.filter((path) => /(^|\/)src\/|\.test\.|tsbuildinfo$|\.d\.ts\.map$/.test(path));
    check(
      `${name}: README, LICENSE, no sources and no tests`,
      paths.includes('README.md') && paths.includes('LICENSE') && foreign.length === 0,
      `${(unpackedSize / 1000).toFixed(0)} kB, packed ${(size / 1000).toFixed(0)} kB ${foreign.join(' ')}`,
    );
    // Trained weights stay in the repository: the page carries one small file of them.
    check(`${name} is under 5 MB packed`, size < 5_000_000, size);
    if (name === '@capsnet/tensor')
      check('@capsnet/tensor is under 400 kB unpacked', unpackedSize < 400_000, unpackedSize);
  }
  for (const { name, filename } of packed) {
    if (name === '@capsnet/playground') continue;
    const path = join(tarballs, filename);
    const publint = await runIn(root, process.execPath, [
      tool('publint/src/cli.js'),
      'run',
      path,
      '--strict',
    ]);
    check(
      `publint: ${name}`,
      publint.code === 0 && /All good/.test(publint.output),
      publint.code === 0 ? '' : last(publint.output),
    );
    // The packages are ESM alone; what CommonJS or Node 10 would make of them says nothing.
    const attw = await runIn(root, process.execPath, [
      tool('@arethetypeswrong/cli/dist/index.js'),
      path,
      '--profile',
      'esm-only',
      '--format',
      'ascii',
    ]);
    check(`are the types wrong: ${name}`, attw.code === 0, attw.code === 0 ? '' : last(attw.output));
  }
  part('installing');
  const installed = await install(
    project,
    packed.map(({ filename }) => join(tarballs, filename)),
  );
  check(
    'the tarballs install into an empty project',
    installed.code === 0,
    installed.code === 0 ? '' : last(installed.output),
  );
  check(
    'gpu.js and webgpu stay away',
    !existsSync(join(modules, 'gpu.js')) && !existsSync(join(modules, 'webgpu')),
  );
  const needed = ['@capsnet/tensor', 'ndarray', 'iota-array', 'is-buffer', '@types/ndarray'];
  const bytes = needed.reduce((sum, name) => sum + bytesUnder(join(modules, name)), 0);
  console.log(`       tensor with all that it needs: ${(bytes / 1000).toFixed(0)} kB on the disk`);
}

async function runsInNode() {
  part('Node');
  for (const [example, args] of /** @type {const} */ ([
    ['node-script', ['train.mjs']],
    ['own-routing', ['train.mjs']],
    ['custom-op', ['main.mjs']],
    ['own-images', ['make-images.mjs', 'images', '20']],
    ['own-images', ['train.mjs', 'images', '3']],
  ])) {
    const { code, output } = await runIn(join(project, example), process.execPath, [...args]);
    const losses = lossesOf(output);
    check(
      `examples/${example}: node ${args.join(' ')}`,
      code === 0 && (args[0] === 'make-images.mjs' || falls(losses)),
      code === 0 ? losses.map((loss) => loss.toFixed(2)).join(' ') : last(output),
    );
  }
  const conditions = ['deno', 'bun', 'browser', 'worker', 'workerd'].map((name) => `--conditions=${name}`);
  const names = [...libraries, 'datasets/node', 'cli'].map((name) => `import('@capsnet/${name}')`);
  const resolved = await runIn(project, process.execPath, [
    ...conditions,
    '-e',
    `Promise.all([${names.join()}])`,
  ]);
  check('every entry is found under the conditions of other runtimes', resolved.code === 0, resolved.output);

  const train = [
    'train',
    '--limit-train',
    '96',
    '--limit-test',
    '16',
    '--epochs',
    '2',
    '--quiet',
    '--out',
    'run',
  ];
  const command = await runIn(project, join(modules, '.bin', 'capsnet'), train);
  check(
    'the command capsnet trains',
    command.code === 0 && existsSync(join(project, 'run', 'best.safetensors')),
    command.code === 0 ? '' : last(command.output),
  );
}

async function runsElsewhere() {
  part('Deno and Bun');
  const installed = await install(project, ['deno', 'bun']);
  const runtimes = /** @type {const} */ ([
    ['Deno', join(modules, 'deno', 'bin.cjs'), ['run', '-A', 'train.mjs']],
    ['Bun', join(modules, '@oven', 'bun-linux-x64', 'bin', 'bun'), ['train.mjs']],
  ]);
  for (const [name, binary, args] of runtimes) {
    if (installed.code !== 0 || !existsSync(binary)) {
      console.log(`${name} skipped: npm has no binary of it for this machine`);
      continue;
    }
    const { code, output } = await runIn(join(project, 'node-script'), binary, [...args], {
      env: { ...process.env, DENO_NO_UPDATE_CHECK: '1' },
    });
    const losses = lossesOf(output);
    check(
      `${name} trains 20 steps`,
      code === 0 && losses.length === 20 && falls(losses),
      code === 0 ? '' : last(output),
    );
  }
}

async function compilesAndBundles() {
  part('types and bundles');
  for (const resolution of /** @type {const} */ (['nodenext', 'bundler'])) {
    const { code, output } = await compiles(project, resolution);
    check(`a strict program compiles (${resolution})`, code === 0, code === 0 ? '' : last(output));
  }
  for (const name of libraries) {
    const found = await nodeModulesIn(project, `@capsnet/${name}`);
    check(`@capsnet/${name} for browsers asks for nothing of Node`, found.length === 0, found.join('; '));
  }
  const { alone, vite, read } = await squashSizes(project);
  const kilobytes = (/** @type {number} */ size) => `${size.toFixed(1)} kB gzip`;
  check('only squash, one file (esbuild): under 60 kB', alone < 60, kilobytes(alone));
  check('only squash, all that the page can load (Vite): under 60 kB', vite < 60, kilobytes(vite));
  // A quarter of the limit is enough, because no backend is in it: a call at the top of a module would bring them all in again.
  check('only squash has no backend in it', alone < 15 && vite < 15);
  check(
    'squash of a tensor, read: what a page loads at once is under 20 kB, all of it with backends and kernels under 75 kB',
    read.first < 20 && read.one < 75,
    `${kilobytes(read.first)}, ${kilobytes(read.one)}`,
  );
}

async function runsInBrowsers() {
  part('Chromium');
  const example = join(project, 'vite-app');
  await viteBuild({ root: example, logLevel: 'error' });
  const addresses = await pages(project);
  const browser = await launch();
  const isolated = await serve(project, true);
  const plain = await serve(project, false);
  const built = await serve(join(example, 'dist'), true);
  const alone = await serve(join(example, 'dist'), false);
  try {
    checkTraining('Vite, built', await exampleTrained(browser, `${built.address}/`), /wasm \(\d+ threads/);
    checkTraining(
      'Vite, built, not isolated',
      await exampleTrained(browser, `${alone.address}/`),
      /wasm \(1 thread/,
    );
    for (const [name, path] of Object.entries(addresses)) {
      checkTraining(name, await trainedBy(browser, `${isolated.address}${path}`), /wasm \(\d+ threads/);
      if (name === 'import map')
        checkTraining(
          `${name}, not isolated`,
          await trainedBy(browser, `${plain.address}${path}`),
          /wasm \(1 thread/,
        );
    }
    const development = await createServer({ root: example, logLevel: 'silent', server: { port: 0 } });
    await development.listen();
    const url = development.resolvedUrls?.local[0] ?? '';
    checkTraining('Vite, in development', await exampleTrained(browser, url), /wasm \(/);
    await development.close();
  } finally {
    await browser.close();
    for (const server of [isolated, plain, built, alone]) server.close();
  }
}

try {
  await tarballsAreRight();
  await runsInNode();
  await compilesAndBundles();
  await runsInBrowsers();
  await runsElsewhere();
  part('release and dead code');
  const release = await run('npm', ['run', '-s', 'release', '--', '--dry-run'], { quiet: true });
  const publishable = release.output.match(/could be published/g)?.length ?? 0;
  check(
    'a release could be made of six packages',
    release.code === 0 && publishable === 6,
    release.code === 0 ? '' : last(release.output),
  );
  const knip = await run('npm', ['run', '-s', 'knip'], { quiet: true });
  check('knip finds no dead code', knip.code === 0, knip.code === 0 ? '' : last(knip.output));
} catch (error) {
  check('the hook came to its end', false, error instanceof Error ? error.stack : error);
} finally {
  rmSync(project, { recursive: true, force: true, maxRetries: 3 });
}
part('done');
finish();
