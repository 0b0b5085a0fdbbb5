import tseslint from 'typescript-eslint';

/**
 * Who may import whom: a file below `folder` imports nothing of ours outside it, but for what `except` names.
 * The depth of a file tells how many `../` lead out of its folder.
 */
const staysInside = (folder, { except } = {}) => ['*', '*/*', '*/*/*'].map((file, depth) => ({
  files: [`${folder}/${file}.ts`],
  rules: {
    'no-restricted-imports': ['error', {
      patterns: [{
        regex: `^${'\\.\\./'.repeat(depth + 1)}${except ? `(?!${except}$)` : ''}`,
        message: `${folder}/ imports only ${folder}/${except ? ` and ${except}` : ''}.`,
      }],
    }],
  },
}));

export default tseslint.config(
  { ignores: ['node_modules', 'assets', 'cdk.out', 'coverage', 'dist', '**/*.js', '**/*.d.ts'] },
  {
    files: ['**/*.ts', '**/*.mjs'],
    rules: {
      'max-lines': ['error', { max: 400 }],
      'max-len': ['error', { code: 160, ignoreUrls: true }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { project: './tsconfig.json' } },
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

  ...staysInside('lib'),
  ...staysInside('lambda', { except: 'lib/runtime-contract' }),
  ...staysInside('source', { except: 'lib/runtime-contract' }),
  ...staysInside('local', { except: 'lib/runtime-contract' }),
  ...staysInside('simulation', { except: 'lambda/.*' }),
  {
    files: ['lambda/domain/*.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ regex: '^(?!\\./)', message: 'lambda/domain/ imports nothing outside itself.' }] }],
    },
  },
  {
    files: ['lambda/**/*.ts'],
    ignores: ['lambda/rotator.ts', 'lambda/sweeper.ts', 'lambda/cleaner.ts'],
    rules: {
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: 'The composition roots hand it to lambda/config.ts.' }],
    },
  },
);
