#!/usr/bin/env bash
# What npm would publish: nothing that npm has to correct, nothing missing, nothing that does not belong there, less than 1 MB.
# Needs the built library and bundles.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }

npm publish --dry-run --ignore-scripts > "$scratch/publish" 2>&1 || { cat "$scratch/publish" >&2; fail 'npm publish --dry-run'; }
# That nobody is logged in here is the one thing that may be missing.
if grep 'npm warn publish' "$scratch/publish" | grep -v 'requires you to be logged in'; then fail 'npm publish --dry-run warned'; fi

npm pack --json --ignore-scripts --pack-destination "$scratch" > "$scratch/pack.json" 2> /dev/null
node - "$scratch/pack.json" <<'CHECK'
const [{ size, files }] = JSON.parse(require('fs').readFileSync(process.argv[2], 'utf8'));
const paths = files.map(({ path }) => path);
const { main, types, bin } = require('./package.json');
const wanted = [
  main, types, ...Object.values(bin), '.jsii', 'README.md', 'CHANGELOG.md', 'LICENSE', 'NOTICE', 'assets/THIRD-PARTY-LICENSES.txt',
  'connect.js', 'connect.d.ts', 'assets/connect/library.d.ts',
  ...['rotator', 'sweeper', 'cleaner'].map((name) => `assets/${name}/index.js`),
];
const belongs = /^(lib\/[a-z-]+(\.d\.ts|\.js)|assets\/[a-z-]+\/[a-z-]+\.(js|cjs|d\.ts)|connect(\.d\.ts|\.js)|assets\/connect\/[a-z-]+\.d\.ts|assets\/THIRD-PARTY-LICENSES\.txt|\.jsii|rosetta\/[a-z-]+\.ts-fixture|[A-Z]+(\.md)?|package\.json)$/;
const problems = [
  ...wanted.filter((path) => !paths.includes(path)).map((path) => `${path} is missing`),
  ...paths.filter((path) => !belongs.test(path)).map((path) => `${path} does not belong in the package`),
  ...(size < 1_000_000 ? [] : [`the package has ${size} bytes, and must stay under 1 MB`]),
];
problems.forEach((problem) => console.error(`FAILED: ${problem}`));
console.log(`${paths.length} files, ${Math.round(size / 1000)} kB packed`);
process.exitCode = problems.length > 0 ? 1 : 0;
CHECK
