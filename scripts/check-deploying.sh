#!/usr/bin/env bash
# Walks through docs/deploying.md on the local cloud, which deployed what `cdk synth` wrote: runs every line of its steps 2 to 5 that is not marked as
# needing an account, cuts the session in between, and sees it come back with a rotation. Needs the built bundles and the aws command line.
set -euo pipefail
if ! command -v aws > /dev/null; then echo 'the aws command line is not installed: docs/deploying.md was not tried'; exit 0; fi
. "$(dirname "$0")/walk.sh"

npx cdk synth --quiet --output "$scratch/cdk.out" 2> /dev/null
start_cloud --deploy "$scratch/cdk.out"
eval "$(grep '^export ' "$scratch/greeting")"
prefix=$(sed -n 's/^ *SecretPrefix = //p' "$scratch/greeting")

local_port=$(free_port)
# The device's proxy, and the source as its package has it.
localproxy() { exec node_modules/.bin/tsx scripts/device-of-the-docs.ts; }
npx() { shift; node connector/dist/tunnel-source.js "$@" --json; }

# Steps 2 to 5, a block at a time; lines that only an account can answer are left out.
awk '/^## 2/ { on = 1 } /^## What stays/ { on = 0 } !on { next } /^```sh$/ { inside = 1; next } /^```$/ { inside = 0 } inside' docs/deploying.md > "$scratch/lines"
left=$(grep -c 'needs an account' "$scratch/lines")
grep -vE 'needs an account|^resource\(\)' "$scratch/lines" > "$scratch/walk"
before=$(sed '/^npx @tunnel-token-rotator/,$d' "$scratch/walk")
session=$(grep '^npx @tunnel-token-rotator' "$scratch/walk")
after=$(sed '1,/^npx @tunnel-token-rotator/d' "$scratch/walk")

eval "$before" > "$scratch/before" 2>&1 || fail "$before: $(cat "$scratch/before")"
children+=($(jobs -p))
eval "${session//5555/$local_port} > '$scratch/session' 2> '$scratch/news' &"
source=$!
children+=("$source")
until_said '"state":"connected"' "$scratch/session" "$source" || fail "$session: $(cat "$scratch/news")"

curl --silent --fail --request POST "$AWS_ENDPOINT_URL/_local/tunnels/$tunnel/source/cut" --header "content-type: application/json" --data "{}" > /dev/null || fail "the session could not be cut"
until_said '"drops":1,.*"state":"connected"' "$scratch/session" "$source" || fail "it does not come back after a cut: $(tail -n 3 "$scratch/session" "$scratch/news")"

eval "$after" > "$scratch/after" 2>&1 || fail "$after: $(cat "$scratch/after")"
until_said '"state":"ended"' "$scratch/session" "$source" || fail 'the session does not end with its tunnel'
! grep -q LOCALCAT "$scratch/session" "$scratch/news" "$scratch/before" "$scratch/after" || fail 'a token was shown'
echo "docs/deploying.md: $(grep -c . "$scratch/walk") lines ran on the local cloud, $left need an account; one cut, and the session came back"
