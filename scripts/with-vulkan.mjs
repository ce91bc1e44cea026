// `node scripts/with-vulkan.mjs FILE ARGUMENTS`: runs a program of ours where WebGPU finds a driver, the machine's own or Chromium's (see lib/software-vulkan.mjs).
import { run } from './lib/process.mjs';
import { vulkanEnvironment } from './lib/software-vulkan.mjs';

const { code } = await run(process.execPath, process.argv.slice(2), { env: vulkanEnvironment() });
process.exit(code);
