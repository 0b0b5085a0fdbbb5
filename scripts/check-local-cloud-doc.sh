#!/usr/bin/env bash
# Runs every console line of docs/local-cloud.md against the local cloud that the first of them starts. Lines of the aws command line are
# left out where it is not installed. Needs the built bundles. The document's port is taken as it is: 4566 must be free.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'kill "$cloud" 2> /dev/null || true; rm -rf "$scratch"' EXIT
cloud=
fail() { echo "FAILED: $*" >&2; exit 1; }

mapfile -t lines < <(awk '/^```console$/ { inside = 1; next } /^```$/ { inside = 0 } inside' docs/local-cloud.md)
[[ ${lines[0]} == 'npx @tunnel-token-rotator/local-cloud '* ]] || fail "the first line starts no local cloud: ${lines[0]}"
node local-cloud/dist/tunnel-local-cloud.js ${lines[0]#npx @tunnel-token-rotator/local-cloud } > "$scratch/greeting" &
cloud=$!
for _ in $(seq 300); do grep -q '^Ctrl-C' "$scratch/greeting" && break; kill -0 "$cloud" || fail 'it did not start'; sleep 0.1; done
grep -q '^localproxy -e ' "$scratch/greeting" || fail 'it prints no line for the local proxy'

ran=0
for line in "${lines[@]:1}"; do
  if [[ $line == 'aws '* ]] && ! command -v aws > /dev/null; then continue; fi
  eval "$line" > "$scratch/said" 2>&1 || fail "$line: $(cat "$scratch/said")"
  ran=$((ran + 1))
done
echo "$ran of $((${#lines[@]} - 1)) lines of docs/local-cloud.md ran"
