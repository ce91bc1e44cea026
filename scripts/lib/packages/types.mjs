// Types as a user's compiler sees them, with the library's own files checked too.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../process.mjs';
import { runIn } from './consumer.mjs';

const code = `
import { grad } from '@capsnet/autograd';
import { buildModel, describeModel, squash } from '@capsnet/capsules';
import { digits } from '@capsnet/datasets';
import { dataDirectory } from '@capsnet/datasets/node';
import { matmul, ones, sum, type Tensor } from '@capsnet/tensor';

export const product: Tensor<[2, 4]> = matmul(ones([2, 3]), ones([3, 4]));
// @ts-expect-error the inner axes disagree
matmul(ones([2, 3]), ones([2, 3]));
export const slope: Tensor<[3]> = grad((x: Tensor<[3]>) => sum(x))(ones([3]));
export const short: Tensor<[5, 8]> = squash(ones([5, 8]));
export const view = async (): Promise<number> => (await product.toNdarray()).get(0, 0);
export const model = buildModel(describeModel('efficient-capsnet'));
export const others = [digits({ split: 'train', count: 1 }).classNames, dataDirectory];
`;

/**
 * Compiles a program that uses every entry, and examples/vite-app.
 * @param {string} project @param {'nodenext' | 'bundler'} resolution
 */
export function compiles(project, resolution) {
  writeFileSync(join(project, 'types.ts'), code);
  const options = {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    target: 'es2022',
    lib: ['ES2023', 'DOM'],
    module: resolution === 'bundler' ? 'esnext' : 'nodenext',
    moduleResolution: resolution,
    types: [],
  };
  const files =
    resolution === 'bundler' ? ['types.ts', 'vite-app/src/main.ts', 'vite-app/src/engine.ts'] : ['types.ts'];
  const name = `tsconfig.${resolution}.json`;
  writeFileSync(join(project, name), JSON.stringify({ compilerOptions: options, files }));
  return runIn(project, process.execPath, [
    join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
    '-p',
    name,
  ]);
}
