// `npm run site`: the documentation as a static, searchable site in site/: the reference from the docstrings, the guides, the tour. Nothing is
// fetched; open site/index.html.
import { join } from 'node:path';
import { root, run } from './lib/process.mjs';
import { install } from './lib/setup.mjs';

await install('develop');
const { code } = await run(process.execPath, [
  join(root, 'node_modules', 'typedoc', 'bin', 'typedoc'),
  ...['--options', join(root, 'docs', 'site', 'typedoc.json'), ...process.argv.slice(2)],
]);
if (code === 0) console.log('site/index.html');
process.exit(code);
