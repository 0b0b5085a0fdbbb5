#!/usr/bin/env bash
# Runs every console line of docs/local-cloud.md against the local cloud that the first of them starts, on a free port in place of the
# document's; then looks that every option in its prose is one, and starts AWS's own proxy as it says. Lines of the aws command line and the
# proxy are left out where they are not installed, and that is said. Needs the built bundles.
set -euo pipefail
. "$(dirname "$0")/walk.sh"

document=docs/local-cloud.md
mapfile -t lines < <(awk '/^```console$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$document")
[[ ${lines[0]} == 'npx @tunnel-token-rotator/local-cloud '* ]] || fail "the first line starts no local cloud: ${lines[0]}"
# shellcheck disable=SC2086
start_cloud ${lines[0]#npx @tunnel-token-rotator/local-cloud }
port=$(sed -n 's/^export AWS_ENDPOINT_URL=.*:\([0-9]*\)$/\1/p' "$scratch/greeting")

ran=0 left=0
for line in "${lines[@]:1}"; do
  if [[ $line == 'aws '* ]] && ! command -v aws > /dev/null; then left=$((left + 1)); continue; fi
  eval "${line//4566/$port}" > "$scratch/said" 2>&1 || fail "$line: $(cat "$scratch/said")"
  ran=$((ran + 1))
done
echo "$ran of $((${#lines[@]} - 1)) console lines of $document ran$([ $left = 0 ] || echo "; $left need the aws command line, which is not installed")"

$cloud_command --help > "$scratch/help"
switches=$(curl --silent --fail "http://127.0.0.1:$port/_local/tunneling")
prose=$(sed '/^<!-- conformance: begin/,/^<!-- conformance: end/d; /^aws /d; /^curl /d; s/npm run [^`]*//g' "$document")
for option in $(echo "$prose" | grep -oE '(^|[^-[:alnum:]])--[a-z][a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u); do
  [ "$option" = --endpoint-url ] || grep -qE -- "^ +$option( |$)" "$scratch/help" || fail "it speaks of $option, which --help does not know"
done
for switch in $(echo "$prose" | grep -oE '`[a-z]+[A-Z][A-Za-z]*`|--behave [A-Za-z]+' | grep -oE '[a-z]+[A-Z][A-Za-z]*'); do
  [ "$switch" = startLocalCloud ] || [[ $switches == *"\"$switch\""* ]] || fail "it speaks of the switch $switch, which is none"
done
echo "every option and switch that $document speaks of is one"

if ! command -v localproxy > /dev/null; then echo 'localproxy is not on PATH: its line was not run'; exit 0; fi
line=$(grep -oE '`localproxy [^`]+`' "$document" | tr -d '`')
folder=$(sed -n 's/^localproxy -e .* -c \([^ ]*\) .*/\1/p' "$scratch/greeting")
token=$(curl --silent --fail "http://127.0.0.1:$port/" -H 'x-amz-target: IoTSecuredTunneling.OpenTunnel' -d '{"destinationConfig":{"services":["SSH"]}}' \
  -H 'authorization: AWS4-HMAC-SHA256 Credential=LOCALUSER/20260101/eu-west-1/x/aws4_request' | sed 's/.*"sourceAccessToken":"\([^"]*\)".*/\1/')
local_port=$(free_port)
line=${line//4566/$port} line=${line//FOLDER/$folder} line=${line//5555/$local_port}
AWSIOT_TUNNEL_ACCESS_TOKEN=$token $line > "$scratch/proxy" 2>&1 &
proxy=$!
children+=("$proxy")
until_said 'Listening for new connection' "$scratch/proxy" "$proxy" || fail "$line: $(tail -n 3 "$scratch/proxy" | sed "s/$token/TOKEN/g")"
echo 'the official local proxy starts as it says'
