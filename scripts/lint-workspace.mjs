// The checks that look at the repository as a whole: formatting, the direction of the layers, docstrings of public names, this
// folder's own code.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { architectureFindings } from './lib/architecture.mjs';
import { docstringFindings, packageEntries } from './lib/docstrings.mjs';
import { prettier } from './lib/prettier.mjs';
import { root, run } from './lib/process.mjs';
import { longFiles } from './lib/rooms.mjs';

const tool = (/** @type {string} */ path) => join(root, 'node_modules', path);
const node = async (/** @type {string[]} */ ...args) => (await run(process.execPath, args)).code;

const formatted = await prettier('--check');
if (formatted !== 0) console.error('Formatting differs: run `npm run format`.');

const long = longFiles();
const architecture = architectureFindings();
for (const sentence of [...long, ...architecture]) console.error(sentence);

const folders = ['packages', 'apps'].filter((folder) => existsSync(join(root, folder)));
const layered = await node(
  tool('dependency-cruiser/bin/dependency-cruise.mjs'),
  ...['--config', '.dependency-cruiser.cjs', '--output-type', 'err-long', ...folders],
);
const undocumented = docstringFindings(packageEntries(root), root);
for (const { file, line, name, problem } of undocumented)
  console.error(`${file}:${line}: ${name} ${problem}.`);
if (undocumented.length > 0)
  console.error('What a docstring has to say stands in scripts/lib/docstrings.mjs.');
const linted = await node(
  tool('eslint/bin/eslint.js'),
  'benchmarks',
  'scripts',
  'eslint.config.js',
  'vitest.config.ts',
);

const findings = long.length + architecture.length + undocumented.length;
process.exit(formatted + layered + findings + linted === 0 ? 0 : 1);
