// A page for a real browser: a bundle of what `npm run build` made, small as a publisher would have it, and a server for it.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import * as esbuild from 'esbuild';
import { chromium } from 'playwright-core';
import { root } from './process.mjs';

/** @type {Record<string, string>} */
const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/**
 * Bundles and minifies a program for browsers as `page.js`. Packages of the workspace are taken as they are published, from `dist`.
 * @param {string} text source of the program; absolute paths may be imported
 * @param {string} folder where the files go
 */
export async function bundle(text, folder) {
  await esbuild.build({
    stdin: { contents: text, resolveDir: root, sourcefile: 'page.js' },
    outdir: folder,
    entryNames: 'page',
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'error',
  });
}

/**
 * Serves folders under names; `/` is an empty page that loads `page.js`.
 * @param {Readonly<Record<string, string>>} folders
 * @returns {Promise<{ address: string, close: () => void }>}
 */
export const serve = (folders) =>
  new Promise((resolve) => {
    const server = createServer((request, response) => {
      const path = decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/');
      if (path === '/') {
        response.writeHead(200, { 'Content-Type': 'text/html' });
        response.end('<!doctype html><title>check</title><script type="module" src="page/page.js"></script>');
        return;
      }
      const [, name = '', ...rest] = path.split('/');
      const folder = folders[name];
      const file = folder === undefined ? '' : normalize(join(folder, ...rest));
      if (
        folder === undefined ||
        !file.startsWith(folder + sep) ||
        !existsSync(file) ||
        !statSync(file).isFile()
      ) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream' });
      createReadStream(file).pipe(response);
    }).listen(0, () => {
      const place = server.address();
      const port = typeof place === 'object' ? place?.port : '';
      resolve({ address: `http://localhost:${port}/`, close: () => server.close() });
    });
  });

/** Debian's chromium with graphics computed by the processor (SwiftShader), for WebGL and WebGPU alike. */
export const softwareBrowser = () =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader',
      '--enable-unsafe-webgpu',
      '--use-webgpu-adapter=swiftshader',
      '--enable-features=Vulkan',
    ],
  });
