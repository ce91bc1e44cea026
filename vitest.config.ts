import { defineConfig } from 'vitest/config';

const source = (name: string) => new URL(`./packages/${name}/src/index.ts`, import.meta.url).pathname;

// One configuration for every package: tests read the sources of all packages, so that no build stands
// between an edit and its test. (What starts worker threads or the command line runs the build.)
export default defineConfig({
  resolve: {
    alias: Object.fromEntries(
      ['tensor', 'autograd', 'capsules', 'datasets'].map((name) => [`@capsnet/${name}`, source(name)]),
    ),
  },
  test: {
    include: ['src/**/*.test.ts'],
    testTimeout: 30_000,
    maxWorkers: 2,
  },
});
