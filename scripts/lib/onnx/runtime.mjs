// onnxruntime for Node, which is 300 MB with the libraries for all systems: installed where it is needed and not for everybody who works on the project.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { run } from '../process.mjs';

const version = '1.30.0';

/**
 * Installs onnxruntime-node into a folder and loads it. Its libraries for processors lie in the package, so that no script need run.
 * @param {string} folder
 * @returns {Promise<any>}
 */
export async function provideRuntime(folder) {
  const { code, output } = await run(
    'npm',
    [
      'install',
      '--prefix',
      folder,
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      `onnxruntime-node@${version}`,
    ],
    { quiet: true },
  );
  if (code !== 0) throw new Error(`onnxruntime-node could not be installed: ${output}`);
  return createRequire(join(folder, 'x.js'))('onnxruntime-node');
}

/**
 * Runs a file on float32 inputs [batch, ...shape].
 * @param {any} runtime @param {Uint8Array} file
 * @returns {Promise<(values: Float32Array, shape: readonly number[]) => Promise<Record<string, { data: any, dims: number[] }>>>}
 */
export async function sessionOf(runtime, file) {
  const session = await runtime.InferenceSession.create(file, { intraOpNumThreads: 1 });
  const [input] = session.inputNames;
  return (values, shape) => session.run({ [input]: new runtime.Tensor('float32', values, shape) });
}
