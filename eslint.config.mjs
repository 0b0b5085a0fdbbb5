import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['node_modules', 'assets', 'cdk.out', 'coverage', '**/dist', '**/*.js', '**/*.d.ts'] },
  {
    files: ['**/*.ts', '**/*.tsx', '**/*.mjs'],
    rules: {
      'max-lines': ['error', { max: 400 }],
      'max-len': ['error', { code: 160, ignoreUrls: true }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { project: ['./tsconfig.json', './local-cloud/page/client/tsconfig.json'] } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
    },
  },
  { files: ['test/**/*.ts'], rules: { 'max-len': 'off' } }, // tables
  {
    files: ['lambda/**/*.ts'],
    ignores: ['lambda/*/handler.ts'],
    rules: {
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: 'The composition roots hand it to lambda/config.ts.' }],
    },
  },
);
