// Writes schema/config.schema.json from the table of settings (after the build): npm run schema -w @capsnet/cli
import { mkdirSync, writeFileSync } from 'node:fs';

const { configurationSchema } = await import(new URL('../dist/settings/file.js', import.meta.url).href);
mkdirSync(new URL('../schema/', import.meta.url), { recursive: true });
writeFileSync(
  new URL('../schema/config.schema.json', import.meta.url),
  `${JSON.stringify(configurationSchema(), null, 2)}\n`,
);
