// Exported networks in onnxruntime: every operation, every model of the catalogue and of own images, trained weights, the published smallNORB weights.
// runs beside others: waits for an install, and computes on one core for most of its time.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { counting } from '../lib/packages/checks.mjs';
import { root } from '../lib/process.mjs';
import { setup } from '../lib/setup.mjs';

await setup();
// What the build makes cannot be imported before it.
const { decodeSafetensors, describeModel, loadModel, modelNames } = await import('@capsnet/capsules');
const { modelToOnnx } = await import('@capsnet/capsules/onnx');
const { digits } = await import('@capsnet/datasets');
const { setBackend } = await import('@capsnet/tensor');
const { capsnet, compareModel, movedModel } = await import('../lib/onnx/models.mjs');
const { checkEdges, checkOperations, errorOf } = await import('../lib/onnx/operations.mjs');
const { provideRuntime, sessionOf } = await import('../lib/onnx/runtime.mjs');

const { check, finish } = counting();
const folder = mkdtempSync(join(tmpdir(), 'capsnet-onnx-'));
const at = (/** @type {string} */ name) => join(folder, name);

/** Every model of the catalogue, and sizes, channels and classes of own images. */
function descriptions() {
  const known = modelNames.flatMap((name) => [
    { what: name, description: describeModel(name) },
    { what: `${name} without decoder`, description: describeModel(name, { decoder: false }) },
  ]);
  const own = /** @type {const} */ ([
    ['64x64 colour', { input: [64, 64, 3], classNames: ['cat', 'dog'] }],
    ['48x80 grey', { input: [48, 80, 1], classNames: ['a', 'b', 'c'] }],
  ]).map(([what, options]) => ({
    what: `own images, ${what}`,
    description: describeModel('efficient-capsnet', /** @type {any} */ (options)),
  }));
  return [...known, ...own];
}

/** @param {string} what @param {Awaited<ReturnType<typeof compareModel>>} found */
function checkModel(what, { error, same, classes, outputs, spread }) {
  const facts = `error ${error.toExponential(1)}, same class ${same} of 100 (${classes} classes, lengths spread ${spread.toFixed(2)}), ${outputs}`;
  check(`${what}: 100 images`, error < 1e-4 && same === 100 && spread > 0.05, facts);
}

/** The published weights through import and export, against what other software computed with them. @param {any} runtime */
async function published(runtime) {
  const shared = process.env['CAPSNET_SHARED'] ?? '';
  const keras = join(shared, 'weights', 'efficient_capsnet_SMALLNORB.h5');
  const golden = join(shared, 'golden', 'official_smallnorb.safetensors');
  if (shared === '' || !existsSync(keras) || !existsSync(golden)) {
    console.log('skipped: no published weights (CAPSNET_SHARED is unset or has none)');
    return;
  }
  await capsnet('weights', 'import', keras, '-o', at('published.safetensors'));
  await capsnet('weights', 'export', at('published.safetensors'), '-o', at('published.onnx'));
  const session = await sessionOf(runtime, readFileSync(at('published.onnx')));
  const { tensors } = decodeSafetensors(new Uint8Array(readFileSync(golden)));
  const { data, shape } = /** @type {any} */ (tensors.get('input'));
  const found = await session(data, shape);
  for (const [output, name, allowed] of /** @type {const} */ ([
    ['lengths', 'lengths', 1e-4],
    ['capsules', 'caps', 1e-4],
    ['reconstruction', 'recon', 1e-3],
  ])) {
    const error = errorOf(found[output]?.data ?? [], tensors.get(name)?.data ?? []);
    check(`published smallNORB weights: ${output} as other software has it`, error < allowed, error);
  }
}

try {
  await setBackend('wasm');
  const runtime = await provideRuntime(folder);
  await checkOperations(runtime, check);
  await checkEdges(runtime, check);
  for (const { what, description } of descriptions()) {
    const moved = movedModel(description);
    const exported = await modelToOnnx(moved.model, moved.parameters, moved.state);
    checkModel(what, await compareModel(runtime, moved, exported));
  }
  const weights = 'efficient-capsnet-digits';
  const trained = loadModel(readFileSync(join(root, 'weights', `${weights}.safetensors`)));
  await capsnet('weights', 'export', weights, '--format', 'onnx', '-o', at('digits.onnx'));
  const { images } = digits({ split: 'test', count: 100 });
  const pixels = Float32Array.from(images, (value) => value / 255);
  const named = await compareModel(runtime, trained, readFileSync(at('digits.onnx')), pixels);
  checkModel('trained weights, digits', named);
  check('trained weights, digits: all ten classes answer', named.classes === 10, named.classes);
  await published(runtime);
} catch (error) {
  check('the check came to its end', false, error instanceof Error ? error.stack : error);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
finish();
