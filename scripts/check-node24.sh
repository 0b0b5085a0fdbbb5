#!/usr/bin/env bash
# The stories on Node 24: the functions, the local cloud and the tests all run on it. It comes as an npm package, into a folder outside the tree.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# The package `node` only fetches this one, by a script of its own.
package=$(node -p '`node-${process.platform}-${process.arch}`')
npm install --prefix "$scratch" --silent --no-audit --no-fund --ignore-scripts "$package@24"
node24="$scratch/node_modules/$package/bin/node"
[ -x "$node24" ] || { echo "the npm package $package@24 holds no bin/node"; exit 1; }
version=$("$node24" --version)
case "$version" in v24.*) echo "Node.js $version" ;; *) echo "expected Node.js 24, got $version"; exit 1 ;; esac
# Whatever the tests start by name finds it first as well.
PATH="$(dirname "$node24"):$PATH" "$node24" node_modules/.bin/jest "${@:-test/story}"
