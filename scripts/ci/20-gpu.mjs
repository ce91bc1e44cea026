// The gpu backend in the modes that run in Node: every case of the golden folder (CAPSNET_SHARED/golden), and 20 steps of the full
// Efficient-CapsNet whose losses must follow the wasm backend. WebGPU runs on the machine's own driver, or on Chromium's.
// needs: chromium
// runs beside others: drivers in software, which compile on one core for most of the time.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jsonLines } from '../lib/events.mjs';
import { root, run } from '../lib/process.mjs';
import { vulkanEnvironment } from '../lib/software-vulkan.mjs';

const env = vulkanEnvironment();
const modes = ['cpu', 'webasm', 'webgpu'];
const closeness = 1e-3;
let passed = 0;
let failed = 0;

/** @param {boolean} good @param {string} what */
const check = (good, what) => {
  if (good) passed += 1;
  else failed += 1;
  console.log(`${good ? 'passed' : 'FAILED'}: ${what}`);
};

const golden = join(process.env.CAPSNET_SHARED ?? '', 'golden');
if (process.env.CAPSNET_SHARED === undefined || !existsSync(join(golden, 'index.json'))) {
  console.log('golden cases skipped: no golden folder (CAPSNET_SHARED is unset or has none)');
} else {
  for (const mode of modes) {
    const args = ['apps/cli/bin/conformance.js', '--golden', golden, '--backend', `gpu:${mode}`, '--json'];
    const { code, output } = await run(process.execPath, args, { quiet: true, env });
    const events = jsonLines(output);
    for (const { case: name, op, error, tolerance, message } of events.filter((each) => each.ok === false))
      console.log(`gpu:${mode}: ${name} (${op}): error ${error}, tolerance ${tolerance} ${message ?? ''}`);
    const done = events.find((event) => event.event === 'done');
    if (done === undefined) {
      check(false, `gpu:${mode} ended with exit code ${code} and no result\n${output.slice(-2000)}`);
      continue;
    }
    passed += done.passed;
    failed += done.failed;
    console.log(`gpu:${mode}: ${done.passed} passed, ${done.failed} failed in ${done.seconds} s`);
    check(code === 0 && done.unsupported === 0, `gpu:${mode} knows every case, exit code ${code}`);
    check(done.backend.startsWith(`gpu (${mode}`), `what ran is "${done.backend}"`);
  }
}

// The tests of the backend itself, once more where WebGPU runs: most of them are skipped without.
const tests = await run(
  process.execPath,
  [
    ...[
      'node_modules/vitest/vitest.mjs',
      'run',
      '--config',
      join(root, 'vitest.config.ts'),
      '--root',
      'packages/tensor',
    ],
    ...['--reporter', 'json', 'src/backends/gpu/backend.test.ts'],
  ],
  { quiet: true, env },
);
const report = jsonLines(tests.output).at(-1);
passed += report?.numPassedTests ?? 0;
failed += report?.numFailedTests ?? 0;
check(
  tests.code === 0 && report?.numPendingTests === 0,
  `tests of the backend: ${report?.numPassedTests} passed, ${report?.numPendingTests} skipped, exit code ${tests.code}`,
);

const { code, output } = await run(
  process.execPath,
  ['scripts/lib/gpu-training.mjs', '20', '2', 'wasm', 'gpu:webasm', 'gpu:webgpu'],
  { quiet: true, env },
);
const [reference, ...others] = jsonLines(output);
check(
  code === 0 && others.length === 2,
  `three backends trained (exit code ${code})${code === 0 ? '' : `\n${output.slice(-2000)}`}`,
);
for (const { description, losses, seconds } of others) {
  const distances = losses.map((/** @type {number} */ loss, /** @type {number} */ k) => {
    const expected = reference.losses[k];
    return Math.abs(loss - expected) / Math.abs(expected);
  });
  const worst = distances.includes(NaN) ? NaN : Math.max(...distances);
  check(
    losses.length === 20 && worst <= closeness && losses[19] < losses[0],
    `${losses.length} losses of ${description} follow wasm within ${worst.toExponential(1)} (allowed ${closeness}), ${Math.round(seconds)} s`,
  );
}

// A driver that is reset in the middle of a training: the command says so and where the checkpoint is, and the run goes on from there, also on another backend.
const folder = mkdtempSync(join(tmpdir(), 'capsnet-lost-'));
const out = join(folder, 'run');
const small = [
  '--limit-train',
  '8',
  '--limit-test',
  '2',
  '--batch-size',
  '2',
  '--epochs',
  '1',
  '--save-every',
  '1',
];
const lost = await run(
  process.execPath,
  [
    ...[
      '--import',
      './scripts/lib/lose-device.mjs',
      'apps/cli/bin/capsnet.js',
      'train',
      '--dataset',
      'digits',
    ],
    ...[...small, '--backend', 'gpu:webgpu', '--out', out],
  ],
  { quiet: true, env: { ...env, LOSE_WHEN: join(out, 'last', 'checkpoint.safetensors') } },
);
const sentence =
  lost.output.split('\n').find((line) => line.includes('device was lost')) ?? lost.output.slice(-1000);
check(
  lost.code === 1 && sentence.includes('The last good checkpoint is') && sentence.includes('--resume'),
  `a lost device ends a training with exit code ${lost.code} and says: ${sentence}`,
);
const again = await run(
  process.execPath,
  ['apps/cli/bin/capsnet.js', 'train', '--resume', out, '--backend', 'wasm'],
  {
    quiet: true,
    env,
  },
);
check(
  again.code === 0,
  `the training goes on from there, exit code ${again.code}${again.code === 0 ? '' : again.output.slice(-1000)}`,
);
rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
