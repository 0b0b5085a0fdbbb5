#!/usr/bin/env bash
# Runs examples/test-your-own-agent as a stranger would: in a folder of its own, with the packed local cloud. The one in Python as well,
# where Python has what it needs (see its requirements.txt). Needs the built bundles and the package registry.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export npm_config_fund=false npm_config_audit=false npm_config_update_notifier=false

(cd "$root" && npm pack --silent --ignore-scripts -w local-cloud --pack-destination "$scratch" > /dev/null)
cp -r "$root/examples/test-your-own-agent" "$scratch/agent" && cd "$scratch/agent"
npm pkg set "devDependencies.@tunnel-token-rotator/local-cloud=file:$(echo "$scratch"/*.tgz)" 'overrides.unrs-resolver=1.11.1'
npm install --silent
npm test --silent

if python3 -c 'import boto3, paho.mqtt.client, websocket' 2> /dev/null; then
  (cd python && LOCAL_CLOUD="node $scratch/agent/node_modules/.bin/tunnel-local-cloud" python3 -m unittest)
else
  echo 'Python has no boto3, paho-mqtt and websocket-client: the example in Python was not run'
fi
