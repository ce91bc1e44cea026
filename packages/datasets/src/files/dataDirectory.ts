/** Where data sets live: what the user says, else what the environment says, else the platform's cache folder. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where to look for data sets, first the user's word, then the environment, then the platform's cache folder. */
export interface DataDirectoryOptions {
  /** The value of `--data-dir`. */
  readonly dataDir?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly platform?: string;
  readonly home?: string;
}

/**
 * The folder of the data sets: `dataDir`, else CAPSNET_DATA, else the user's cache: `$XDG_CACHE_HOME/capsnet` or `~/.cache/capsnet`
 * (XDG base directory specification), `~/Library/Caches/capsnet` on macOS, `%LOCALAPPDATA%\capsnet\Cache` on Windows.
 */
export function dataDirectory(options: DataDirectoryOptions = {}): string {
  const { dataDir, env = process.env, platform = process.platform, home = homedir() } = options;
  if (dataDir) return resolve(dataDir);
  if (env.CAPSNET_DATA) return resolve(env.CAPSNET_DATA);
  if (platform === 'win32')
    return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'capsnet', 'Cache');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'capsnet');
  // The specification: a relative XDG_CACHE_HOME is invalid and must be ignored.
  const cache = env.XDG_CACHE_HOME?.startsWith('/') ? env.XDG_CACHE_HOME : join(home, '.cache');
  return join(cache, 'capsnet');
}

/**
 * Where the files of a data set are looked for, in this order: what the user or CAPSNET_DATA says, alone; else the cache folder, then the data
 * that the system's packages bring (`datasets` in each of `$XDG_DATA_DIRS`, `/usr/share/datasets` for Debian's dataset-fashion-mnist).
 */
export function dataDirectories(options: DataDirectoryOptions = {}): string[] {
  const { dataDir, env = process.env, platform = process.platform } = options;
  const first = dataDirectory(options);
  if (dataDir || env.CAPSNET_DATA || platform === 'win32') return [first];
  const shared = (env.XDG_DATA_DIRS || '/usr/local/share:/usr/share')
    .split(':')
    .filter((folder) => folder.startsWith('/'));
  return [first, ...shared.map((folder) => join(folder, 'datasets'))];
}
