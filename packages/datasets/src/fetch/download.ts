/**
 * One file from one address into a partial file: it goes on where an earlier attempt ended (HTTP Range, RFC 9110, section 14), gives up on a server that falls
 * silent, and takes no more bytes than the file may have. What is in the partial file is not trusted: fetch.ts checks it.
 */
import { closeSync, existsSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import type { Dispatcher } from 'undici';
import { DataError } from '../errors.js';

export interface DownloadOptions {
  /** Bytes of the whole file. */
  readonly bytes: number;
  /** Milliseconds without a byte after which the connection is given up. */
  readonly silence: number;
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** The server answered that it does not have the file, or nothing that helps: another mirror may. */
export class MirrorError extends Error {
  override readonly name = 'MirrorError';
}
/** The connection broke, or fell silent: the same server may go on. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for an address: HTTPS_PROXY or HTTP_PROXY by its scheme, in small letters or capitals, unless NO_PROXY names its host, a domain above it, or `*`.
 */
export function proxyFor(url: string, env: Environment = process.env): string | undefined {
  const { protocol, hostname, port } = new URL(url);
  const said = (name: string): string | undefined => env[name] ?? env[name.toUpperCase()];
  const spared = (said('no_proxy') ?? '').split(/[\s,]+/).some((entry) => {
    const [host = '', only] = entry.replace(/^\*?\.(?=.)/, '').split(':');
    const covers = host === '*' || (host !== '' && (hostname === host || hostname.endsWith(`.${host}`)));
    return covers && (only === undefined || only === port);
  });
  return spared ? undefined : said(protocol === 'https:' ? 'https_proxy' : 'http_proxy') || undefined;
}

/** Loaded by the first download: it is a hundred files, which nobody who fetches nothing should wait for. */
const http = () => import('undici');

/**
 * The way to an address: direct, or by a proxy. A proxy is asked for http addresses as such (RFC 9112, section 3.2.2), and for a tunnel to https ones: many refuse
 * tunnels to port 80.
 */
async function dispatcherFor(url: string): Promise<Dispatcher> {
  const { Agent, ProxyAgent } = await http();
  const proxy = proxyFor(url);
  if (proxy === undefined) return new Agent();
  // As curl has it, a proxy without a scheme is an http one.
  const uri = /^[a-z][a-z\d+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
  if (!/^https?:/i.test(uri) || !URL.canParse(uri))
    throw new DataError(
      `"${proxy}", the proxy that the environment names for ${url}, is not one that can be used: set HTTPS_PROXY and HTTP_PROXY to http://HOST:PORT, or empty them.`,
    );
  return new ProxyAgent({ uri, proxyTunnel: false });
}

const sizeOf = (file: string): number => (existsSync(file) ? statSync(file).size : 0);

/** Redirections that are followed. */
const mostHops = 5;

interface Answer extends Pick<Dispatcher.ResponseData, 'statusCode' | 'headers' | 'body'> {
  readonly dispatcher: Dispatcher;
}

/** The answer of an address, or of the one that it sends to, each by the proxy that is said for it. The body is as it was sent, not unpacked. */
async function ask(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Answer> {
  for (let hop = 0, address = url; ; hop++) {
    const dispatcher = await dispatcherFor(address);
    try {
      const { request } = await http();
      const { statusCode, headers: answered, body } = await request(address, { headers, signal, dispatcher });
      // Whoever reads is told; nobody reads the page of an error.
      body.on('error', () => undefined);
      const location = answered['location'];
      if (statusCode < 300 || statusCode > 399 || typeof location !== 'string')
        return { statusCode, headers: answered, body, dispatcher };
      if (hop === mostHops) throw new MirrorError('it sends from one address to the next without an end');
      if (!URL.canParse(location, address) || !/^https?:$/.test(new URL(location, address).protocol))
        throw new MirrorError(`it sends to "${location}", which is no address of the web`);
      address = new URL(location, address).href;
    } catch (error) {
      await dispatcher.destroy();
      throw error;
    }
    await dispatcher.destroy();
  }
}

/**
 * Downloads until `file` has as many bytes as wanted.
 *
 * @throws MirrorError for an answer that is not the file, Interruption when the connection ends early, DataError for a proxy that is none
 */
export async function download(url: string, file: string, options: DownloadOptions): Promise<void> {
  const { bytes, silence, onProgress } = options;
  const have = sizeOf(file) < bytes ? sizeOf(file) : 0;
  const quiet = new AbortController();
  const timer = setTimeout(() => quiet.abort(), silence);
  const destination = openSync(file, have > 0 ? 'a' : 'w');
  let written = have;
  let answer: Answer | undefined;
  try {
    const wanted = have > 0 ? { range: `bytes=${have}-` } : {};
    answer = await ask(url, { 'accept-encoding': 'identity', ...wanted }, quiet.signal);
    const { statusCode, headers, body } = answer;
    if (statusCode === 416) {
      ftruncateSync(destination, 0);
      throw new Interruption(`it cannot go on at byte ${have}`);
    }
    if (statusCode !== 200 && statusCode !== 206)
      throw new MirrorError(`it answered ${statusCode} ${STATUS_CODES[statusCode] ?? ''}`.trimEnd());
    const resumes = statusCode === 206 && String(headers['content-range']).startsWith(`bytes ${have}-`);
    const length = (resumes ? have : 0) + Number(headers['content-length'] ?? NaN);
    // A page of a hotel's network, say. What is here already stays.
    if (length !== bytes && !Number.isNaN(length) && (statusCode === 200 || resumes))
      throw new MirrorError(`its file has ${length} bytes, not the ${bytes} bytes that it should have`);
    if (!resumes && have > 0) {
      // The whole file again, or another part than was asked for.
      ftruncateSync(destination, 0);
      written = 0;
      if (statusCode === 206) throw new Interruption('it sent another part than was asked for');
    }
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      timer.refresh();
      written += chunk.length;
      if (written > bytes) {
        ftruncateSync(destination, 0);
        throw new MirrorError(`its file is larger than the ${bytes} bytes that it should have`);
      }
      writeSync(destination, chunk);
      onProgress?.(written);
    }
  } catch (error) {
    if ([MirrorError, Interruption, DataError].some((known) => error instanceof known)) throw error;
    if (quiet.signal.aborted) throw new Interruption(`nothing came for ${Math.ceil(silence / 1000)} seconds`);
    throw connectionError(error, written > have);
  } finally {
    clearTimeout(timer);
    closeSync(destination);
    await answer?.dispatcher.destroy();
  }
  if (written < bytes) throw new Interruption(`it ended after ${written} of ${bytes} bytes`);
}

/** A connection that never came about leaves nothing to go on with; one that broke does. */
function connectionError(error: unknown, began: boolean): Error {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  const reasons: Readonly<Record<string, string>> = {
    ENOTFOUND: 'its name cannot be resolved',
    EAI_AGAIN: 'its name cannot be resolved',
    ECONNREFUSED: 'it refuses the connection',
    ETIMEDOUT: 'it does not answer',
    UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
    ENETUNREACH: 'the network cannot be reached',
  };
  const reason = reasons[code];
  if (reason !== undefined && !began) return new MirrorError(reason);
  // Of the file system, or a defect of ours: not for another mirror to mend.
  if (cause instanceof Error && 'syscall' in cause && /^(write|open|ftruncate)$/.test(String(cause.syscall)))
    return cause;
  return new Interruption(`the connection broke (${code})`);
}
