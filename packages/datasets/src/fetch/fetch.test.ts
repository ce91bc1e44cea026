import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  mkdirSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { DataError } from '../errors.js';
import { norbFileName } from '../files/norb.js';
import { remoteDatasets, type RemoteDataset } from './catalogue.js';
import { proxyFor } from './download.js';
import { fetchDataset, type FetchEvent } from './fetch.js';

const content = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, at) => (at * 7919) % 251));
const sha256 = createHash('sha256').update(content).digest('hex');
const base = mkdtempSync(join(tmpdir(), 'capsnet-fetch-'));

/** What a request is answered with; by the folder of its address. */
const behaviours: Record<string, (request: IncomingMessage, response: ServerResponse, from: number) => void> =
  {
    well: (_, response, from) => {
      response.writeHead(
        from ? 206 : 200,
        from ? { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` } : {},
      );
      response.end(content.subarray(from));
    },
    /** A third of what is asked for, then the line is cut. */
    cuts: (_, response, from) => {
      const to = Math.min(content.length, from + 70_000);
      response.writeHead(from ? 206 : 200, {
        'content-length': content.length - from,
        ...(from ? { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` } : {}),
      });
      response.write(content.subarray(from, to), () =>
        to === content.length ? response.end() : response.destroy(),
      );
    },
    /** As `cuts`, and knows no ranges. */
    forgets: (request, response) => {
      const asked = (seen.get('forgets') ?? 0) > 1;
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, asked ? content.length : 70_000), () =>
        asked ? response.end() : request.socket.destroy(),
      );
    },
    lies: (_, response) => void response.end(Buffer.alloc(content.length, 7)),
    large: (_, response) => void response.end(Buffer.alloc(2 * content.length)),
    slow: (_, response) => {
      let at = 0;
      const drip = (): void => {
        if (at >= content.length) return void response.end();
        response.write(content.subarray(at, (at += 40_000)));
        setTimeout(drip, 60);
      };
      drip();
    },
    silent: (_, response) => void response.writeHead(200).write(content.subarray(0, 10)),
    missing: (_, response) => void response.writeHead(404).end('no such file'),
    busy: (_, response) => void response.writeHead(503).end(),
    moved: (_, response) => void response.writeHead(302, { location: '/well/data.bin' }).end(),
  };
const seen = new Map<string, number>();
const ranges: (string | undefined)[] = [];
let server: Server;
let address = '';
beforeAll(async () => {
  server = createServer((request, response) => {
    const [, behaviour = ''] = /^\/(\w+)\//.exec(request.url ?? '') ?? [];
    seen.set(behaviour, (seen.get(behaviour) ?? 0) + 1);
    ranges.push(request.headers.range);
    behaviours[behaviour]!(
      request,
      response,
      Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0),
    );
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  seen.clear();
  ranges.length = 0;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  rmSync(base, { recursive: true });
});

let folders = 0;
const fetchFrom = async (
  behaviourNames: readonly string[],
  directory = join(base, String(folders++)),
  silence = 5000,
) => {
  const dataset: RemoteDataset = {
    ...{ name: 'set', title: '', homepage: '', licence: '' },
    mirrors: behaviourNames.map((name) => (name.startsWith('http') ? name : `${address}/${name}/`)),
    files: [{ name: 'data.bin', bytes: content.length, sha256 }],
  };
  const events: FetchEvent[] = [];
  const result = fetchDataset(dataset, { directory, silence, onEvent: (event) => void events.push(event) });
  const error = await result.then(
    () => undefined,
    (reason: unknown) => reason as Error,
  );
  const folder = join(directory, 'set');
  const file = join(folder, 'data.bin');
  return {
    error,
    events,
    directory,
    file,
    names: existsSync(folder) ? readdirSync(folder) : [],
    read: () => readFileSync(file),
  };
};

it('fetches a file that is served well, and not again', async () => {
  const { error, read, directory, names } = await fetchFrom(['well']);
  expect(error).toBeUndefined();
  expect(read().equals(content)).toBe(true);
  expect(names).toEqual(['data.bin']);
  const again = await fetchFrom(['well'], directory);
  expect(again.events).toEqual([{ kind: 'present', file: again.file }]);
});

it('goes on where the connection was cut', async () => {
  const { error, read, names } = await fetchFrom(['cuts']);
  expect(error).toBeUndefined();
  expect(read().equals(content)).toBe(true);
  expect(names).toEqual(['data.bin']);
  expect(seen.get('cuts')).toBe(3);
  expect(ranges).toEqual([undefined, 'bytes=70000-', 'bytes=140000-']);
});

it('goes on with what an earlier run left, and begins anew where a server knows no ranges', async () => {
  const directory = join(base, String(folders++));
  mkdirSync(join(directory, 'set'), { recursive: true });
  writeFileSync(join(directory, 'set', 'data.bin.part'), content.subarray(0, 150_000));
  expect((await fetchFrom(['well'], directory)).read().equals(content)).toBe(true);
  expect(ranges).toEqual(['bytes=150000-']);
  expect((await fetchFrom(['forgets'])).read().equals(content)).toBe(true);
});

it('refuses wrong bytes and keeps nothing of them; the next mirror has the right ones', async () => {
  const alone = await fetchFrom(['lies']);
  expect(alone.error).toBeInstanceOf(DataError);
  expect(alone.error!.message).toMatch(
    /data\.bin could not be fetched.*SHA-256 differs.*By hand: get data\.bin from .* put it into/,
  );
  expect(alone.names).toEqual([]);
  const next = await fetchFrom(['lies', 'well']);
  expect([next.error, next.names]).toEqual([undefined, ['data.bin']]);
  // A part that an earlier run left may be wrong too.
  const directory = join(base, String(folders++));
  mkdirSync(join(directory, 'set'), { recursive: true });
  writeFileSync(join(directory, 'set', 'data.bin.part'), Buffer.alloc(1000, 9));
  const mended = await fetchFrom(['well', 'well'], directory);
  expect(mended.read().equals(content)).toBe(true);
});

it('refuses more bytes than the file has', async () => {
  const { error, names } = await fetchFrom(['large']);
  expect(error?.message).toMatch(/larger than the 200000 bytes/);
  expect(names.includes('data.bin')).toBe(false);
});

it('waits for a slow server, not for a silent one', async () => {
  expect((await fetchFrom(['slow'])).read().equals(content)).toBe(true);
  const { error, names } = await fetchFrom(['silent'], undefined, 300);
  expect(error?.message).toMatch(/nothing came for 1 seconds/);
  expect(names).not.toContain('data.bin');
});

it('tries the next mirror after 404, 503 and a dead address, and follows a redirection', async () => {
  // A port that nobody listens on any more.
  const other = createServer();
  await new Promise<void>((ready) => other.listen(0, '127.0.0.1', ready));
  const dead = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
  await new Promise((closed) => other.close(closed));
  const { error, read, events } = await fetchFrom(['missing', 'busy', dead, 'moved']);
  expect(error).toBeUndefined();
  expect(read().equals(content)).toBe(true);
  const reasons = events.flatMap((event) => (event.kind === 'problem' ? [event.reason] : []));
  expect(reasons).toEqual([
    expect.stringMatching(/404/),
    expect.stringMatching(/503/),
    expect.stringMatching(/refuses/),
  ]);
});

it('tells what every mirror said, and how to place files by hand', async () => {
  const { error, directory } = await fetchFrom(['missing', 'busy']);
  expect(error?.message).toMatch(/missing\/: it answered 404.*busy\/: it answered 503.*HTTPS_PROXY/);
  expect(error?.message).toContain(`put it into ${join(directory, 'set')}`);
});

it('asks a proxy when the environment names one', async () => {
  const asked: string[] = [];
  const proxy = createServer((_, response) => void response.writeHead(400).end());
  proxy.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  await new Promise<void>((ready) => proxy.listen(0, '127.0.0.1', ready));
  const { http_proxy: before, no_proxy: except } = process.env;
  process.env['http_proxy'] = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  process.env['no_proxy'] = '';
  try {
    const { error } = await fetchFrom(['http://data.example/']);
    expect(error).toBeInstanceOf(DataError);
    expect(asked[0]).toBe('data.example:80');
  } finally {
    for (const [name, value] of [
      ['http_proxy', before],
      ['no_proxy', except],
    ] as const)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    proxy.closeAllConnections();
    await new Promise((closed) => proxy.close(closed));
  }
});

it('knows the files by the names that the readers look for', () => {
  for (const { files, mirrors } of remoteDatasets) {
    expect(mirrors.length).toBeGreaterThan(1);
    for (const { sha256: sum, bytes } of files) {
      expect(sum).toMatch(/^[0-9a-f]{64}$/);
      expect(bytes).toBeGreaterThan(300);
    }
    expect(new Set(files.map(({ sha256: sum }) => sum)).size).toBe(files.length);
  }
  const norb = remoteDatasets.find(({ name }) => name === 'smallnorb')!;
  expect(norb.files.map(({ name }) => name)).toContain(`${norbFileName('train', 'dat')}.gz`);
});

it('follows the environment’s word on proxies', () => {
  const env = {
    HTTPS_PROXY: 'http://p:1',
    http_proxy: 'http://q:2',
    no_proxy: 'localhost, .inner.net,exact.org:8080',
  };
  expect(proxyFor('https://a.org/x', env)).toBe('http://p:1');
  expect(proxyFor('http://a.org/x', env)).toBe('http://q:2');
  for (const direct of ['http://localhost:3/', 'https://deep.inner.net/', 'http://exact.org:8080/'])
    expect(proxyFor(direct, env)).toBeUndefined();
  expect(proxyFor('http://exact.org/', env)).toBe('http://q:2');
  expect(proxyFor('https://a.org/', { https_proxy: '', NO_PROXY: '' })).toBeUndefined();
  expect(proxyFor('https://a.org/', { ...env, no_proxy: '*' })).toBeUndefined();
});
