#!/usr/bin/env bash
# Shows what a consumer sees who never saw this repository: installs the packed tarball into scratch apps and synthesizes them, on
# the oldest supported and on the newest aws-cdk-lib, without esbuild and without Docker. Then the examples, on the newest.
# Needs the package registry. Usage: scripts/check-consumer.sh [tarball]
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
oldest=(aws-cdk-lib@2.180.0 constructs@10.4.2)
newest=(aws-cdk-lib@2.276.0 constructs@10.8.1)
cli=aws-cdk@2.1148.1
slowest_synth=5

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export CDK_DOCKER=false CDK_DISABLE_CLI_TELEMETRY=true npm_config_fund=false npm_config_audit=false npm_config_update_notifier=false

seconds() { local start=$EPOCHREALTIME; "$@" >&2; awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }'; }
# Processor time: others may use this machine. What the command says goes to standard error.
TIMEFORMAT='%U %S'
work() { { time "$@" >&3 2>&3; } 3>&2 2>&1 | awk '{ printf "%.1f", $1 + $2 }'; }
fast() { awk -v s="$1" -v most="$slowest_synth" 'BEGIN { exit !(s < most) }'; }
fail() { echo "FAILED: $*" >&2; exit 1; }

tarball=${1:-}
if [ -z "$tarball" ]; then
  (cd "$root" && npm pack --silent --pack-destination "$scratch" >/dev/null)
  tarball=$(echo "$scratch"/*.tgz)
fi
tarball=$(realpath "$tarball")
size=$(stat -c %s "$tarball")
echo "tarball: $((size / 1000)) kB"
[ "$size" -lt 1000000 ] || fail "the tarball must stay under 1 MB"

# Synthesizes the app in the current folder; any warning is a failure.
synth() {
  npx cdk synth --quiet --no-notices --output "$1" 2> "$1.log" || { cat "$1.log" >&2; fail "synth of $1"; }
  if grep -iE 'warning|deprecated' "$1.log"; then fail "synth of $1 warned"; fi
}

# Where it is installed, cfn-lint has to be content with every template of the app in the current folder.
lint() {
  command -v cfn-lint > /dev/null || return 0
  cfn-lint --config-file "$root/.cfnlintrc.yaml" -t assembly/*.template.json || fail "cfn-lint of $1"
  echo "$1: cfn-lint is content"
}

consume() { # name, packages...
  local name=$1; shift
  mkdir "$scratch/$name" && cd "$scratch/$name"
  echo '{ "private": true }' > package.json
  echo '{ "app": "node app.js", "versionReporting": false }' > cdk.json
  cat > app.js <<'APP'
const { App, Stack } = require('aws-cdk-lib');
const { TunnelTokenRotator } = require('cdk-tunnel-token-rotator');

const stack = new Stack(new App(), 'Consumer');
new TunnelTokenRotator(stack, 'Rotator');
APP
  local install synthesized
  install=$(seconds npm install --silent "$tarball" "$@" "$cli")
  if [ -e node_modules/esbuild ]; then fail "$name needs esbuild"; fi
  synthesized=$(work synth assembly)
  # Cold caches and a busy machine only ever add to it, so what is slow may try again.
  for _ in 2 3; do fast "$synthesized" && break; synthesized=$(work synth assembly); done
  ls assembly/asset.*/index.js > /dev/null || fail "$name synthesized no bundles"
  echo "$name ($1): install $install s, synth $synthesized s of processor time"
  fast "$synthesized" || fail "synth took more than $slowest_synth s of processor time"
  lint "$name"
}

consume oldest "${oldest[@]}"
consume newest "${newest[@]}"

cd "$scratch/newest"
npm install --silent --save-dev tsx@4 typescript@6.0.3 @types/node@20
for example in "$root"/examples/*/cdk.json; do
  folder=$(dirname "$example"); name=$(basename "$folder")
  [ -e "$folder/main.ts" ] || continue
  cp -r "$folder" "$name" && cd "$name"
  npx tsc --noEmit --strict --skipLibCheck --module node16 --moduleResolution node16 --target es2022 --types node main.ts
  echo "example $name: synth $(seconds synth assembly) s"
  lint "example $name"
  cd ..
done
echo "all consumers synthesized"
