/** Brings the line numbers of links into the source up to date: part of `npm run format`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, texts } from './files.js';
import { renumbered } from './links.js';

for (const path of texts()) {
  const file = join(root, path);
  const before = readFileSync(file, 'utf8');
  const after = renumbered(file, before);
  if (after !== before) {
    writeFileSync(file, after);
    console.log(`${path}: line numbers of links into the source`);
  }
}
