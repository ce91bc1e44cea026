/** The AssemblyScript text of a kernel of the wasm backend. It lies in the repository; installed packages carry the compiled module alone. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cloneFolder } from '../weights/find.js';

/** A kernel's text and where it stands. */
export interface KernelSource {
  /** Path in the repository. */
  readonly file: string;
  /** Line of the declaration, counted from 1. */
  readonly line: number;
  readonly text: string;
}

const folderInRepository = 'packages/tensor/assembly';

/** The function of that name in a file: from its comment to the brace that closes it. */
export function functionIn(
  source: string,
  name: string,
): { readonly line: number; readonly text: string } | undefined {
  const lines = source.split('\n');
  const at = lines.findIndex((line) => line.startsWith(`export function ${name}(`));
  if (at < 0) return undefined;
  let first = at;
  while (first > 0 && /^(\/\/|\/\*\*| \*|@)/.test(lines[first - 1]!)) first--;
  const last = lines.findIndex((line, index) => index >= at && line === '}');
  return { line: at + 1, text: lines.slice(first, last + 1).join('\n') };
}

/** The text of a kernel; undefined where there is no repository around, or no such kernel in it. */
export function kernelSource(kernel: string, weights = cloneFolder()): KernelSource | undefined {
  if (weights === undefined) return undefined;
  const folder = join(dirname(weights), folderInRepository);
  if (!existsSync(folder)) return undefined;
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.ts') && file !== 'engine.ts')) {
    const found = functionIn(readFileSync(join(folder, name), 'utf8'), kernel);
    if (found) return { file: `${folderInRepository}/${name}`, ...found };
  }
  return undefined;
}
