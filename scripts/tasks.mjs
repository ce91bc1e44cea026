// `npm run lint`, `npm run typecheck`: the named turbo tasks over the whole workspace, all of them even if one fails.
import { install } from './lib/setup.mjs';
import { turbo } from './lib/turbo.mjs';

await install('develop');
const { code } = await turbo([...process.argv.slice(2), '--continue=always', '--output-logs=errors-only']);
process.exit(code);
