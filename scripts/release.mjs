// Publishes the packages (docs/releases.md):
//   npm run release -- --prepare   turns the changesets into versions and changelogs, to be looked at and committed
//   npm run release -- --dry-run   everything but the publishing
//   npm run release                publishes what the registry does not have yet, in the order of dependence
// In a CI that can sign (an id token of OpenID Connect), each tarball gets a statement of where it was built (npm's provenance).
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './lib/process.mjs';
import { setup } from './lib/setup.mjs';

/** What stands on what: a package is published after those that it needs. */
const folders = [
  'packages/tensor',
  'packages/autograd',
  'packages/capsules',
  'packages/datasets',
  'apps/playground',
  'apps/cli',
];

const [mode, ...rest] = process.argv.slice(2);
if (rest.length > 0 || (mode !== undefined && mode !== '--dry-run' && mode !== '--prepare'))
  stop(`release does not know ${process.argv.slice(2).join(' ')}. Give --prepare, --dry-run, or nothing.`);

/** @param {string} sentence @returns {never} */
function stop(sentence) {
  process.stderr.write(`release: ${sentence}\n`);
  process.exit(2);
}
/** @param {string} command @param {string[]} args */
async function must(command, args) {
  const { code, output } = await run(command, args, { quiet: true });
  if (code !== 0) stop(`${command} ${args.join(' ')} failed:\n${output.trim()}`);
  return output;
}

const changesets = readdirSync(join(root, '.changeset')).filter(
  (name) => name.endsWith('.md') && name !== 'README.md',
);
if (mode === '--prepare') {
  if (changesets.length === 0) stop('there is no changeset, so nothing to release. Write one: npx changeset');
  await must(process.execPath, [join(root, 'node_modules', '@changesets', 'cli', 'bin.js'), 'version']);
  await must('npm', ['install', '--package-lock-only', '--ignore-scripts', '--no-audit']);
  console.log('Versions and changelogs are written. Look at them, commit them, then: npm run release');
  process.exit(0);
}

const manifests = folders.map((folder) => ({
  folder,
  manifest: JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')),
}));
const versions = new Set(manifests.map(({ manifest }) => manifest.version));
if (versions.size !== 1)
  stop(`the packages have different versions (${[...versions].join(', ')}). They are released together.`);
if (mode === undefined) {
  if (changesets.length > 0)
    stop(
      `${changesets.length} changesets wait. First: npm run release -- --prepare, and commit what it writes.`,
    );
  if ((await must('git', ['status', '--porcelain'])).trim() !== '')
    stop('the working tree is not clean. Commit or remove what is in it.');
}

await setup();
const signing = Boolean(process.env.ACTIONS_ID_TOKEN_REQUEST_URL ?? process.env.SIGSTORE_ID_TOKEN);
const unnamed = manifests.filter(({ manifest }) => manifest.repository === undefined);
if (signing && unnamed.length > 0)
  stop(
    `provenance names the repository, and ${unnamed.map(({ folder }) => folder).join(', ')} has no "repository" in its package.json. Add it.`,
  );
for (const { folder, manifest } of manifests) {
  const { name, version } = manifest;
  for (const file of ['README.md', 'LICENSE'])
    if (!existsSync(join(root, folder, file))) stop(`${folder} has no ${file}.`);
  if (
    mode === undefined &&
    (await run('npm', ['view', `${name}@${version}`, 'version'], { quiet: true })).output.trim() === version
  ) {
    console.log(`${name} ${version} is published already`);
    continue;
  }
  const flags = ['--access', 'public', ...(signing ? ['--provenance'] : []), ...(mode ? [mode] : [])];
  await must('npm', ['publish', `--workspace=${folder}`, '--loglevel=error', ...flags]);
  console.log(`${name} ${version} ${mode ? 'could be published' : 'is published'}`);
}
console.log(signing ? 'with provenance' : 'without provenance: this is no CI that can sign');
