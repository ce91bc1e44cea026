/**
 * Is a kernel closed? GPU.js translates its text alone: a name from outside would be unknown, or be something else after bundling. The tests go through
 * every kernel as the source makes it; `scripts/ci/25-gpu-browser.mjs` as it is published, and after a bundler has made it small for a page.
 */

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

/**
 * What is wrong with the text of a kernel, in words; nothing, for every one of ours.
 *
 * @param mostInputs arrays that it may read
 */
export function problemsOf(source: string, mostInputs: number): string[] {
  const problems = freeNames(source).map((name) => `"${name}" is used and is not its own`);
  const inputs = (/^\s*function\s*\w*\s*\(([^)]*)\)/.exec(source)?.[1] ?? '').split(',').length;
  if (inputs > mostInputs) problems.push(`it reads ${inputs} arrays, ${mostInputs} at most`);
  if (/\b(?:while|do|Infinity|NaN)\b/.test(source)) problems.push('it has while, do, Infinity or NaN in it');
  for (const [, head] of source.matchAll(/\bfor \(([^)]*)\)/g))
    if (!/^let (\w+) = 0; \1 < \d+; \1\+\+$/.test(head!)) problems.push(`it has the loop (${head})`);
  return problems;
}
