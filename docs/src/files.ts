/** The texts of the project. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository, as a path. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

const markdownIn = (folder: string): string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => (folder === '' ? name : `${folder}/${name}`));

/** Every markdown file that a reader may open, from the root: the front page, packages, guides, the tour. */
export function texts(): string[] {
  const readmes = ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(root, group))
      .map((name) => `${group}/${name}/README.md`)
      .filter((path) => existsSync(join(root, path))),
  );
  return [...markdownIn(''), ...markdownIn('docs'), ...markdownIn('docs/tour'), ...readmes].sort();
}
