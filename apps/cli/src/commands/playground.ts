/**
 * `capsnet playground`: serves the built page of `apps/playground` to this machine, and opens it. A page that is cross-origin isolated may share memory
 * between threads, so the two headers for that are sent with every file.
 */
import open from 'open';
import sirv from 'sirv';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FailedRun, UserError, systemReason } from '../errors.js';
import { createConsole } from '../output/console.js';

export interface PlaygroundFlags {
  readonly port: number;
  readonly host: string;
  readonly open: boolean;
}

/** https://developer.mozilla.org/docs/Web/API/Window/crossOriginIsolated */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
} as const;

/** The folder of the built page. */
function pageFolder(): string {
  const folder = join(
    dirname(fileURLToPath(import.meta.resolve('@capsnet/playground/package.json'))),
    'dist',
  );
  if (existsSync(join(folder, 'index.html'))) return folder;
  throw new FailedRun('the page is not built yet. Run `npm run build` in the root of the repository first.');
}

/**
 * Serves a folder, isolated.
 *
 * @param port 0 for any that is free
 * @throws UserError when the port or the host cannot be had
 */
export function serveIsolated(folder: string, port: number, host: string): Promise<Server> {
  const files = sirv(folder, {
    etag: true,
    setHeaders: (response) => {
      for (const [name, value] of Object.entries(isolation)) response.setHeader(name, value);
    },
  });
  const server = createServer((request, response) =>
    files(request, response, () => {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('not found');
    }),
  );
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === 'EADDRINUSE'
          ? `port ${port} is taken by another program. Give another one with --port, or 0 for any that is free.`
          : `cannot listen on ${host}:${port}: ${systemReason(error) ?? error.message}. Give another --host or --port.`;
      reject(new UserError(reason));
    });
    server.listen(port, host, () => resolve(server));
  });
}

/** Runs the command until Ctrl-C, which is its normal end. */
export async function playground({ port, host, open: show }: PlaygroundFlags): Promise<void> {
  const console = createConsole();
  const server = await serveIsolated(pageFolder(), port, host);
  const address = server.address() as { readonly port: number };
  const shown = host.includes(':') ? `[${host}]` : host;
  const url = `http://${shown}:${address.port}/`;
  console.result(`${url}\n`);
  console.note('the playground is served there until Ctrl-C');
  if (show) {
    const browser = await open(url).catch(() => undefined);
    browser?.once('error', () => console.note('no browser could be opened: open the address by hand'));
    if (!browser) console.note('no browser could be opened: open the address by hand');
  }
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  server.close();
  server.closeAllConnections();
}
