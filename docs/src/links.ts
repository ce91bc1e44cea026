/**
 * Links from the documentation into the source: [`symbol`](path/to/file.ts#L12) says that `symbol` is declared in line 12 of that file.
 * Sources move; `npm run format` brings the numbers up to date, and a test says when one points far from what it names.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A link into the source, and where its symbol is declared now (undefined: nowhere in that file). */
export interface SourceLink {
  readonly text: string;
  readonly symbol: string;
  readonly path: string;
  readonly line: number;
  readonly declared: number | undefined;
}

const pattern = /\[`([^`\]]+)`\]\(([^)#\s]+\.(?:ts|mjs|js))#L(\d+)\)/g;

/** The line, counted from 1, in which a file declares a name: a function, constant, type, class, or a member of one. */
export function declarationLine(source: string, symbol: string): number | undefined {
  const name = symbol.replace(/\(\)$/, '').split('.').at(-1).replace(/\$/g, '\\$');
  const declares = new RegExp(
    `^(export )?(default )?(async )?(const|let|function\\*?|class|interface|type) ${name}\\b`,
  );
  const member = new RegExp(`^\\s+(readonly |async |get )*${name}\\??[(:<]`);
  const lines = source.split('\n');
  const at = (test: RegExp): number | undefined => {
    const index = lines.findIndex((line) => test.test(line));
    return index < 0 ? undefined : index + 1;
  };
  return at(declares) ?? at(member);
}

/** All links of a text that lies in the folder of `file`. */
export function sourceLinks(file: string, markdown: string): SourceLink[] {
  return [...markdown.matchAll(pattern)].map(([text, symbol, path, line]) => {
    const target = join(dirname(file), path!);
    const declared = existsSync(target) ? declarationLine(readFileSync(target, 'utf8'), symbol!) : undefined;
    return { text, symbol: symbol!, path: path!, line: Number(line), declared };
  });
}

/** The text with every number of a line as it is now. */
export const renumbered = (file: string, markdown: string): string =>
  sourceLinks(file, markdown).reduce(
    (text, { text: link, declared }) =>
      declared === undefined ? text : text.replace(link, link.replace(/#L\d+\)$/, `#L${declared})`)),
    markdown,
  );
