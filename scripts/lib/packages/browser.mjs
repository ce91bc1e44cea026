// Pages in Chromium.
import { createServer } from 'node:http';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { chromium } from 'playwright-core';

/** @type {Record<string, string>} */
const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

/**
 * Serves a folder on a port of its own.
 * @param {string} folder @param {boolean} isolated whether pages may share memory between threads
 * @returns {Promise<{ address: string, close: () => void }>}
 */
export const serve = (folder, isolated) =>
  new Promise((resolve) => {
    const server = createServer((request, response) => {
      const path = decodeURIComponent((request.url ?? '').split('?')[0] ?? '');
      const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
      if (!file.startsWith(folder) || !existsSync(file) || !statSync(file).isFile()) {
        response.writeHead(404).end();
        return;
      }
      const isolation = isolated
        ? { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }
        : {};
      response
        .writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream', ...isolation })
        .end(readFileSync(file));
    }).listen(0, () => {
      const bound = server.address();
      const port = typeof bound === 'object' ? bound?.port : 0;
      resolve({ address: `http://localhost:${port}`, close: () => void server.close() });
    });
  });

export const launch = () => chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });

/** A page that keeps what it was told of errors. @param {import('playwright-core').Browser} browser @param {string} url */
export async function visit(browser, url) {
  const page = await browser.newPage();
  /** @type {string[]} */
  const problems = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('response', (response) => {
    if (response.status() >= 400 && !response.url().endsWith('favicon.ico'))
      problems.push(`${response.status()} ${response.url()}`);
  });
  await page.goto(url, { timeout: 60_000 });
  return { page, problems };
}

/**
 * Waits for the result of a page of `pages()`.
 * @param {import('playwright-core').Browser} browser @param {string} url
 * @returns {Promise<{ losses: number[], backend: string, problems: string[] }>}
 */
export async function trainedBy(browser, url) {
  const { page, problems } = await visit(browser, url);
  await page.waitForFunction(() => 'report' in globalThis, null, { timeout: 60_000 });
  const result = await page.evaluate(() => /** @type {any} */ (globalThis).report);
  await page.close();
  return { ...result, problems };
}

/** Waits for the page of examples/vite-app to have trained. @param {import('playwright-core').Browser} browser @param {string} url */
export async function exampleTrained(browser, url) {
  const { page, problems } = await visit(browser, url);
  await page
    .waitForFunction(
      () =>
        document.title === 'trained' || /failed/.test(document.getElementById('engine')?.textContent ?? ''),
      null,
      { timeout: 120_000 },
    )
    .catch((/** @type {unknown} */ error) => problems.push(String(error)));
  const losses = (await page.locator('#losses li').allTextContents()).map(Number);
  const backend = (await page.locator('#engine').textContent()) ?? '';
  await page.close();
  return { losses, backend, problems };
}
