/**
 * One file from one address into a partial file: it goes on where an earlier attempt ended (HTTP Range, RFC 9110, section 14), gives up on a server that falls
 * silent, and takes no more bytes than the file may have. What is in the partial file is not trusted: fetch.ts checks it.
 */
import { closeSync, existsSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import { Agent, fetch, ProxyAgent, type Dispatcher } from 'undici';

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

const dispatcherFor = (url: string): Dispatcher => {
  const proxy = proxyFor(url);
  return proxy === undefined ? new Agent() : new ProxyAgent(proxy);
};

const sizeOf = (file: string): number => (existsSync(file) ? statSync(file).size : 0);

/**
 * Downloads until `file` has as many bytes as wanted.
 *
 * @throws MirrorError for an answer that is no file, Interruption when the connection ends early
 */
export async function download(url: string, file: string, options: DownloadOptions): Promise<void> {
  const { bytes, silence, onProgress } = options;
  const have = sizeOf(file) < bytes ? sizeOf(file) : 0;
  const quiet = new AbortController();
  const timer = setTimeout(() => quiet.abort(), silence);
  const destination = openSync(file, have > 0 ? 'a' : 'w');
  let written = have;
  const dispatcher = dispatcherFor(url);
  try {
    const response = await fetch(url, {
      signal: quiet.signal,
      redirect: 'follow',
      headers: { 'accept-encoding': 'identity', ...(have > 0 ? { range: `bytes=${have}-` } : {}) },
      dispatcher,
    });
    if (response.status === 416) {
      ftruncateSync(destination, 0);
      throw new Interruption(`it cannot go on at byte ${have}`);
    }
    if (response.status !== 200 && response.status !== 206)
      throw new MirrorError(`it answered ${response.status} ${response.statusText}`.trimEnd());
    const resumes =
      response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${have}-`) === true;
    if (!resumes && have > 0) {
      // The whole file again, or another part than was asked for.
      ftruncateSync(destination, 0);
      written = 0;
      if (response.status === 206) throw new Interruption('it sent another part than was asked for');
    }
    if (!response.body) throw new MirrorError('its answer is empty');
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
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
    if (error instanceof MirrorError || error instanceof Interruption) throw error;
    if (quiet.signal.aborted) throw new Interruption(`nothing came for ${Math.ceil(silence / 1000)} seconds`);
    throw connectionError(error, written > have);
  } finally {
    clearTimeout(timer);
    closeSync(destination);
    await dispatcher.destroy();
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
