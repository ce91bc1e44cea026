// What the page of scripts/ci/25-gpu-browser.mjs can do. `parts` are the packages as the bundle has them: nothing is imported here, so
// that Node can run the same check of kernels on the packages as they stand in `dist`.

/** @typedef {{ kernels: number, operations: number, problems: string[] }} KernelReport */

/** WebGPU promises 8 storage buffers to a kernel, one of which is the result. */
const mostInputs = 7;

/** The kernels in a listing of a plan. @param {string} listing @returns {string[]} */
function kernelsOf(listing) {
  const sources = [...listing.matchAll(/^\d+: .*\n(function \([^]*?\n\})/gm)].map(
    ([, source]) => source ?? '',
  );
  const told = /call by call: (\d+) calls/.exec(listing)?.[1];
  if (sources.length !== Number(told))
    throw new Error(`${sources.length} kernels found, ${told} told:\n${listing}`);
  return sources;
}

/**
 * Goes through every kernel: those of every sample of every operation, and those of whole training steps.
 * @param {any} parts
 * @returns {Promise<KernelReport>}
 */
export async function checkKernels({ closed, engine, capsules, autograd }) {
  /** @type {Set<string>} */
  const sources = new Set();
  // What the kernels of a plan are does not depend on the mode that will translate them.
  const backend = await engine.createBackend('gpu:cpu');
  const operand = (/** @type {readonly number[]} */ shape, /** @type {string | undefined} */ dtype) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const type = dtype ?? 'float32';
    return engine.fromHost(type === 'int32' ? new Int32Array(size) : new Float32Array(size), shape, type);
  };
  const operations = Object.entries(engine.ops);
  for (const [name, { samples }] of operations)
    for (const { shapes, dtypes, attributes } of samples) {
      const inputs = shapes.map((/** @type {any} */ shape, /** @type {number} */ k) =>
        operand(shape, dtypes?.[k]),
      );
      const compiled = engine.compile(
        (/** @type {any[]} */ ...given) => engine.apply(name, given, attributes),
        { backend },
      );
      kernelsOf(await compiled.inspect(...inputs)).forEach((source) => sources.add(source));
      compiled.release();
    }
  for (const name of ['efficient-capsnet', 'original-capsnet']) {
    const { model, parameters, state } = capsules.hashModel(name);
    const optimizer = autograd.adam(capsules.comparedAdam);
    const step = capsules.compileTrainStep(model, optimizer, { backend });
    const listing = await step.inspect(
      parameters,
      state,
      optimizer.init(parameters),
      capsules.hashBatch(2),
      engine.scalar(5e-4),
    );
    kernelsOf(listing).forEach((source) => sources.add(source));
    step.release();
  }
  await backend.dispose();
  const problems = [...sources].flatMap((source) =>
    closed.problemsOf(source, mostInputs).map((/** @type {string} */ problem) => `${problem}:\n${source}`),
  );
  return { kernels: sources.size, operations: operations.length, problems };
}

/**
 * Arrays beyond what one row of work groups, or a small texture, can count: every element must come back.
 * @param {any} parts @param {string} request
 */
async function largeArray({ engine }, request) {
  const backend = await engine.createBackend(request);
  const size = 5_000_000;
  const numbers = Float32Array.from({ length: size }, (_, k) => k % 1021);
  const addOne = engine.compile((/** @type {any} */ x) => engine.add(x, 1), { backend });
  const result = await (await addOne(engine.fromHost(numbers, [size], 'float32'))).data();
  let wrong = 0;
  for (let k = 0; k < size; k++) if (result[k] !== (k % 1021) + 1) wrong++;
  addOne.release();
  await backend.dispose();
  return { size, wrong };
}

/**
 * Trains a little, has the device taken away, and goes on with a new backend from what was read before, as a checkpoint is.
 * @param {any} parts @param {string} request @param {() => void} lose takes the device away
 */
async function lostDevice({ engine, autograd }, request, lose) {
  const { compile, createBackend, fromHost, mul, scalar, sub, sum } = engine;
  const target = fromHost(Float32Array.of(1, -2, 3, 0.5), [4], 'float32');
  const trainer = async () => {
    const backend = await createBackend(request);
    const loss = (/** @type {any} */ w) => sum(mul(sub(w, target), sub(w, target)));
    const step = compile(
      (/** @type {any} */ w) => {
        const { value, gradient } = autograd.valueAndGrad(loss)(w);
        return { loss: value, weights: sub(w, mul(gradient, scalar(0.1))) };
      },
      { backend, donate: [0] },
    );
    return { backend, step };
  };
  /** @type {number[]} */
  const losses = [];
  let { backend, step } = await trainer();
  let weights = fromHost(new Float32Array(4), [4], 'float32');
  let checkpoint = new Float32Array(4);
  for (let k = 0; k < 3; k++) {
    const next = await step(weights);
    losses.push(await next.loss.item());
    weights = next.weights;
    checkpoint = Float32Array.from(await weights.data());
  }
  lose();
  let message = 'no error';
  let name = '';
  try {
    for (let k = 0; k < 40; k++) {
      const next = await step(weights);
      await next.loss.item();
      weights = next.weights;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } catch (error) {
    message = error instanceof Error ? error.message : String(error);
    name = error instanceof engine.DeviceLostError ? 'DeviceLostError' : 'another';
  }
  await backend.dispose().catch(() => undefined);
  ({ backend, step } = await trainer());
  weights = fromHost(checkpoint, [4], 'float32');
  for (let k = 0; k < 3; k++) {
    const next = await step(weights);
    losses.push(await next.loss.item());
    weights = next.weights;
  }
  await backend.dispose();
  return { message, name, losses };
}

/** Keeps what the page's graphics are made from, so that they can be taken away. @param {string} mode @returns {() => void} */
function holdDevice(mode) {
  /** @type {any[]} */
  const held = [];
  const page = /** @type {any} */ (globalThis);
  const watch = (
    /** @type {any} */ owner,
    /** @type {string} */ method,
    /** @type {(made: any) => any} */ keep,
  ) => {
    const original = owner[method];
    owner[method] = function (/** @type {any[]} */ ...args) {
      return keep(original.apply(this, args));
    };
  };
  if (mode === 'webgpu')
    watch(page.GPUAdapter.prototype, 'requestDevice', async (made) => {
      const device = await made;
      held.push(device);
      return device;
    });
  else
    for (const canvas of [page.HTMLCanvasElement, page.OffscreenCanvas])
      watch(canvas.prototype, 'getContext', (context) => {
        if (context && !held.includes(context)) held.push(context);
        return context;
      });
  return () => {
    for (const each of held.splice(0))
      if (mode === 'webgpu') each.destroy();
      else each.getExtension('WEBGL_lose_context')?.loseContext();
  };
}

/**
 * What the page offers to the script that drives it.
 * @param {any} parts
 */
export const program = (parts) => ({
  checkKernels: () => checkKernels(parts),
  /** @param {string} mode */
  limits: async (mode) => {
    const lose = holdDevice(mode);
    return {
      large: await largeArray(parts, `gpu:${mode}`),
      lost: await lostDevice(parts, `gpu:${mode}`, lose),
    };
  },
  /**
   * @param {string} path @param {string} request @param {readonly string[] | undefined} names
   * @param {(told: unknown) => void} tell
   */
  conformance: (path, request, names, tell) => parts.conformance.runInBrowser(path, request, tell, names),
});
