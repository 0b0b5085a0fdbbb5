#!/usr/bin/env bash
# What users of Python, Java, .NET and Go get: every example of the README and the API compiles, the library is generated for all of them,
# and apps in Python, Java and Go synthesize with it where these languages are installed (that needs their package registries). Needs the built
# library. Usage: scripts/check-languages.sh [folder for the generated code]
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch" .jsii.tabl.json' EXIT
out=${1:-$scratch/dist}
rm -f .jsii.tabl.json # rosetta would take what it compiled last time for compiled
# What is generated is what was built; npm must not build it again.
export npm_config_ignore_scripts=true JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20

npx jsii-rosetta extract --compile --fail .
npx jsii-pacmak --code-only --targets python java dotnet go --rosetta-unknown-snippets fail --outdir "$out"
for language in python java dotnet go; do
  echo "$language: $(find "$out/$language" -type f \( -name '*.py' -o -name '*.java' -o -name '*.cs' -o -name '*.go' \) | wc -l) source files"
done

if command -v python3 > /dev/null; then
  python3 scripts/check_python.py "$out/python/src/cdk_tunnel_token_rotator/__init__.py" examples/python-minimal/app.py
fi

scripts/consume-languages.sh "$out"
