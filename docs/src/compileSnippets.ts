/** The messages of the TypeScript compiler for programs that exist only in memory. */
import { join } from 'node:path';
import ts from 'typescript';
import { root } from './files.js';

/** A message, and the snippet (by its position) that it is about. */
export interface SnippetError {
  readonly snippet: number;
  readonly code: number;
  /** The message and what is nested in it, a line each. */
  readonly lines: readonly string[];
}

/** What a compilation says, and what it cost. */
export interface Compilation {
  readonly errors: readonly SnippetError[];
  /** Types that were made from generic ones: a measure of work that no busy machine changes. */
  readonly instantiations: number;
}

function linesOf(text: string | ts.DiagnosticMessageChain): string[] {
  return ts
    .flattenDiagnosticMessageText(text, '\n')
    .split('\n')
    .map((line) => line.trim());
}

/**
 * Compiles snippets as functions of one file that begins with `prelude`, with the options that the workspace is checked with. With
 * `everything`, the files that they import are checked too.
 */
export function compileSnippets(
  prelude: string,
  snippets: readonly string[],
  checked: 'snippets' | 'everything' = 'snippets',
): Compilation {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.check.json'), (path) =>
    ts.sys.readFile(path),
  ) as {
    config: unknown;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const file = join(root, 'docs', 'src', 'snippets.ts');
  const bodies = snippets.map((code, index) => `export async function snippet${index}() {\n${code}\n}`);
  const text = `${prelude}\n${bodies.join('\n')}\n`;
  const starts = bodies.map((_, index) => text.indexOf(`export async function snippet${index}()`));
  const host = ts.createCompilerHost(options);
  const known = { fileExists: host.fileExists.bind(host), getSourceFile: host.getSourceFile.bind(host) };
  host.fileExists = (path) => path === file || known.fileExists(path);
  host.getSourceFile = (path, version, ...rest) =>
    path === file
      ? ts.createSourceFile(path, text, version, true)
      : known.getSourceFile(path, version, ...rest);
  const program = ts.createProgram([file], options, host);
  const source = program.getSourceFile(file)!;
  const asked = checked === 'everything' ? undefined : source;
  const diagnostics = [...program.getSyntacticDiagnostics(asked), ...program.getSemanticDiagnostics(asked)];
  const errors = diagnostics.map(({ start = 0, code, messageText }) => ({
    snippet: starts.findLastIndex((at) => at <= start),
    code,
    lines: linesOf(messageText),
  }));
  return { errors, instantiations: program.getInstantiationCount() };
}
