#!/usr/bin/env bash
# API.md says what the library offers, and the library still offers what was released. Needs the built library; the comparison with the
# release also needs the package registry. A change that breaks somebody on purpose is listed by its key in allowed-breaking-changes.txt.
# Usage: scripts/check-api.sh [what to compare with; by default the newest release]
set -euo pipefail
cd "$(dirname "$0")/.."

name=cdk-tunnel-token-rotator
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20

npx jsii-docgen --output "$scratch/API.md"
diff -u API.md "$scratch/API.md" || { echo 'API.md is out of date: run npm run docs:api' >&2; exit 1; }
echo 'API.md is up to date'

released=${1:-}
if [ -z "$released" ]; then
  if answer=$(npm view "$name" version --json 2> "$scratch/errors"); then
    released="npm:$name@$(echo "$answer" | tr -d '"')"
  elif grep -q E404 "$scratch/errors"; then
    echo 'nothing is released yet, so nothing can break'
    exit 0
  else
    # Somebody without the registry can still check the rest; the release workflow names what it compares with.
    cat "$scratch/errors" >&2
    echo 'NOT COMPARED: the registry did not say what is released' >&2
    exit 0
  fi
fi
# Experimental or not: whoever upgrades without reading should not be broken.
npx jsii-diff "$released" . --error-on all --keys --ignore-file allowed-breaking-changes.txt
echo "nothing breaks those who come from $released"
