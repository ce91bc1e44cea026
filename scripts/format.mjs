// `npm run format`: prettier over every file that `npm run lint` checks.
import { install } from './lib/setup.mjs';
import { prettier } from './lib/prettier.mjs';

await install('develop');
process.exit(await prettier('--write'));
