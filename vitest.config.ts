import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

// One configuration for every package. Each package's `exports` name its TypeScript under the condition
// `@capsnet/source`; tests resolve by it, so that no build stands between an edit in one package and a test in
// another. (What starts worker threads or the command line runs the build: `npm run build`.)
const conditions = ['@capsnet/source'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions: [...conditions, ...defaultServerConditions] } },
  test: {
    include: ['src/**/*.test.ts'],
    testTimeout: 30_000,
    maxWorkers: 2,
    passWithNoTests: true,
  },
});
