// needs: chromium
// The reports in a real browser, opened from disk as a person opens them: report.html of a run, and the page of capsnet test.
// runs beside others: a browser on one core, for most of its time.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { decode } from 'fast-png';
import { chromium } from 'playwright-core';
import { root, run } from '../lib/process.mjs';
import { setup } from '../lib/setup.mjs';

await setup();
const work = mkdtempSync(join(tmpdir(), 'capsnet-reports-'));
const pictures = join(root, '.reports', 'reports');
mkdirSync(pictures, { recursive: true });

let passed = 0;
let failed = 0;
/** @param {string} what @param {boolean} ok @param {unknown} [found] */
function check(what, ok, found = '') {
  if (ok) passed += 1;
  else failed += 1;
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${what} ${String(found)}`);
}

/** @param {string[]} args */
async function capsnet(...args) {
  const binary = join(root, 'apps', 'cli', 'bin', 'capsnet.js');
  const { code, output } = await run(process.execPath, [binary, ...args], { quiet: true });
  if (code !== 0) throw new Error(`capsnet ${args[0] ?? ''} ended with ${code}: ${output}`);
}

/** Pixels of a screenshot that are near a colour. @param {Uint8Array} png @param {readonly number[]} colour */
function pixelsOf(png, colour) {
  const { data, width, height, channels } = decode(png);
  let count = 0;
  for (let pixel = 0; pixel < width * height; pixel++) {
    const near = colour.every((level, k) => Math.abs(level - (data[pixel * channels + k] ?? 0)) < 24);
    if (near) count += 1;
  }
  return count;
}

/**
 * Whether a screenshot shows a picture of `side` pixels with every pixel a whole square: along a row the colour changes only where squares end, which is
 * always at the same place within a square, wherever on the page the picture stands. Smoothing changes it everywhere.
 * @param {Uint8Array} shot @param {number} side
 */
function isCrisp(shot, side) {
  const { data, width, height, channels } = decode(shot);
  const scale = Math.round(width / side);
  const places = new Set();
  let changes = 0;
  // Corners are rounded off.
  for (let y = 8; y < height - 8; y++) {
    for (let x = 8; x < width - 8; x++) {
      const at = (y * width + x) * channels;
      if (data[at] === data[at - channels]) continue;
      changes += 1;
      places.add(x % scale);
    }
  }
  return scale >= 2 && changes > 100 && places.size === 1;
}

/**
 * Opens a file, and notes what it asks the network for and what it complains of.
 * @param {import('playwright-core').Browser} browser @param {string} file @param {number} width @param {'light' | 'dark'} scheme
 */
async function open(browser, file, width, scheme) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme });
  const page = await context.newPage();
  /** @type {string[]} */
  const complaints = [];
  /** @type {string[]} */
  const requests = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => requests.push(request.url()));
  const url = pathToFileURL(file).href;
  await page.goto(url);
  await page.waitForFunction(() => document.documentElement.dataset['wired'] !== undefined);
  return { page, complaints, asked: () => requests.filter((one) => one !== url && !one.startsWith('data:')) };
}

/** Curves: drawn in their colours; values under the pointer and by the keys. @param {import('playwright-core').Page} page */
async function checkCurves(page, /** @type {string} */ where) {
  const charts = page.locator('[data-chart]');
  check(`${where}: six charts`, (await charts.count()) === 6, await charts.count());
  for (let index = 0; index < (await charts.count()); index++) {
    const chart = charts.nth(index);
    const title = (await chart.locator('h3').textContent()) ?? '';
    const plot = chart.locator('.plot');
    await plot.scrollIntoViewIfNeeded();
    const colours = await chart
      .locator('path')
      .evaluateAll((paths) =>
        paths.map((path) => getComputedStyle(path).stroke.match(/\d+/g)?.map(Number) ?? []),
      );
    const shot = await plot.screenshot();
    for (const colour of colours) {
      const count = pixelsOf(shot, colour);
      check(`${where}: ${title} is drawn in ${colour.join(' ')}`, count > 60, `${count} pixels`);
    }
  }
  const first = charts.first();
  const values = () => first.locator('.legend output').allTextContents();
  const resting = await values();
  const plot = first.locator('.plot');
  await plot.scrollIntoViewIfNeeded();
  const box = await plot.boundingBox();
  if (box) await page.mouse.move(box.x + 1, box.y + box.height / 2);
  const under = await values();
  const stored = await first.evaluate((figure) => {
    const { series } = JSON.parse(/** @type {HTMLElement} */ (figure).dataset['chart'] ?? '');
    return series.map((/** @type {any} */ one) => one.points[0][3]);
  });
  check(
    `${where}: the pointer shows the values of the first epoch`,
    JSON.stringify(under) === JSON.stringify([...stored, '1']) &&
      JSON.stringify(under) !== JSON.stringify(resting),
    under.join(' '),
  );
  const other = await charts.nth(1).locator('.legend .at output').textContent();
  check(`${where}: the other charts show the same epoch`, other === '1', other);
  await page.mouse.move(0, 0);
  check(`${where}: without the pointer the last values stand`, (await values()).join() === resting.join());
  await plot.focus();
  await page.keyboard.press('ArrowLeft');
  const before = (await values()).at(-1);
  check(`${where}: the keys walk along the epochs`, before === '2', before);
  await plot.blur();
}

/** Pictures: there, whole, crisp. @param {import('playwright-core').Page} page @param {string} where */
async function checkPictures(page, where) {
  const images = page.locator('img');
  const broken = await images.evaluateAll(
    (all) =>
      all.filter((one) => {
        const image = /** @type {HTMLImageElement} */ (one);
        return (
          !image.complete ||
          image.naturalWidth === 0 ||
          getComputedStyle(image).imageRendering !== 'pixelated'
        );
      }).length,
  );
  const count = await images.count();
  check(`${where}: pictures are there`, count >= 30 && broken === 0, `${count}, ${broken} broken`);
  const some = images.nth(count - 2);
  await some.scrollIntoViewIfNeeded();
  const source = (await some.getAttribute('src')) ?? '';
  const picture = Buffer.from(source.slice(source.indexOf(',') + 1), 'base64');
  check(`${where}: pictures are crisp`, isCrisp(await some.screenshot(), decode(picture).width));
  const levels = new Set(decode(picture).data).size;
  check(`${where}: something is drawn on them`, levels > 10, `${levels} levels`);
}

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  const report = join(work, 'run', 'report.html');
  const tested = join(work, 'test.html');
  const small = ['--dataset', 'digits', '--limit-train', '320', '--limit-test', '100'];
  await capsnet('train', ...small, '--epochs', '3', '--out', join(work, 'run'), '--quiet');
  const weights = join(work, 'run', 'best.safetensors');
  await capsnet('test', '--weights', weights, '--limit-test', '200', '--report', tested, '--quiet');
  for (const [name, file] of /** @type {const} */ ([
    ['run', report],
    ['test', tested],
  ])) {
    for (const [width, scheme] of /** @type {const} */ ([
      [1280, 'light'],
      [1280, 'dark'],
      [390, 'light'],
      [390, 'dark'],
    ])) {
      const where = `${name}, ${width} px, ${scheme}`;
      const { page, complaints, asked } = await open(browser, file, width, scheme);
      await page.screenshot({ path: join(pictures, `${name}-${width}-${scheme}.png`), fullPage: true });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      check(`${where}: nothing sticks out`, wide <= 0, wide);
      const ground = await page.evaluate(
        () => getComputedStyle(document.body).backgroundColor.match(/\d+/g)?.map(Number) ?? [],
      );
      check(
        `${where}: the ground is ${scheme}`,
        (ground[0] ?? 0) > 128 === (scheme === 'light'),
        ground.join(' '),
      );
      if (name === 'run') await checkCurves(page, where);
      await checkPictures(page, where);
      const cells = await page.locator('.confusion tbody td').count();
      check(`${where}: the confusion matrix has all cells`, cells === 100, cells);
      check(`${where}: no word of complaint`, complaints.length === 0, complaints.join('; '));
      check(`${where}: nothing is asked of a network`, asked().length === 0, asked().join(' '));
      // Last: the tool puts its own script into the page.
      await page.evaluate(axe.source);
      const bad = await page.evaluate(async () => {
        const { violations } = await /** @type {any} */ (globalThis).axe.run();
        return violations
          .filter((/** @type {any} */ each) => ['serious', 'critical'].includes(each.impact))
          .map(
            (/** @type {any} */ each) =>
              `${each.id}: ${each.nodes.map((/** @type {any} */ node) => node.target).join(', ')}`,
          );
      });
      check(`${where}: axe`, bad.length === 0, bad.join('; ').slice(0, 400));
      await page.context().close();
    }
  }
} catch (error) {
  check('the browser test came to its end', false, error instanceof Error ? error.message : error);
} finally {
  await browser.close();
  rmSync(work, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
