import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { dataDirectory } from './dataDirectory.js';

const home = '/home/ada';

it('takes --data-dir, then CAPSNET_DATA, then the cache', () => {
  const env = { CAPSNET_DATA: '/data', XDG_CACHE_HOME: '/cache' };
  expect(dataDirectory({ dataDir: 'here', env })).toBe(resolve('here'));
  expect(dataDirectory({ env, platform: 'linux', home })).toBe('/data');
  expect(dataDirectory({ env: { XDG_CACHE_HOME: '/cache' }, platform: 'linux', home })).toBe(
    '/cache/capsnet',
  );
});

it('follows the convention of the platform', () => {
  expect(dataDirectory({ env: {}, platform: 'linux', home })).toBe('/home/ada/.cache/capsnet');
  expect(dataDirectory({ env: { XDG_CACHE_HOME: 'relative' }, platform: 'linux', home })).toBe(
    '/home/ada/.cache/capsnet',
  );
  expect(dataDirectory({ env: {}, platform: 'darwin', home })).toBe('/home/ada/Library/Caches/capsnet');
  expect(dataDirectory({ env: { LOCALAPPDATA: 'L' }, platform: 'win32', home })).toBe(
    join('L', 'capsnet', 'Cache'),
  );
});
