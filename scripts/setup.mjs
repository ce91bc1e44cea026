// `npm run setup` (also `npm run build`): dependencies and build, then nothing more. Other scripts begin with it.
import { setup } from './lib/setup.mjs';

await setup();
