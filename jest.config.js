/** @type {import('jest').Config} */
module.exports = {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // Sources first: `npm run build` leaves .js beside lib/*.ts, and stale output must never be what gets tested.
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json', 'node'],
  transform: { '\\.(ts|js|mjs)$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }] },
  // aedes ships as an ES module only; jest loads CommonJS, so it is translated like our own sources.
  transformIgnorePatterns: ['/node_modules/(?!aedes/)', '<rootDir>/lib/.*\\.js$'],
  moduleNameMapper: {
    // What is loaded late is named as Node names it, by its file's ending when it has run through a compiler.
    '^(\\./telemetry-writer)\\.js$': '$1',
    // Examples name the package as its users do.
    '^cdk-tunnel-token-rotator$': '<rootDir>/lib/index.ts',
  },
  // A hang must end some time; a busy machine is none, so `until` in test/support gives up well before this and says what it waited for.
  testTimeout: 180_000,
  maxWorkers: 2,
  // What is made once a run lies in a directory of the run.
  globalSetup: '<rootDir>/test/support/run-begins.ts',
  globalTeardown: '<rootDir>/test/support/run-ends.ts',
  reporters: ['default', '<rootDir>/test/support/slowest-files.cjs'],
};
