#!/usr/bin/env node
// The command `capsnet`. All of it is in src/; this file only finds the build.
import { existsSync } from 'node:fs';

const built = new URL('../dist/main.js', import.meta.url);
if (!existsSync(built)) {
  process.stderr.write(
    'capsnet is not built yet. Run `npm run build` in the root of the repository first.\n',
  );
  process.exit(1);
}
// `capsnet info | head -3`: the reader has seen enough, which is no failure.
process.stdout.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});
/** @type {{ main: (args: readonly string[]) => Promise<number> }} */
const { main } = await import(built.href);
process.exitCode = await main(process.argv.slice(2));
