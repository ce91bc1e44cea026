// 5,000 training steps take the memory of 2,000.
import { jsonLines } from '../lib/events.mjs';
import { counting } from '../lib/packages/checks.mjs';
import { run } from '../lib/process.mjs';
import { setup } from '../lib/setup.mjs';

await setup();
const { check, finish } = counting();
// The young generation of the heap grows to 48 MB when V8 sees fit, which says nothing of the steps: it is kept small.
const command = ['--max-semi-space-size=1', 'scripts/lib/steps.mjs'];
const { code, output } = await run(process.execPath, command, { quiet: true });
const memory = jsonLines(output).at(-1);
check('5,000 steps', code === 0 && memory !== undefined, code === 0 ? '' : output.slice(-2000));
if (memory !== undefined) {
  const growth = (/** @type {number[]} */ [before = 0, after = 0]) => (after - before) / 2 ** 20;
  const mebibytes = (/** @type {number} */ size) => `${size.toFixed(2)} MiB`;
  check('WebAssembly memory does not grow', growth(memory.wasm) === 0, mebibytes(growth(memory.wasm)));
  check('the heap grows by less than 2 MiB', growth(memory.heap) < 2, mebibytes(growth(memory.heap)));
  check('the process grows by less than 16 MiB', growth(memory.rss) < 16, mebibytes(growth(memory.rss)));
}
finish();
