// The rules, and the arrows of docs/architecture.md: which package may import which.

const ARROWS = {
  core: [],
  metrics: [],
  kernels: [],
  'tfjs-kernels': [],
  tensorboard: [],
  data: ['core'],
  models: ['core'],
  terminal: ['core'],
  report: ['core', 'metrics'],
  backends: ['core', 'kernels', 'models', 'tfjs-kernels'],
  train: ['backends', 'core', 'data', 'metrics', 'models', 'tensorboard'],
  study: ['backends', 'core', 'data', 'metrics', 'models', 'report', 'terminal', 'train'],
  bench: ['backends', 'core', 'data', 'metrics', 'models', 'report', 'terminal', 'train'],
}

const tensorflow = {
  group: ['@tensorflow/*'],
  message: 'only packages/backends imports TensorFlow.js',
}
// The kernels for the user's TensorFlow.js need its types and never its code, because they would
// not work with a second copy of it.
const tensorflowTypes = {
  ...tensorflow,
  allowTypeImports: true,
  message: 'kernels for TensorFlow.js import its types alone',
}

/** @param engine what a part of the package may do with TensorFlow.js, instead of nothing */
function imports(name, allowed, engine = tensorflow) {
  const others = {
    group: ['@mnist-lab/*', ...allowed.map((other) => `!@mnist-lab/${other}`)],
    message: `packages/${name} may import ${allowed.join(', ') || 'nothing of ours'}: see docs/architecture.md`,
  }
  return ['error', { patterns: name === 'backends' ? [others] : [others, engine] }]
}

const libraries = Object.entries(ARROWS).map(([name, allowed]) => ({
  files: [`packages/${name}/src/**`],
  rules: {
    'no-restricted-imports': imports(name, allowed),
    // They run in a browser.
    'import/no-nodejs-modules': 'error',
    'no-restricted-globals': ['error', 'process', 'Buffer', 'require', '__dirname', '__filename'],
    'no-console': 'error',
  },
}))

/** Functions whose last bits the language leaves to the engine. */
const IMPRECISE = ['exp', 'expm1', 'log', 'log1p', 'log2', 'log10', 'pow', 'sin', 'cos', 'tan']
  .concat(['asin', 'acos', 'atan', 'atan2', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh'])
  .concat(['cbrt', 'hypot'])

const portable = {
  files: ['kernels', 'models', 'backends', 'train'].map((name) => `packages/${name}/src/**`),
  rules: {
    'no-restricted-properties': [
      'error',
      ...IMPRECISE.map((property) => ({
        object: 'Math',
        property,
        message: 'its last bits depend on the engine: use a function of @mnist-lab/core',
      })),
    ],
  },
}

const oxlintConfig = {
  plugins: ['typescript', 'import', 'unicorn', 'oxc', 'vitest', 'promise'],
  categories: { correctness: 'error', suspicious: 'error' },
  options: { typeAware: true },
  rules: {
    // An import of a type is an arrow too.
    'import/no-cycle': ['error', { ignoreTypes: false }],
    'import/no-default-export': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'no-empty': 'error',
    'no-var': 'error',
    'prefer-const': 'error',
    'no-eval': 'error',
    eqeqeq: 'error',
    'typescript/require-array-sort-compare': ['error', { ignoreStringArrays: true }],
    'vitest/expect-expect': ['error', { assertFunctionNames: ['expect*', 'fc.assert'] }],
    // A second argument says which case failed.
    'vitest/valid-expect': ['error', { maxArgs: 2 }],
    // The following rules are good in general, but do not fit this code. Steps are awaited one
    // after the other by design, arrays that are sorted or filled in place belong to the function,
    // and compiler flags already check the rest.
    'no-await-in-loop': 'off',
    'no-shadow': 'off',
    'import/no-named-as-default-member': 'off',
    'import/no-unassigned-import': 'off',
    'typescript/consistent-return': 'off',
    'typescript/no-non-null-assertion': 'off',
    'typescript/no-unnecessary-type-assertion': 'off',
    'typescript/no-unsafe-type-assertion': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'unicorn/no-array-fill-with-reference-type': 'off',
    'unicorn/no-array-reverse': 'off',
    'unicorn/no-array-sort': 'off',
    'unicorn/no-new-array': 'off',
    // A worker's messages have no origin.
    'unicorn/require-post-message-target-origin': 'off',
    'vitest/no-conditional-expect': 'off',
    'vitest/require-mock-type-parameters': 'off',
  },
  overrides: [
    ...libraries,
    portable,
    // No result of a run comes from these.
    {
      files: ['packages/backends/src/testing/**'],
      rules: { 'no-restricted-properties': 'off' },
    },
    {
      files: ['packages/tfjs-kernels/src/**'],
      rules: {
        'no-restricted-imports': imports('tfjs-kernels', ARROWS['tfjs-kernels'], tensorflowTypes),
      },
    },
    // So Emscripten calls its allocator.
    {
      files: [
        'packages/tfjs-kernels/src/wasm/**',
        'packages/tfjs-kernels/test/wasm*',
        'packages/backends/test/wasm.test.ts',
      ],
      rules: { 'no-underscore-dangle': ['error', { allow: ['_malloc', '_free'] }] },
    },
    // Node.js alone runs these: `node` entries with their folders, and what every program shares.
    {
      files: [
        'packages/*/src/node.ts',
        'packages/*/src/node/**',
        'packages/backends/src/native/**',
        'packages/terminal/src/**',
      ],
      rules: { 'import/no-nodejs-modules': 'off', 'no-restricted-globals': 'off' },
    },
    // They run in a browser.
    {
      files: ['apps/web/src/**'],
      rules: {
        'import/no-nodejs-modules': 'error',
        'no-restricted-globals': [
          'error',
          'process',
          'Buffer',
          'require',
          '__dirname',
          '__filename',
        ],
      },
    },
    {
      files: ['packages/cli/src/**', 'apps/*/src/**'],
      rules: { 'no-restricted-imports': ['error', { patterns: [tensorflow] }] },
    },
    {
      files: [
        '**/vitest.config.ts',
        '**/vite.config.ts',
        '**/vite.*.config.ts',
        'vitest.shared.ts',
        'oxlint.config.mjs',
        // So a Worker exports its handlers.
        'packages/bench/src/remote/worker.ts',
        'examples/worker*/worker.js',
      ],
      rules: { 'import/no-default-export': 'off' },
    },
  ],
  // AssemblyScript is TypeScript's syntax with other rules.
  ignorePatterns: [
    '**/assembly/**',
    '**/assembly-*/**',
    '**/build/**',
    '**/generated/**',
    '**/dist/**',
    '**/node_modules/**',
    '**/.turbo/**',
  ],
}

export default oxlintConfig
