import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** What production code must not touch, and what it uses instead. */
const CLOCK = 'Time is passed in: take a Clock (src/clock/clock.ts).';
const SETTINGS =
  'Only src/config reads the process and its environment: take what you need as an argument.';
const LOGGER = 'Take a Logger (src/telemetry/logger.ts) as an argument.';

const BANNED_GLOBALS = [
  ...[
    'Date',
    'performance',
    'setTimeout',
    'setInterval',
    'setImmediate',
    'clearTimeout',
    'clearInterval',
    'clearImmediate',
  ].map((name) => ({ name, message: CLOCK })),
  { name: 'process', message: SETTINGS },
  { name: 'console', message: LOGGER },
];

const BANNED_MODULES = [
  ...['timers', 'timers/promises', 'perf_hooks'].map((name) => ({ name, message: CLOCK })),
  ...['process', 'console'].map((name) => ({ name, message: SETTINGS })),
].flatMap(({ name, message }) => [
  { name, message },
  { name: `node:${name}`, message },
]);

/** The folders that stand between the program and its surroundings. */
const OUTER = [
  'src/clock/**',
  'src/config/**',
  'src/telemetry/**',
  'src/workers/**',
  'src/cli/**',
  'cmd/**',
  'test/**',
  'clients/**',
  'scripts/**',
  'example/**',
  '*.mjs',
];

export default defineConfig(
  {
    ignores: [
      'dist/',
      'coverage/',
      'node_modules/',
      '.tmp/',
      'src/protocol/generated/',
      '**/.venv/',
      '**/.bin/',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'separate-type-imports' },
      ],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all' },
      ],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidOperator: true },
      ],
      // `await` keeps the function in the stack trace, also where it returns.
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      // An interface's method may be async for the sake of the others that implement it.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    rules: {
      eqeqeq: ['error', 'always'],
      'no-console': 'off',
      'no-eval': 'error',
      'no-implicit-coercion': ['error', { boolean: false }],
      'no-var': 'error',
      'prefer-const': 'error',
      complexity: ['error', 15],
      'max-depth': ['error', 4],
      'max-params': ['error', 6],
      'max-lines': ['error', { max: 350, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': [
        'error',
        { max: 70, skipBlankLines: true, skipComments: true, IIFEs: true },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: OUTER,
    rules: {
      'no-restricted-globals': ['error', ...BANNED_GLOBALS],
      'no-restricted-imports': ['error', { paths: BANNED_MODULES }],
      'no-restricted-properties': [
        'error',
        {
          object: 'Math',
          property: 'random',
          message: 'Not for anything that matters: use randomBytes of node:crypto.',
        },
        { object: 'globalThis', property: 'process', message: SETTINGS },
        { object: 'globalThis', property: 'Date', message: CLOCK },
        { object: 'globalThis', property: 'setTimeout', message: CLOCK },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // chai asserts with property reads, and a describe block is as long as what it describes.
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/unbound-method': 'off',
      'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
      },
    },
  },
  {
    files: ['example/**/*.mjs'],
    languageOptions: {
      globals: {
        AbortController: 'readonly',
        AbortSignal: 'readonly',
        fetch: 'readonly',
        performance: 'readonly',
      },
    },
  },
);
