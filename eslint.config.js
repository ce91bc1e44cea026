import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

// Types are what this project promises its users, so the linter reads types too. A rule is turned off only where
// it fights the house style; the reason stands beside it.
export default defineConfig(
  {
    ignores: [
      '**/dist/',
      '**/node_modules/',
      '**/.reports/',
      '**/coverage/',
      'runs/',
      // AssemblyScript: the syntax of TypeScript, another language; its own compiler checks it.
      'packages/tensor/assembly/',
      // A project of a user, with types from the packages as they are published: scripts/ci/50-packages.mjs compiles it.
      'examples/vite-app/',
    ],
  },
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // Shapes and counts go into messages as they are.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // A backend's edge is asynchronous whether or not this backend has something to wait for.
      '@typescript-eslint/require-await': 'off',
      // `as Tensor` forgets a literal shape on purpose: the engine itself computes with shapes that it does not know.
      '@typescript-eslint/no-unnecessary-type-assertion': ['error', { typesToIgnore: ['Tensor'] }],
      // `Tensor<any>`-like bounds are needed in the types of shapes.
      '@typescript-eslint/no-explicit-any': 'off',
    },
  },
  {
    files: ['**/*.test.ts', '**/*.test-d.ts'],
    rules: {
      // A type test names what must not compile.
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-unused-vars': 'off',
      // What a test reads back (JSON of a command, a report) is checked by the test itself.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    // The tour prints tensors as they describe themselves, and runs the text of a kernel to show what it is.
    files: ['docs/tour/*.ts'],
    rules: {
      '@typescript-eslint/restrict-template-expressions': 'off',
      '@typescript-eslint/no-implied-eval': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
    },
  },
  {
    // Plain JavaScript has no types of its own to be unsafe about.
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    extends: [tseslint.configs.disableTypeChecked],
  },
);
