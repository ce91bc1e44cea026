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
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
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
    /** Does not say beforehand how much it is. */
    large: (_, response) =>
      void response.writeHead(200, { 'transfer-encoding': 'chunked' }).end(Buffer.alloc(2 * content.length)),
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
    /** What a network without access answers, whatever is asked for. */
    page: (_, response) => void response.end('<html>Please log in.</html>'),
    round: (_, response) => void response.writeHead(302, { location: '/round/data.bin' }).end(),
    /** As some servers do with files that are packed already: a reader that unpacks would have other bytes. */
    packed: (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(content),
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
  const mended = await fetchFrom(['well'], directory);
  expect([mended.error, mended.names]).toEqual([undefined, ['data.bin']]);
  expect(mended.read().equals(content)).toBe(true);
});

it('does not take the page of a network without access for a part of the file', async () => {
  const { error, names } = await fetchFrom(['page', 'round', 'missing']);
  expect(error?.message).toMatch(
    /page\/: its file has 27 bytes, not the 200000.*round\/: it sends from one address to the next/,
  );
  expect(names).toEqual([]);
  const directory = join(base, String(folders++));
  mkdirSync(join(directory, 'set'), { recursive: true });
  writeFileSync(join(directory, 'set', 'data.bin.part'), content.subarray(0, 150_000));
  ranges.length = 0;
  expect((await fetchFrom(['page', 'well'], directory)).read().equals(content)).toBe(true);
  expect(ranges).toEqual(['bytes=150000-', 'bytes=150000-']);
});

it('takes bytes as they were sent, whatever the server says of their packing', async () => {
  expect((await fetchFrom(['packed'])).read().equals(content)).toBe(true);
});

it('fetches a file again that is there with other bytes, and leaves it until the right one has come', async () => {
  const directory = join(base, String(folders++));
  const file = join(directory, 'set', 'data.bin');
  mkdirSync(join(directory, 'set'), { recursive: true });
  writeFileSync(file, content.subarray(0, 1000));
  const { error, names } = await fetchFrom(['missing'], directory);
  expect(error?.message).toMatch(/By hand: get data\.bin from/);
  expect([names, readFileSync(file).length]).toEqual([['data.bin'], 1000]);
  const { events, read } = await fetchFrom(['well'], directory);
  expect(events[0]).toEqual({ kind: 'different', file });
  expect(read().equals(content)).toBe(true);
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

describe('proxies', () => {
  const asked: string[] = [];
  let proxy: Server;
  const names = ['http_proxy', 'https_proxy', 'no_proxy'] as const;
  const before = names.map((name) => process.env[name]);
  beforeAll(async () => {
    proxy = createServer((incoming, response) => {
      asked.push(`${incoming.method} ${incoming.url}`);
      response.end(content);
    });
    proxy.on('connect', (incoming, socket) => {
      asked.push(`CONNECT ${incoming.url}`);
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    });
    await new Promise<void>((ready) => proxy.listen(0, '127.0.0.1', ready));
    const address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    // One without a scheme, as curl takes it too.
    Object.assign(process.env, { http_proxy: `http://${address}`, https_proxy: address, no_proxy: '' });
  });
  afterEach(() => void (asked.length = 0));
  afterAll(async () => {
    names.forEach((name, index) => {
      if (before[index] === undefined) delete process.env[name];
      else process.env[name] = before[index];
    });
    proxy.closeAllConnections();
    await new Promise((closed) => proxy.close(closed));
  });

  it('are asked for http addresses themselves, and for a tunnel to https ones', async () => {
    const { error, read } = await fetchFrom(['http://data.example/set/']);
    expect([error, asked]).toEqual([undefined, ['GET http://data.example/set/data.bin']]);
    expect(read().equals(content)).toBe(true);
    asked.length = 0;
    const tunnel = await fetchFrom(['https://data.example/']);
    expect(tunnel.error).toBeInstanceOf(DataError);
    expect(asked[0]).toBe('CONNECT data.example:443');
  });

  it('that are none get a sentence', async () => {
    for (const wrong of ['http://', 'socks5://127.0.0.1:1', 'not a host']) {
      process.env['http_proxy'] = wrong;
      const { error } = await fetchFrom(['http://data.example/']);
      expect(error).toBeInstanceOf(DataError);
      expect(error?.message).toContain(`"${wrong}", the proxy that the environment names`);
    }
  });
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
