// `node --import scripts/lib/typescript.mjs file.ts`: types are taken off as a file is loaded, and `./x.js` finds `./x.ts` where there is
// only that. Node 20 cannot do it by itself. Nothing is checked here; `npm run typecheck` does that.
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
