// needs: chromium
// The playground in a real browser, doing what a person does. Builds the page's files must exist (npm run build).
import { createServer } from 'node:http';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import axe from 'axe-core';
import { chromium } from 'playwright-core';
import { root, run } from '../lib/process.mjs';
import { setup } from '../lib/setup.mjs';

await setup();
const built = join(root, 'apps', 'playground', 'dist');
const weights = join(root, 'weights', 'efficient-capsnet-digits.safetensors');
/** @type {Record<string, string>} */
const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
  '.css': 'text/css',
};

/** Serves the page under a path of its own. @param {boolean} isolated @returns {Promise<import('node:http').Server>} */
const serve = (isolated) =>
  new Promise((resolve) => {
    const server = createServer((request, response) => {
      const path = decodeURIComponent((request.url ?? '').split('?')[0] ?? '').replace(/^\/some\/path/, '');
      const file = join(built, path.endsWith('/') ? `${path}index.html` : path);
      if (!file.startsWith(built) || !existsSync(file)) {
        response.writeHead(404).end();
        return;
      }
      const headers = { 'Content-Type': types[extname(file)] ?? 'application/octet-stream' };
      const isolation = {
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Cross-Origin-Embedder-Policy': 'require-corp',
      };
      response.writeHead(200, isolated ? { ...headers, ...isolation } : headers).end(readFileSync(file));
    }).listen(0, () => resolve(server));
  });

let passed = 0;
let failed = 0;
/** @param {string} what @param {boolean} ok @param {unknown} [found] */
function check(what, ok, found = '') {
  if (ok) passed += 1;
  else failed += 1;
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${what} ${String(found)}`);
}

const [shared, plain] = await Promise.all([serve(true), serve(false)]);
/** @param {import('node:http').Server} server */
const addressOf = (server) => {
  const address = server.address();
  return `http://localhost:${typeof address === 'object' ? address?.port : ''}/some/path/`;
};
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });

/**
 * A page that has read its first picture.
 * @param {string} url @param {import('playwright-core').BrowserContextOptions} [options]
 */
async function open(url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.on('pageerror', (error) => check('no error on the page', false, error.message));
  await page.goto(url);
  await page.locator('.verdict strong').first().waitFor({ timeout: 20_000 });
  return page;
}
/** @param {import('playwright-core').Page} page */
const pixels = (page) =>
  page
    .locator('#reconstruction-canvas')
    .evaluate((canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL());

try {
  const scripts = readdirSync(join(built, 'assets')).map((name) => readFileSync(join(built, 'assets', name)));
  const kilobytes = scripts.reduce((sum, bytes) => sum + gzipSync(bytes).length, 0) / 1000;
  check('all code, style and kernels are under 600 kB gzip', kilobytes < 600, `${kilobytes.toFixed(0)} kB`);

  const isolated = await open(addressOf(shared));
  check(
    'with isolation: threads',
    /threads/.test((await isolated.locator('#engine summary').textContent()) ?? ''),
  );
  await isolated.context().close();

  const page = await open(addressOf(plain));
  check(
    'without isolation: one thread, and says so',
    /1 thread\b/.test((await page.locator('#engine summary').textContent()) ?? ''),
  );
  const first = await page.evaluate(
    () => performance.getEntriesByName('predicted')[0]?.startTime ?? Infinity,
  );
  check('the first prediction comes within 3 s', first < 3000, `${first.toFixed(0)} ms`);

  const before = await pixels(page);
  const slider = page.locator('#dimension-3');
  await slider.focus();
  let [times, median, late] = [[0], Infinity, Infinity];
  // Whatever else the machine does only adds: the quietest of three rounds counts.
  for (let round = 0; round < 3 && !(median < 16 && late < 50); round++) {
    await page.evaluate(() => performance.clearMeasures('slider to picture'));
    for (let press = 0; press < 60; press++) {
      await slider.press(press % 20 < 10 ? 'ArrowRight' : 'ArrowLeft');
      await page.waitForTimeout(15);
    }
    await page.keyboard.press('End');
    await page.waitForTimeout(300);
    times = await page.evaluate(() =>
      performance
        .getEntriesByName('slider to picture')
        .map(({ duration }) => duration)
        .sort((a, b) => a - b),
    );
    [median = Infinity, late = Infinity] = [0.5, 0.95].map(
      (share) => times[Math.floor(share * times.length)],
    );
  }
  console.log(`       ${(await page.locator('#engine dl').textContent()) ?? ''}`);
  check('a slider changes the picture', (await pixels(page)) !== before);
  check(
    'slider to picture: median under 16 ms',
    times.length > 20 && median < 16,
    `${median.toFixed(1)} ms of ${times.length}`,
  );
  check('slider to picture: 95 % under 50 ms', late < 50, `${late.toFixed(1)} ms`);
  check('the address says it', page.url().includes('noise=3:0.25'), page.url());
  const copy = await open(page.url());
  await copy.waitForTimeout(500);
  check('the address shows the same elsewhere', (await pixels(copy)) === (await pixels(page)));
  await copy.context().close();
  await page.locator('#reset').click();
  await page.waitForTimeout(300);
  check('reset brings the picture back', (await pixels(page)) === before);
  await page.goBack();
  await page.waitForTimeout(300);
  check('Back undoes the reset', (await pixels(page)) !== before);
  await page.goForward();

  const board = await page.locator('#board-canvas').boundingBox();
  if (board) {
    // A 3 in one stroke.
    const stroke = [
      [0.32, 0.22],
      [0.5, 0.15],
      [0.66, 0.26],
      [0.6, 0.42],
      [0.46, 0.48],
      [0.64, 0.54],
      [0.7, 0.7],
      [0.55, 0.84],
      [0.34, 0.78],
    ];
    for (const [index, [x = 0, y = 0]] of stroke.entries()) {
      await page.mouse.move(board.x + x * board.width, board.y + y * board.height, { steps: 6 });
      if (index === 0) await page.mouse.down();
    }
    await page.mouse.up();
  }
  await page.waitForTimeout(600);
  check(
    'a drawn 3 is read as 3',
    (await page.locator('.verdict strong').first().textContent()) === '3',
    await page.locator('.verdict').first().textContent(),
  );

  await page.locator('#grid-toggle').click();
  await page.waitForTimeout(600);
  const gridWidth = await page
    .locator('#grid-body canvas')
    .evaluate((canvas) => /** @type {HTMLCanvasElement} */ (canvas).width);
  check('the grid has eleven columns', gridWidth === 11 * 30 - 2, gridWidth);

  const file = page.locator('#file');
  await file.setInputFiles({
    name: 'holiday.safetensors',
    mimeType: '',
    buffer: Buffer.from('no weights at all, but long enough'),
  });
  const alert = page.getByRole('alert').first();
  await alert.waitFor();
  check(
    'a wrong file gets a sentence and a way on',
    /holiday/.test((await alert.textContent()) ?? '') && (await alert.locator('button').count()) > 1,
    await alert.textContent(),
  );
  await file.setInputFiles({ name: 'mine.safetensors', mimeType: '', buffer: readFileSync(weights) });
  await page.getByText('mine.safetensors is loaded').waitFor();
  check('a weights file is loaded and shown', (await page.locator('#network').inputValue()) === 'mine');

  const keras = join(mkdtempSync(join(tmpdir(), 'capsnet-playground-')), 'keras.h5');
  const exported = await run(
    process.execPath,
    [join(root, 'apps', 'cli', 'bin', 'capsnet.js'), 'weights', 'export', weights, '-o', keras],
    { quiet: true },
  );
  check('weights are exported for Keras', exported.code === 0, exported.code === 0 ? '' : exported.output);
  const lengthsOf = () => page.locator('.verdict').first().textContent();
  const own = await lengthsOf();
  await file.setInputFiles(keras);
  await page.getByText('keras.h5 is loaded').waitFor();
  check(
    'a Keras file is loaded, and reads the picture the same',
    (await lengthsOf()) === own,
    await lengthsOf(),
  );
  await file.setInputFiles({
    name: 'cut.h5',
    mimeType: '',
    buffer: readFileSync(keras).subarray(0, 3000),
  });
  await page.getByText('cut is a damaged HDF5 file').waitFor();
  check('a damaged Keras file is told', true);
  rmSync(dirname(keras), { recursive: true });

  for (const [width, scheme] of /** @type {const} */ ([
    [1280, 'light'],
    [1280, 'dark'],
    [390, 'light'],
    [390, 'dark'],
  ])) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: scheme });
    for (const view of ['Explore', 'Two digits', 'Train']) {
      await page.getByRole('button', { name: view, exact: true }).click();
      await page.waitForTimeout(200);
      await page.evaluate(axe.source);
      const bad = await page.evaluate(async () => {
        const { violations } = await /** @type {any} */ (globalThis).axe.run();
        return violations
          .filter((/** @type {any} */ each) => ['serious', 'critical'].includes(each.impact))
          .map((/** @type {any} */ each) => `${each.id}: ${each.nodes[0].target}`);
      });
      check(`axe: ${view}, ${width} px, ${scheme}`, bad.length === 0, bad.join('; '));
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      check(`nothing sticks out: ${view}, ${width} px, ${scheme}`, wide <= 0, wide);
      const pictures = process.env.PLAYGROUND_PICTURES;
      if (pictures)
        await page.screenshot({ path: join(pictures, `${view}-${width}-${scheme}.png`), fullPage: true });
    }
  }

  await page.locator('#train-data').selectOption('2000');
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  const step = page.locator('.figures dd').first();
  const loss = page.locator('.figures dd').nth(1);
  await page.waitForFunction(() => Number(document.querySelector('.figures dd')?.textContent) >= 1, null, {
    timeout: 60_000,
  });
  const early = Number(await loss.textContent());
  await page.waitForFunction(() => Number(document.querySelector('.figures dd')?.textContent) >= 50, null, {
    timeout: 120_000,
  });
  await page.getByRole('button', { name: 'Pause' }).click();
  const last = Number(await loss.textContent());
  check('50 steps of training lower the loss', last < early, `${early} -> ${last}`);
  await page.waitForTimeout(300);
  const paused = await step.textContent();
  await page.waitForTimeout(600);
  check('a pause holds', (await step.textContent()) === paused);
  await page.getByRole('button', { name: 'Look inside' }).click();
  await page.waitForTimeout(600);
  check(
    'the network in training can be looked into',
    (await page.locator('#network').inputValue()) === 'trained here',
  );
} catch (error) {
  check('the browser test came to its end', false, error instanceof Error ? error.message : error);
} finally {
  await browser.close();
  shared.close();
  plain.close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
