// What docs/architecture.md says of the packages, against the packages: which of the others each one knows, and the folders of the engine.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './process.mjs';

const libraries = ['tensor', 'autograd', 'capsules', 'datasets'];

/** The rows of the tables of a text that begin with a name in code style: name and the cells after it. @param {string} text */
const rows = (text) =>
  [...text.matchAll(/^\| *`([^`]+)` *\|(.*)\|$/gm)].map(([, name = '', rest = '']) => ({
    name,
    cells: rest.split(' | ').map((cell) => cell.trim()),
  }));

/** Libraries that a cell of the column "knows" names. @param {string} cell */
const known = (cell) =>
  cell.startsWith('all of them')
    ? libraries
    : libraries.filter((name) => new RegExp(`(^|, )${name}(,|$)`).test(cell));

/** @param {string} name of a package, with its scope @returns {string | undefined} its folder */
const folderOf = (name) =>
  ['packages', 'apps']
    .map((group) => join(root, group, name.replace('@capsnet/', '')))
    .find((folder) => existsSync(join(folder, 'package.json')));

/** A sentence for everything in which the text and the packages differ. @returns {string[]} */
export function architectureFindings() {
  const text = readFileSync(join(root, 'docs', 'architecture.md'), 'utf8');
  const findings = [];
  const packages = rows(text).filter(({ name }) => name.startsWith('@capsnet/'));
  for (const group of ['packages', 'apps'])
    for (const each of readdirSync(join(root, group)))
      if (folderOf(each) && !packages.some(({ name }) => name === `@capsnet/${each}`))
        findings.push(`says nothing of @capsnet/${each}`);
  for (const { name, cells } of packages) {
    const folder = folderOf(name);
    if (folder === undefined) {
      findings.push(`names ${name}, which is not there`);
      continue;
    }
    // Imports are held to these by dependency-cruiser and knip. (The page is published as a bundle: what it uses are its devDependencies.)
    const { dependencies = {}, devDependencies = {} } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    );
    const uses = libraries.filter(
      (library) => `@capsnet/${library}` in { ...dependencies, ...devDependencies },
    );
    const says = known(cells.at(-1) ?? '');
    if (uses.join() !== says.join())
      findings.push(
        `says that ${name} knows [${says.join(', ')}]; its dependencies are [${uses.join(', ')}]`,
      );
  }
  const inside = rows(text).map(({ name }) => name);
  const source = join(root, 'packages', 'tensor', 'src');
  for (const entry of readdirSync(source, { withFileTypes: true }))
    if (entry.isDirectory() && !inside.includes(`${entry.name}/`))
      findings.push(`says nothing of packages/tensor/src/${entry.name}/`);
  for (const name of inside)
    if (name.endsWith('/') && !existsSync(join(source, name)))
      findings.push(`names packages/tensor/src/${name}, which is not there`);
  return findings.map((finding) => `docs/architecture.md ${finding}.`);
}
