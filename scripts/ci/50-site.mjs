// The documentation as a site: it builds without the network, has every chapter and every package, leads nowhere that is not there, asks no other
// server for anything, and its search knows the words of texts and of docstrings. And the types of the models are quick to check.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { inflateSync } from 'node:zlib';
import { root, run } from '../lib/process.mjs';

const site = join(root, 'site');
let [passed, failed] = [0, 0];

/** @param {string} name @param {boolean} good @param {string} [detail] */
function check(name, good, detail = '') {
  if (good) passed++;
  else failed++;
  console.log(`${good ? 'ok  ' : 'FAIL'} ${name}${good || detail === '' ? '' : `: ${detail}`}`);
}

rmSync(site, { recursive: true, force: true });
const { code, output } = await run(process.execPath, [join(root, 'scripts', 'site.mjs')], { keep: true });
check('the site builds', code === 0 && existsSync(join(site, 'index.html')));
check('typedoc has nothing to say', !/\[(warning|error)\]/.test(output), 'see its warnings above');

if (code === 0) {
  const pages = readdirSync(site, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.html'))
    .map((path) => join(site, path));
  const texts = new Map(pages.map((page) => [page, readFileSync(page, 'utf8')]));
  const titles = [...texts.values()].map((text) => /<title>([^<|]*)/.exec(text)?.[1]?.trim());
  for (const name of ['tensor', 'autograd', 'capsules', 'datasets', 'datasets/node'])
    check(`has @capsnet/${name}`, titles.includes(`@capsnet/${name}`));
  for (let chapter = 1; chapter <= 10; chapter++)
    check(
      `has chapter ${chapter}`,
      titles.some((title) => title?.startsWith(`${chapter}. `)),
    );

  /** @type {string[]} */
  const broken = [];
  /** @type {string[]} */
  const foreign = [];
  for (const [page, text] of texts) {
    for (const [, tag, target] of text.matchAll(/<(\w+)[^>]*?\s(?:href|src)="([^"#]+)/g)) {
      if (/^https?:/.test(target ?? '')) {
        if (tag !== 'a') foreign.push(`${page}: ${target}`);
      } else if (
        !/^(data|mailto):/.test(target ?? '') &&
        !existsSync(resolve(dirname(page), decodeURI(target ?? '')))
      )
        broken.push(`${page}: ${target}`);
    }
  }
  check(`links of ${pages.length} pages lead to files`, broken.length === 0, broken.slice(0, 5).join('; '));
  check('nothing is loaded from elsewhere', foreign.length === 0, foreign.slice(0, 5).join('; '));

  const packed = /"([^"]+)"/.exec(readFileSync(join(site, 'assets', 'search.js'), 'utf8'))?.[1] ?? '';
  const index = inflateSync(Buffer.from(packed.replace(/^data:[^,]*,/, ''), 'base64')).toString();
  for (const word of ['selfAttentionRouting', 'describeModel', 'Routing', 'assemblyscript'])
    check(`the search knows "${word}"`, index.includes(word));
}

// tsc on the models and what they are made of, as one who uses the packages has it: some 1.2 seconds on an idle machine. The best of three runs, for machines that do something else at the moment.
const tsc = [
  join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
  ...['-p', join(root, 'packages', 'capsules', 'tsconfig.build.json'), '--extendedDiagnostics'],
  ...['--noEmit', '--incremental', 'false', '--composite', 'false'],
];
let [best, said] = [Infinity, ''];
for (let round = 0; round < 3 && best >= 5; round++) {
  const { code: compiled, output: account } = await run(process.execPath, tsc, { quiet: true });
  if (compiled !== 0) {
    said = account.slice(0, 300);
    break;
  }
  best = Math.min(best, Number(/Check time:\s+([\d.]+)s/.exec(account)?.[1]));
  said = `${best} s, ${/Instantiations:\s+(\d+)/.exec(account)?.[1]} instantiations`;
}
check(`tsc checks the models in under 5 s (${said})`, best < 5);

const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const commands = await run(
  process.execPath,
  [
    vitest,
    'run',
    '--root',
    join(root, 'docs'),
    '--config',
    join(root, 'vitest.config.ts'),
    // The examples have been run by the suite.
    ...['src/examples.test.ts', '-t', 'commands'],
  ],
  { keep: true, env: { ...process.env, CAPSNET_COMMANDS: 'yes' } },
);
check('the commands that texts show run', commands.code === 0, 'see above');

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
