// WebGPU in Node needs Vulkan. Where a machine has none, Chromium's package brings a driver that computes on the processor (SwiftShader)
// and a loader: with them the gpu:webgpu backend can be checked anywhere. A driver of the system is never put aside.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const chromiumFolders = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];
const driverFolders = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];
const libraryFolders = ['/usr/lib', '/usr/lib64', '/usr/local/lib'].flatMap((folder) => [
  folder,
  ...['x86_64-linux-gnu', 'aarch64-linux-gnu'].map((triple) => join(folder, triple)),
]);

const hasDriver = () => driverFolders.some((folder) => existsSync(folder) && readdirSync(folder).length > 0);
const hasLoader = () => libraryFolders.some((folder) => existsSync(join(folder, 'libvulkan.so.1')));

/**
 * The environment for a program that uses WebGPU: this process's, with Chromium's software driver where Vulkan or a driver is missing.
 *
 * @returns {NodeJS.ProcessEnv}
 */
export function vulkanEnvironment() {
  const { env } = process;
  if (process.platform !== 'linux' || env.VK_ICD_FILENAMES || env.VK_DRIVER_FILES) return env;
  const folder = chromiumFolders.find((each) => existsSync(join(each, 'vk_swiftshader_icd.json')));
  if (folder === undefined) return env;
  const paths = env.LD_LIBRARY_PATH ? [env.LD_LIBRARY_PATH] : [];
  return {
    ...env,
    ...(hasDriver() ? {} : { VK_ICD_FILENAMES: join(folder, 'vk_swiftshader_icd.json') }),
    ...(hasLoader() ? {} : { LD_LIBRARY_PATH: [...paths, folder].join(':') }),
  };
}
