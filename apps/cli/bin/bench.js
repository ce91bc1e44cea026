#!/usr/bin/env node
// `npm run bench`: the command `capsnet bench`. All of it is in src/bench/; this file only finds the build.
import { existsSync } from 'node:fs';

const built = new URL('../dist/main.js', import.meta.url);
if (!existsSync(built)) {
  process.stderr.write(
    'capsnet is not built yet. Run `npm run build` in the root of the repository first.\n',
  );
  process.exit(1);
}
// `npm run bench ... | head`: the reader has seen enough, which is no failure.
process.stdout.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});
/** @type {{ main: (args: readonly string[]) => Promise<number> }} */
const { main } = await import(built.href);
process.exitCode = await main(['bench', ...process.argv.slice(2)]);
