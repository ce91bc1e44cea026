// The published smallNORB weights (CAPSNET_SHARED/weights) on every backend that runs here: imported from HDF5, they must answer as the reference
// does, and be written back unchanged. Without that folder there is nothing to check, and the line says so.
// needs: chromium
// runs beside others: drivers in software, and plain loops on one core.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { jsonLines } from '../lib/events.mjs';
import { run } from '../lib/process.mjs';
import { vulkanEnvironment } from '../lib/software-vulkan.mjs';

const shared = process.env.CAPSNET_SHARED ?? '';
const weights = join(shared, 'weights', 'efficient_capsnet_SMALLNORB.h5');
const expected = join(shared, 'golden', 'official_smallnorb.safetensors');
if (shared === '' || !existsSync(weights) || !existsSync(expected)) {
  console.log('skipped: no published weights (CAPSNET_SHARED is unset or has none)\n0 passed, 0 failed');
  process.exit(0);
}

let passed = 0;
let failed = 0;
const env = vulkanEnvironment();

/** @param {string} backend */
const start = (backend) => {
  const pair = ['--official', weights, '--expected', expected];
  // All eight images on wasm; two where plain loops or a software driver would take minutes.
  const images = backend === 'wasm' ? [] : ['--first', '2'];
  const args = ['apps/cli/bin/conformance.js', ...pair, ...images, '--backend', backend, '--json'];
  return run(process.execPath, args, { quiet: true, env });
};
// The reference takes one core for a while; the others go on meanwhile.
const slow = start('reference');
for (const backend of ['wasm', 'gpu:cpu', 'gpu:webasm', 'gpu:webgpu', 'reference']) {
  const { code, output } = await (backend === 'reference' ? slow : start(backend));
  const events = jsonLines(output);
  const done = events.find((event) => event.event === 'done');
  for (const each of events.filter((event) => event.case !== undefined)) {
    const measured =
      each.error === null ? (each.message ?? '') : `error ${each.error}, allowed ${each.tolerance}`;
    console.log(`${each.ok ? 'passed' : 'FAILED'}: ${backend}: ${each.case}: ${measured}`);
  }
  if (done === undefined) {
    console.log(`FAILED: ${backend}: exit code ${code} and no result\n${output.slice(-2000)}`);
    failed += 1;
    continue;
  }
  console.log(`${backend}: ${done.backend}, ${done.seconds} s`);
  passed += done.passed;
  // What nothing computes is not checked: that is a failure here.
  failed += done.failed + done.unsupported;
  if (code !== 0 && done.failed === 0) failed += 1;
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
