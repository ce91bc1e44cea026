// A worker thread of the wasm backend: sleeps until a program is there, runs its share of it, sleeps again. Plain JavaScript, so that it is
// found beside the code both in the sources and in the build; works as a worker of Node and of browsers.

/** Words of the control page that host and workers share. */
const GO = 0,
  PROGRAM = 1,
  STEPS = 2,
  TIMES = 3,
  STOP = 4,
  READY = 5,
  GENERATION = 288;

/** @param {{ module: WebAssembly.Module, memory: WebAssembly.Memory, thread: number, threads: number }} start */
function work({ module, memory, thread, threads }) {
  const control = new Int32Array(memory.buffer, 0, GENERATION + 1);
  const { exports } = new WebAssembly.Instance(module, {
    env: { memory, abort() {} },
    host: {
      now: () => performance.now(),
      // The nap of a thread that waits at a barrier, in milliseconds.
      sleep: (generation) => void Atomics.wait(control, GENERATION, generation, 0.05),
    },
  });
  let seen = 0;
  Atomics.add(control, READY, 1);
  Atomics.notify(control, READY);
  for (;;) {
    Atomics.wait(control, GO, seen);
    seen = Atomics.load(control, GO);
    if (control[STOP] !== 0) return;
    exports.runProgram(control[PROGRAM], control[STEPS], thread, threads, control[TIMES]);
  }
}

const node = typeof process === 'object' && process.versions?.node !== undefined;
if (node) {
  // Names in variables: a bundler for browsers would look for these modules.
  const [{ workerData }, v8] = await Promise.all(
    ['node:worker_threads', 'node:v8'].map(
      (name) => import(/* webpackIgnore: true */ /* @vite-ignore */ name),
    ),
  );
  if (workerData.relaxed) v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  work(workerData);
} else {
  self.onmessage = (event) => {
    // That its code has come is all that the page cannot see otherwise.
    self.postMessage('here');
    work(event.data);
  };
}
