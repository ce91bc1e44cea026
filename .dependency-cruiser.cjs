// The layers of the project, as rules that `npm run lint` checks:
//   tensor <- autograd <- capsules <- apps;   datasets stands alone, used by the apps.
// A layer may use what stands to its left, never the other way round.
const packages = (...names) => `^packages/(${names.join('|')})/`;

const mayNotUse = (from, to, comment) => ({
  name: `direction-of-${from.match(/\((\w+)\)/)[1]}`,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: to },
});

module.exports = {
  forbidden: [
    mayNotUse(
      packages('tensor'),
      `${packages('autograd', 'capsules', 'datasets')}|^apps/`,
      'tensor is the ground: it knows no other package',
    ),
    mayNotUse(
      packages('autograd'),
      `${packages('capsules', 'datasets')}|^apps/`,
      'autograd stands on tensor alone',
    ),
    mayNotUse(
      packages('capsules'),
      `${packages('datasets')}|^apps/`,
      'capsules stand on tensor and autograd; data comes in as tensors',
    ),
    mayNotUse(
      packages('datasets'),
      `${packages('tensor', 'autograd', 'capsules')}|^apps/`,
      'datasets are typed arrays, nothing else',
    ),
    {
      name: 'playground-without-command',
      comment: 'The page uses the packages, not the command',
      severity: 'error',
      from: { path: '^apps/playground/' },
      to: { path: '^apps/cli/' },
    },
    {
      name: 'graph-without-backend',
      comment:
        'What a graph is and how it is built knows no backend; the automatic choice is loaded on demand',
      severity: 'error',
      from: { path: '^packages/tensor/src/(shape|ops|graph|library|random)/', pathNot: '\\.test(-d)?\\.ts$' },
      to: { path: '^packages/tensor/src/backends/', dependencyTypesNot: ['dynamic-import'] },
    },
    {
      name: 'backends-apart',
      comment: 'Backends share the contract (backends/backend.ts), not code of each other',
      severity: 'error',
      from: {
        path: '^packages/tensor/src/backends/(reference|wasm|gpu)/',
        pathNot: '\\.test(-d)?\\.ts$',
      },
      to: {
        path: '^packages/tensor/src/backends/(reference|wasm|gpu)/',
        pathNot: '^packages/tensor/src/backends/$1/',
      },
    },
    {
      name: 'no-cycle',
      comment:
        'Two files that import each other are one room with a wall in it (types may: they vanish; so may what is loaded on demand)',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only', 'dynamic-import'] } },
    },
    {
      name: 'public-entry',
      comment: 'Another package is entered by its exports, never by a path into its files',
      severity: 'error',
      from: { path: '^(packages|apps)/([^/]+)/' },
      to: { path: '^packages/[^/]+/', pathNot: '^$1/$2/', dependencyTypes: ['local'] },
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere: a typing error, or a dependency missing from package.json',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-test-in-source',
      comment: 'Tests use the source, never the other way round',
      severity: 'error',
      from: { pathNot: '\\.test(-d)?\\.ts$' },
      to: { path: '\\.test(-d)?\\.ts$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|coverage|\\.reports)/' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.check.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@capsnet/source', 'import', 'types', 'node', 'default'],
      extensions: ['.ts', '.mts', '.js', '.mjs', '.d.ts'],
    },
  },
};
