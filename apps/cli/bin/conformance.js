#!/usr/bin/env node
// `npm run conformance`: reference values against a backend. All of it is in src/conformance/; this file only finds the build.
import { existsSync } from 'node:fs';

const built = new URL('../dist/conformance/main.js', import.meta.url);
if (!existsSync(built)) {
  process.stderr.write(
    'conformance is not built yet. Run `npm run build` in the root of the repository first.\n',
  );
  process.exit(1);
}
// `npm run conformance ... | head`: the reader has seen enough, which is no failure.
process.stdout.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});
/** @type {{ main: (args: readonly string[]) => Promise<number> }} */
const { main } = await import(built.href);
process.exitCode = await main(process.argv.slice(2));
