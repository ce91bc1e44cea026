/** `capsnet datasets` against a server of this test, and on a machine that has no way to any other. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { remoteDatasets } from '@capsnet/datasets/node';
import { decode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { capsnet, temporaryFolder } from './cli.js';
import { writeIdx } from './idx.js';

const folder = temporaryFolder();
const asked: string[] = [];
let server: Server;
let address = '';
/** Everything but this machine is behind a proxy that refuses. */
let env: Record<string, string> = {};
beforeAll(async () => {
  server = createServer((request, response) => {
    const url = request.url ?? '';
    asked.push(url);
    if (!url.startsWith('/mirror/')) return void response.writeHead(503).end();
    // Wrong bytes, as many as there should be.
    const file = remoteDatasets[0]!.files.find(({ name }) => url.endsWith(name))!;
    response.end(Buffer.alloc(file.bytes, 7));
  });
  server.on('connect', (request, socket) => {
    asked.push(`tunnel ${request.url}`);
    socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n');
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  env = { http_proxy: address, https_proxy: address, no_proxy: '127.0.0.1' };
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  folder.remove();
});

// Processes take their time on a busy machine.
describe('capsnet datasets', { timeout: 120_000 }, () => {
  it('fetch: refuses wrong bytes, asks the next mirror by the proxy, keeps nothing, says how to place files by hand', async () => {
    const data = join(folder.path, 'fetched');
    const run = await capsnet(
      ['datasets', 'fetch', 'mnist', '--data-dir', data, '--mirror', `${address}/mirror`],
      { env },
    );
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/mirror\/train-images-idx3-ubyte\.gz: its bytes are not those of the file/);
    expect(run.stderr).toMatch(/By hand: get train-images-idx3-ubyte\.gz, .* into .*fetched\/mnist/);
    expect(run.stderr).not.toMatch(/\bat .*:\d+:\d+/);
    expect(asked[0]).toBe('/mirror/train-images-idx3-ubyte.gz');
    expect(
      asked.slice(1).every((url) => url.startsWith('tunnel ')),
      asked.join(),
    ).toBe(true);
    expect(readdirSync(join(data, 'mnist'))).toEqual([]);
  });

  it('list and info: what is here, and where the rest is to be had', async () => {
    const data = join(folder.path, 'placed');
    writeIdx(join(data, 'mnist'));
    // Under the other name in circulation.
    const labels = (name: string) => join(data, 'mnist', name);
    renameSync(labels('t10k-labels-idx1-ubyte'), labels('t10k-labels.idx1-ubyte'));
    const list = await capsnet(['datasets', 'list', '--data-dir', data, '--json']);
    const states = Object.fromEntries(list.events().map(({ name, state }) => [name, state]));
    expect(states).toEqual({
      ...{ digits: 'ready', toys: 'ready', folder: 'ready' },
      ...{ mnist: 'here', multimnist: 'here', 'fashion-mnist': 'to fetch', smallnorb: 'to fetch' },
    });
    const info = await capsnet(['datasets', 'info', 'smallnorb', '--data-dir', data]);
    expect(info.stdout).toMatch(/Licence: .*Not here\. Fetch it: capsnet datasets fetch smallnorb.*By hand/s);
    expect(info.stdout).toContain(remoteDatasets.find(({ name }) => name === 'smallnorb')!.files[0]!.sha256);
  });

  it('preview: a picture of the training images and what augmentation makes of them', async () => {
    const data = join(folder.path, 'seen');
    writeIdx(data);
    mkdirSync(join(folder.path, 'out'));
    const picture = join(folder.path, 'out', 'look.png');
    const flags = ['--data-dir', data, '--count', '12', '--augment', '-o', picture];
    const run = await capsnet(['datasets', 'preview', 'mnist', ...flags]);
    expect([run.code, run.stderr]).toEqual([0, '']);
    const { width, height } = decode(readFileSync(picture));
    expect(width).toBeGreaterThan(10 * 56);
    expect(height).toBeGreaterThan(2 * 2 * 56);
  });

  it('a mistake gets one sentence', async () => {
    const out = join(folder.path, 'none.png');
    for (const [args, sentence] of [
      [['info', 'fashion'], /there is no data set "fashion"\. Did you mean "fashion-mnist"\?/],
      [['fetch', 'mnist', '--mirror', 'files'], /--mirror wants an address of the web, not "files"/],
      [['preview', 'folder', '-o', out], /wants --data-dir DIR/],
    ] as const) {
      const run = await capsnet(['datasets', ...args]);
      expect(run.stderr).toMatch(sentence);
      expect(run.stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(run.code).toBe(2);
    }
    expect(existsSync(out)).toBe(false);
  });
});
