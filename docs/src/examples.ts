/** Examples: what stands between fences in texts and docstrings, made into programs that can be compiled and run. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocksOf } from './blocks.js';
import { root, texts } from './files.js';

/** An example, and where it stands. */
export interface Example {
  /** `packages/tensor/README.md:6` */
  readonly place: string;
  readonly language: string;
  readonly code: string;
}

/** Fenced blocks in the docstrings of a source file. */
function docstringExamples(path: string): Example[] {
  const source = readFileSync(join(root, path), 'utf8');
  return [...source.matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap((comment) => {
    const text = comment[0].replace(/^\s*\* ?/gm, '');
    const line = source.slice(0, comment.index).split('\n').length;
    return blocksOf(text).map((block) => ({ ...block, place: `${path}:${line + block.line - 1}` }));
  });
}

/**
 * All examples: in READMEs and guides, and in the docstrings of the packages. The chapters of the tour are programs already, and kernels.md shows
 * kernels (`js`), which a test of their own compares with what the backend makes.
 */
export function allExamples(): Example[] {
  const inTexts = texts()
    .filter((path) => !path.startsWith('docs/tour/'))
    .flatMap((path) =>
      blocksOf(readFileSync(join(root, path), 'utf8')).map((block) => ({
        ...block,
        place: `${path}:${block.line}`,
      })),
    )
    .filter(({ language, place }) => !(language === 'js' && place.startsWith('docs/kernels.md')));
  const inSources = ['tensor', 'autograd', 'capsules', 'datasets'].flatMap((name) =>
    readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !/\.test(-d)?\.ts$/.test(path))
      .flatMap((path) => docstringExamples(`packages/${name}/src/${path.replaceAll('\\', '/')}`)),
  );
  return [...inTexts, ...inSources];
}

/** Names that a text declares, imports or takes out of a record. */
function declaredNames(code: string): ReadonlySet<string> {
  const single = [...code.matchAll(/\b(?:const|let|type|function\*?|class)\s+(\w+)/g)].map(
    ([, name]) => name!,
  );
  const several = [
    ...code.matchAll(/\b(?:const|let|import)\s*(?:type )?\{([^{}]*)\}\s*(?:=|of|from)/g),
  ].flatMap(([, names]) =>
    names!.split(',').map((name) =>
      name
        .replace(/^\s*type /, '')
        .replace(/^.*(?::| as )/, '')
        .trim(),
    ),
  );
  return new Set([...single, ...several]);
}

/** Where a name comes from that an example uses without importing it. */
export type Origins = ReadonlyMap<string, string>;

/**
 * An example as a module. Names of the packages that it does not import are imported, what it is about (a model, a batch) is defined when it does
 * not define it, and a result in a comment, `await x.item(); // 12`, becomes an expectation.
 */
export function programOf(code: string, origins: Origins, context: Readonly<Record<string, string>>): string {
  const declared = declaredNames(code);
  const defined = Object.entries(context)
    .filter(([name]) => new RegExp(`\\b${name}\\b`).test(code) && !declared.has(name))
    .map(([, definition]) => definition);
  const whole = [...new Set(defined), code].join('\n');
  const imports = [...origins]
    .filter(([name]) =>
      new RegExp(`(?<![.\\w'])${name}\\b(?!['\\w])(?!\\s*:[^:])`).test(
        whole.replace(/\/\/.*$|import[\s\S]*?from '[^']*';/gm, ''),
      ),
    )
    .filter(([name]) => !declared.has(name))
    .map(([name, module]) => `import { ${name} } from '${module}';`);
  const checked = whole.replace(
    /^(\s*)(.*await .*); \/\/ (\[.*\]|-?[\d.]+)$/gm,
    (_, indent: string, expression: string, shown: string) => {
      const [, target = '', value = expression] = /^(const \w+ = )?(.*)$/.exec(expression)!;
      return `${indent}${target}expectShown(${value}, '${shown}');`;
    },
  );
  return [
    ...imports,
    'declare function expectShown<T>(value: T, shown: string): T;',
    checked,
    'export {};',
  ].join('\n');
}

/** Whether a value is the one that a comment shows, to the digits that it shows. */
export function agrees(value: unknown, shown: string): boolean {
  if (typeof value === 'number' && /^-?[\d.]+$/.test(shown)) {
    const digits = shown.split('.')[1]?.length ?? 0;
    return Math.abs(value - Number(shown)) <= 0.5000001 * 10 ** -digits;
  }
  return JSON.stringify(value) === JSON.stringify(JSON.parse(shown));
}
