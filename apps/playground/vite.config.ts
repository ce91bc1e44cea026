import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultClientConditions, defineConfig, type Plugin } from 'vite';
import { weightsIndex } from './scripts/weights-index.mjs';

const root = fileURLToPath(new URL('.', import.meta.url));
const weightsFolder = join(root, '..', '..', 'weights');

/** Weights that the page carries: it is a package that everybody who takes the command installs. Others are dropped on it as files. */
const carried = ['efficient-capsnet-digits.safetensors'];

/** Those as files of the page: `weights/index.json` lists them, `weights/<name>.safetensors` are they. */
function shippedWeights(): Plugin {
  const files = (): string[] => carried.filter((name) => existsSync(join(weightsFolder, name)));
  const index = (): string => JSON.stringify(weightsIndex(weightsFolder, files()));
  return {
    name: 'shipped-weights',
    generateBundle() {
      for (const name of files())
        this.emitFile({
          type: 'asset',
          fileName: `weights/${name}`,
          source: readFileSync(join(weightsFolder, name)),
        });
      this.emitFile({ type: 'asset', fileName: 'weights/index.json', source: index() });
    },
    configureServer(server) {
      server.middlewares.use('/weights/', (request, response, next) => {
        const name = decodeURIComponent((request.url ?? '').split('?')[0]!.slice(1));
        if (name === 'index.json') {
          response.setHeader('Content-Type', 'application/json');
          response.end(index());
        } else if (files().includes(name)) {
          response.setHeader('Content-Type', 'application/octet-stream');
          response.setHeader('Content-Length', statSync(join(weightsFolder, name)).size);
          createReadStream(join(weightsFolder, name)).pipe(response);
        } else next();
      });
    },
  };
}

/** What makes a page cross-origin isolated, so that it may share memory between threads. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default defineConfig({
  root,
  // Relative addresses: the built page works under any path.
  base: './',
  resolve: { conditions: ['@capsnet/source', ...defaultClientConditions] },
  plugins: [shippedWeights()],
  worker: { format: 'es' },
  build: { target: 'es2022', modulePreload: { polyfill: false }, reportCompressedSize: true },
  server: { headers: isolation },
  preview: { headers: isolation },
});
