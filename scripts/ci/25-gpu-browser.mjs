// The gpu backend in a real browser: every golden case (CAPSNET_SHARED/golden) on WebGPU and on WebGL2, computed by Chromium's software
// drivers, by a page that is bundled and minified from what is published; and every kernel, there and in `dist`, is closed.
// needs: chromium
// runs beside others: drivers in software, which compile on one core for most of the time.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import { checkKernels } from '../lib/gpu-page.mjs';
import { bundle, serve, softwareBrowser } from '../lib/page.mjs';
import { root } from '../lib/process.mjs';
import { setup } from '../lib/setup.mjs';

await setup();
const modes = ['webgpu', 'webgl2'];
/** With these set, only they run: for work on one mode or one case. */
const only = process.env.GPU_BROWSER_MODE;
const cases = process.env.GPU_BROWSER_CASES?.split(',');
let passed = 0;
let failed = 0;
/** @param {boolean} good @param {string} what */
const check = (good, what) => {
  if (good) passed += 1;
  else failed += 1;
  console.log(`${good ? 'passed' : 'FAILED'}: ${what}`);
};

const dist = {
  engine: join(root, 'packages/tensor/dist/index.js'),
  autograd: join(root, 'packages/autograd/dist/index.js'),
  capsules: join(root, 'packages/capsules/dist/index.js'),
  conformance: join(root, 'apps/cli/dist/conformance/browser.js'),
};
/** The check itself comes from the source: it is the kernels that come from `dist`. */
const closed = join(root, 'packages/tensor/src/backends/gpu/kernels/closed.ts');

/** @param {string} where @param {import('../lib/gpu-page.mjs').KernelReport} report */
const reportKernels = (where, { kernels, operations, problems }) => {
  [...new Set(problems)].slice(0, 10).forEach((problem) => console.log(`  ${problem}`));
  check(
    problems.length === 0 && operations > 50 && kernels > 200,
    `${kernels} kernels of ${operations} operations and two models are closed ${where}`,
  );
};

const parts = Object.fromEntries(
  await Promise.all(
    Object.entries(dist).map(async ([name, path]) => [name, await import(pathToFileURL(path).href)]),
  ),
);
const { code } = await esbuild.transform(readFileSync(closed, 'utf8'), { loader: 'ts', format: 'esm' });
const checker = await import(`data:text/javascript,${encodeURIComponent(code)}`);
reportKernels('as published', await checkKernels({ ...parts, closed: checker }));

const folder = mkdtempSync(join(tmpdir(), 'capsnet-page-'));
const imports = Object.entries({ ...dist, closed }).map(
  ([name, path]) => `import * as ${name} from ${JSON.stringify(path)};`,
);
await bundle(
  `${imports.join('\n')}
import { program } from ${JSON.stringify(join(root, 'scripts/lib/gpu-page.mjs'))};
globalThis.capsnet = program({ closed, ${Object.keys(dist).join(', ')} });`,
  folder,
);

const golden = join(process.env.CAPSNET_SHARED ?? '', 'golden');
const hasGolden = process.env.CAPSNET_SHARED !== undefined && existsSync(join(golden, 'index.json'));
const server = await serve({ page: folder, ...(hasGolden ? { golden } : {}) });
const browser = await softwareBrowser();

/** A page that has nothing loaded yet. A busy machine takes its time: no wait is short. */
async function open() {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(120_000);
  return page;
}

/** Loads the program. @param {import('playwright-core').Page} page */
async function ready(page) {
  await page.goto(server.address);
  await page.waitForFunction(() => 'capsnet' in globalThis);
}

/** @param {string} mode */
async function conformance(mode) {
  const page = await open();
  /** @type {any[]} */
  const told = [];
  page.on('pageerror', (error) => check(false, `${mode}: an error on the page: ${error.message}`));
  await page.exposeFunction('tell', (/** @type {any} */ event) => {
    told.push(event);
    const { case: name, op, status, tensor = '', error = '', tolerance = '', message = '' } = event;
    if (name !== undefined && status !== 'passed')
      console.log(`gpu:${mode}: ${status} ${name} (${op}): ${tensor} ${error} > ${tolerance} ${message}`);
  });
  await ready(page);
  const started = Date.now();
  const problem = await page.evaluate(
    ([request, names]) =>
      /** @type {any} */ (globalThis).capsnet
        .conformance('golden', request, names, /** @type {any} */ (globalThis).tell)
        .then(
          () => '',
          (/** @type {any} */ error) => String(error?.message ?? error),
        ),
    /** @type {const} */ ([`gpu:${mode}`, cases]),
  );
  const seconds = Math.round((Date.now() - started) / 1000);
  const backend = told.find(({ event }) => event === 'backend');
  const results = told.filter((each) => 'case' in each);
  const good = results.filter(({ status }) => status === 'passed').length;
  passed += good;
  failed += results.length - good;
  console.log(`gpu:${mode}: ${good} of ${results.length} cases passed in ${seconds} s`);
  check(problem === '' && results.length === backend?.cases, `${mode}: every case ran ${problem}`);
  check(
    String(backend?.description).startsWith(`gpu (${mode}`),
    `what ran in Chromium ${browser.version()} is "${backend?.description}"`,
  );
  await page.context().close();
}

/** What stands against the limits of devices. @param {string} mode */
async function limits(mode) {
  const page = await open();
  await ready(page);
  const { large, lost } = await page.evaluate(
    (name) => /** @type {any} */ (globalThis).capsnet.limits(name),
    mode,
  );
  check(large.wrong === 0, `${mode}: ${large.size} elements of one array, ${large.wrong} of them wrong`);
  check(
    lost.name === 'DeviceLostError' && lost.message.includes('goes on from its last checkpoint'),
    `${mode}: a lost device is told: ${lost.message}`,
  );
  // Gradient descent on a square with rate 0.1: the distance is 0.8 times the one before, its square 0.64 times, through the loss and after it.
  const ratios = lost.losses
    .slice(1)
    .map((/** @type {number} */ loss, /** @type {number} */ k) => loss / lost.losses[k]);
  check(
    ratios.length === 5 && ratios.every((/** @type {number} */ ratio) => Math.abs(ratio - 0.64) < 1e-4),
    `${mode}: training goes on from where it was: ${lost.losses.map((/** @type {number} */ loss) => loss.toFixed(4)).join(', ')}`,
  );
  await page.context().close();
}

try {
  const page = await open();
  await ready(page);
  reportKernels(
    'after minification, in the browser',
    await page.evaluate(() => /** @type {any} */ (globalThis).capsnet.checkKernels()),
  );
  await page.context().close();
  for (const mode of modes) if (only === undefined || only === mode) await limits(mode);
  if (hasGolden) for (const mode of modes) if (only === undefined || only === mode) await conformance(mode);
  if (!hasGolden) console.log('golden cases skipped: no golden folder (CAPSNET_SHARED is unset or has none)');
} catch (error) {
  check(false, `the browser came to its end: ${error instanceof Error ? error.message : String(error)}`);
} finally {
  await browser.close();
  server.close();
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
