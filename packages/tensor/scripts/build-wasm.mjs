// Builds the kernels: one source, three modules. `engine` (threads), `engine-relaxed` (threads and relaxed SIMD) and
// `engine-single` (for browsers without cross-origin isolation, where memory cannot be shared).
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const threads = ['--sharedMemory', '--maximumMemory', '65536', '--enable', 'threads'];
const builds = {
  engine: threads,
  'engine-relaxed': [...threads, '--enable', 'relaxed-simd'],
  'engine-single': ['--disable', 'threads'],
};

mkdirSync(join(root, 'wasm'), { recursive: true });
for (const [name, flags] of Object.entries(builds)) {
  const { error, stderr } = await asc.main([
    'assembly/engine.ts',
    '--baseDir',
    root,
    '--outFile',
    `wasm/${name}.wasm`,
    '-O3',
    '--runtime',
    'stub',
    '--noAssert',
    '--enable',
    'simd',
    '--disableWarning',
    '112',
    // The first 4 KiB are the control words; static data comes after them, below the counters of shares.ts (32 KiB) and the arenas (64 KiB).
    '--importMemory',
    '--initialMemory',
    '2',
    '--memoryBase',
    '4096',
    ...flags,
  ]);
  if (error) {
    process.stderr.write(`${stderr.toString()}\nbuild-wasm: ${name}: ${error.message}\n`);
    process.exit(1);
  }
}
