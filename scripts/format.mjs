// `npm run format`: prettier over every file that `npm run lint` checks, and the line numbers of the documentation's links into the source.
import { join } from 'node:path';
import { install } from './lib/setup.mjs';
import { prettier } from './lib/prettier.mjs';
import { root, run } from './lib/process.mjs';

await install('develop');
const formatted = await prettier('--write');
const loader = new URL('lib/typescript.mjs', import.meta.url).href;
const { code } = await run(process.execPath, ['--import', loader, join(root, 'docs', 'src', 'renumber.ts')]);
process.exit(formatted === 0 ? code : formatted);
