/** Who may import whom, type-only imports included. `docs/architecture.md` has it as a table. */
const OURS = '^(lib|lambda|tunnel-protocol|connector|local-cloud|simulation|demo|storm|leak-scan|bin|bench|test)/';
const CONTRACT = '^lib/(runtime-contract|confidential)\\.ts$';

/** Files below `folder` import nothing of ours outside it, but for what `others` match. */
const staysInside = (folder, ...others) => ({
  name: `${folder} stays inside`,
  comment: `${folder}/ imports only ${[`${folder}/`, ...others].join(', ')}.`,
  severity: 'error',
  from: { path: `^${folder}/` },
  to: { path: OURS, pathNot: [`^${folder}/`, ...others] },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no circles', comment: 'Move what both need to a third file.', severity: 'error', from: {}, to: { circular: true } },
    staysInside('lib'),
    staysInside('lambda', CONTRACT),
    {
      name: 'the domain is pure',
      comment: 'lambda/domain/ imports nothing outside itself, but for the class that hides a token.',
      severity: 'error',
      from: { path: '^lambda/domain/' },
      to: { pathNot: ['^lambda/domain/', '^lib/confidential\\.ts$'] },
    },
    staysInside('tunnel-protocol'),
    staysInside('connector', '^tunnel-protocol/', CONTRACT),
    staysInside('local-cloud', '^tunnel-protocol/', CONTRACT),
    staysInside('leak-scan', '^local-cloud/'),
    { name: 'what ships knows no tests', severity: 'error', from: { pathNot: '^(test|bench|scripts)/' }, to: { path: '^test/' } },
    { name: 'every import leads somewhere', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: ['^cdk-tunnel-token-rotator$', '^aws-lambda$'] } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['(^|/)dist/', '\\.d\\.ts$', '^assets/', 'cdk\\.out', '^lib/.*\\.js$'] },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.mjs', '.cjs', '.js', '.json'], exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
};
