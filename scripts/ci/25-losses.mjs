// The same work as other libraries do: the first losses of both models on hashed weights and images, as PyTorch and others compute them, on every
// backend.
// needs: chromium
// runs beside others: drivers in software, and plain loops on one core.
import { jsonLines } from '../lib/events.mjs';
import { run } from '../lib/process.mjs';
import { vulkanEnvironment } from '../lib/software-vulkan.mjs';

const expected = {
  'efficient-capsnet': [0.62978, 0.52775, 0.44821, 0.38657],
  'original-capsnet': [0.61638, 1.55068, 0.86746, 0.47274],
};
const tolerance = 1e-4;
// Two losses have been through every derivative and an update: enough where steps are slow. A step of the large model takes two minutes on a
// software adapter; its later losses there are for `node scripts/lib/losses.mjs original-capsnet 4 gpu:webgpu`.
const runs = /** @type {const} */ ([
  ['efficient-capsnet', 4, 'wasm'],
  ['efficient-capsnet', 4, 'reference'],
  ['efficient-capsnet', 2, 'gpu:webgpu'],
  ['original-capsnet', 4, 'wasm'],
  ['original-capsnet', 2, 'reference'],
  ['original-capsnet', 1, 'gpu:webgpu'],
]);
const env = vulkanEnvironment();
let passed = 0;
let failed = 0;

/** @param {boolean} good @param {string} what */
const check = (good, what) => {
  if (good) passed += 1;
  else failed += 1;
  console.log(`${good ? 'passed' : 'FAILED'}: ${what}`);
};

/** @param {(typeof runs)[number]} each */
const start = ([model, steps, backend]) =>
  run(process.execPath, ['scripts/lib/losses.mjs', model, String(steps), backend], { quiet: true, env });

// The reference backend takes one core for minutes: it runs beside all others.
const slow = runs.map((each) => (each[2] === 'reference' ? start(each) : undefined));
const judge = async (
  /** @type {(typeof runs)[number]} */ each,
  /** @type {ReturnType<typeof start>} */ running,
) => {
  const [model, steps, backend] = each;
  const { code, output } = await running;
  const result = jsonLines(output).at(-1);
  if (code !== 0 || result === undefined) {
    check(false, `${model} on ${backend} ended with exit code ${code}\n${output.slice(-2000)}`);
    return;
  }
  const distances = expected[model].slice(0, steps).map((loss, k) => Math.abs(result.losses[k] - loss));
  const worst = distances.includes(NaN) ? NaN : Math.max(...distances);
  check(
    result.losses.length === steps && worst <= tolerance,
    `${steps} losses of ${model} on ${result.description} within ${worst.toExponential(1)} (allowed ${tolerance}), ${Math.round(result.seconds)} s`,
  );
};
for (const each of runs) if (each[2] !== 'reference') await judge(each, start(each));
for (const [index, each] of runs.entries()) {
  const running = slow[index];
  if (running) await judge(each, running);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
