import { fc, test } from '@fast-check/vitest';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { difference } from '../../../scripts/difference.mjs';
import { patched } from './embedded.js';

describe('a patch of nearly the same file', () => {
  test.prop([
    fc.uint8Array({ minLength: 1, maxLength: 300 }),
    fc.array(fc.record({ at: fc.nat(300), remove: fc.nat(20), add: fc.uint8Array({ maxLength: 20 }) }), {
      maxLength: 5,
    }),
  ])('gives that file', (base, edits) => {
    const wanted = [...base];
    for (const { at, remove, add } of edits) wanted.splice(at, remove, ...add);
    const { steps, literals } = difference(base, Uint8Array.from(wanted));
    expect([...patched(base, steps, literals)]).toEqual(wanted);
  });

  const build = (name: string): URL => new URL(`../../../wasm/${name}.wasm`, import.meta.url);
  it.skipIf(!existsSync(build('engine')))('is small for the builds of the kernels', () => {
    const engine = readFileSync(build('engine'));
    for (const name of ['engine-relaxed', 'engine-single']) {
      const wanted = readFileSync(build(name));
      const { steps, literals } = difference(engine, wanted);
      expect(Buffer.from(patched(engine, steps, literals)).equals(wanted)).toBe(true);
      expect(literals.length + 2 * steps.length).toBeLessThan(engine.length / 10);
    }
  });
});
