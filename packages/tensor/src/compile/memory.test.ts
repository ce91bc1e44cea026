import { test, fc } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { align, planMemory } from './memory.js';

const request = fc.record({
  bytes: fc.integer({ min: 0, max: 5000 }),
  start: fc.integer({ min: 0, max: 20 }),
  length: fc.integer({ min: 0, max: 6 }),
});

describe('memory plan', () => {
  test.prop([fc.array(request, { maxLength: 40 })])(
    'buffers alive together never overlap, and the arena is no larger than all of them',
    (requests) => {
      const buffers = requests.map(({ bytes, start, length }) => ({
        bytes,
        first: start,
        last: start + length,
      }));
      const { offsets, total } = planMemory(buffers);
      buffers.forEach((a, i) => {
        expect(offsets[i]! % 64).toBe(0);
        expect(offsets[i]! + align(a.bytes)).toBeLessThanOrEqual(total);
        buffers.forEach((b, j) => {
          if (i >= j || a.last < b.first || b.last < a.first) return;
          const apart =
            offsets[i]! + align(Math.max(4, a.bytes)) <= offsets[j]! ||
            offsets[j]! + align(Math.max(4, b.bytes)) <= offsets[i]!;
          expect(apart).toBe(true);
        });
      });
      expect(total).toBeLessThanOrEqual(
        buffers.reduce((sum, { bytes }) => sum + align(Math.max(4, bytes)), 0),
      );
    },
  );

  it('reuses the memory of what has died', () => {
    const chain = Array.from({ length: 10 }, (_, step) => ({ bytes: 640, first: step, last: step + 1 }));
    expect(planMemory(chain).total).toBe(1280);
  });
});
