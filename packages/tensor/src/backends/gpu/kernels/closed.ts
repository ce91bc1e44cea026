/** Is a kernel closed? GPU.js translates its text alone: a name from outside would be unknown, or be something else after bundling. */

const keywords = new Set(['function', 'const', 'let', 'if', 'else', 'for', 'return', 'this']);

/** What a kernel may use besides its own parameters and variables. */
export const allowedNames: ReadonlySet<string> = new Set(['Math']);

/**
 * Names that a kernel uses and does not declare, apart from the allowed ones; none for a closed kernel.
 *
 * Reads the language that kernels are written in: declarations by `const` and `let`, no text literals, no objects, no labels.
 */
export function freeNames(source: string): string[] {
  const text = source.replaceAll(/\/\/.*$/gm, '');
  const declared = new Set<string>();
  for (const [, name] of text.matchAll(/\b(?:const|let)\s+([A-Za-z_$][\w$]*)/g)) declared.add(name!);
  const parameters = /^\s*function\s*\w*\s*\(([^)]*)\)/.exec(text)?.[1] ?? '';
  for (const name of parameters.split(',')) declared.add(name.trim());
  // A name behind a point is a property, one behind a digit an exponent (1e-7).
  const used = [...text.matchAll(/(?<![\w$.])[A-Za-z_$][\w$]*/g)].map(([name]) => name);
  return [...new Set(used)].filter(
    (name) => !keywords.has(name) && !declared.has(name) && !allowedNames.has(name),
  );
}
