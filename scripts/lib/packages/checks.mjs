// Counting what holds, for the hooks of scripts/ci.

/** @returns {{ check: (what: string, ok: boolean, found?: unknown) => void, finish: () => never }} */
export function counting() {
  let passed = 0;
  let failed = 0;
  return {
    check(what, ok, found = '') {
      if (ok) passed += 1;
      else failed += 1;
      console.log(`${ok ? 'ok    ' : 'FAILED'} ${what} ${String(found)}`.trimEnd());
    },
    finish() {
      console.log(`${passed} passed, ${failed} failed`);
      process.exit(failed === 0 ? 0 : 1);
    },
  };
}
