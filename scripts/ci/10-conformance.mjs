// Every case of the golden folder (CAPSNET_SHARED/golden) on every backend that runs in Node, and those of the data pipelines (golden/augment), which no
// backend computes, once; through the command that users have. Without that folder there is nothing to check, and the line says so.
// runs beside others: plain loops on one core, for most of its time.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../lib/process.mjs';

const backends = ['reference', 'wasm'];
const golden = join(process.env.CAPSNET_SHARED ?? '', 'golden');

if (process.env.CAPSNET_SHARED === undefined || !existsSync(join(golden, 'index.json'))) {
  console.log('skipped: no golden folder (CAPSNET_SHARED is unset or has none)\n0 passed, 0 failed');
  process.exit(0);
}

let passed = 0;
let failed = 0;
const runs = backends.map((backend) => ({ backend, folder: golden }));
const pipelines = join(golden, 'augment');
if (existsSync(join(pipelines, 'index.json'))) runs.push({ backend: 'reference', folder: pipelines });
for (const { backend, folder } of runs) {
  const args = ['apps/cli/bin/conformance.js', '--golden', folder, '--backend', backend, '--json'];
  const { code, output } = await run(process.execPath, args, { quiet: true });
  const events = output.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });
  const done = events.find((event) => event.event === 'done');
  for (const event of events.filter((each) => each.ok === false)) {
    console.log(
      `${backend}: ${event.case} (${event.op}): error ${event.error}, tolerance ${event.tolerance}`,
    );
  }
  if (done === undefined) {
    console.log(`${backend}: ended with exit code ${code} and no result\n${output.slice(-2000)}`);
    failed += 1;
    continue;
  }
  const unsupported = Array.isArray(done.unsupported) ? done.unsupported.length : Number(done.unsupported);
  const where = folder === golden ? backend : 'data pipelines';
  console.log(`${where}: ${done.passed} passed, ${done.failed} failed, ${unsupported} unsupported`);
  passed += done.passed;
  // No case may be unknown.
  failed += done.failed + unsupported;
  if (code !== 0 && done.failed + unsupported === 0) failed += 1;
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
