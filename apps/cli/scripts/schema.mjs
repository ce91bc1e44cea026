// Writes the schemas of configuration and of sweep files from the table of settings (after the build): npm run schema -w @capsnet/cli
import { mkdirSync, writeFileSync } from 'node:fs';

const { configurationSchema } = await import(new URL('../dist/settings/file.js', import.meta.url).href);
const { sweepSchema } = await import(new URL('../dist/sweep/schema.js', import.meta.url).href);
const folder = new URL('../schema/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, schema] of [
  ['config', configurationSchema()],
  ['sweep', sweepSchema()],
])
  writeFileSync(new URL(`${name}.schema.json`, folder), `${JSON.stringify(schema, null, 2)}\n`);
