// `npm run tour`: the chapters of docs/tour; `npm run tour 3` builds what is not built and runs chapter 3.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './lib/process.mjs';
import { setup } from './lib/setup.mjs';

const chapters = readdirSync(join(root, 'docs', 'tour'))
  .filter((name) => /^\d\d-.*\.ts$/.test(name))
  .map((name) => name.replace(/\.ts$/, ''))
  .sort();
const asked = process.argv[2];
const chapter = chapters.find((name) => Number(name.slice(0, 2)) === Number(asked));

if (chapter === undefined) {
  if (asked !== undefined) console.error(`tour: there is no chapter "${asked}".`);
  console.log('npm run tour N runs a chapter; the text of each stands beside it, in docs/tour:');
  for (const name of chapters) console.log(`  ${Number(name.slice(0, 2))}  docs/tour/${name}.md`);
  process.exit(asked === undefined ? 0 : 2);
}
await setup();
const loader = new URL('lib/typescript.mjs', import.meta.url).href;
const { code } = await run(process.execPath, [
  '--import',
  loader,
  join(root, 'docs', 'tour', `${chapter}.ts`),
]);
process.exit(code);
