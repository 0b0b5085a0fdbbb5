#!/usr/bin/env bash
# Shows that the local cloud's package is all that somebody else's tests need: packs it, installs the tarball alone into an empty folder
# (nothing else comes along), runs the command, uses `startLocalCloud` from CommonJS, from an ES module and from TypeScript, old way and
# new, and drives it with the aws command line where that is installed.
# Needs the built bundles, and the package registry for TypeScript. Usage: scripts/check-local-cloud-package.sh [tarball]
set -euo pipefail

. "$(dirname "$0")/stranger.sh"

install_alone local-cloud "${1:-}"
npx --no-install tunnel-local-cloud --help | grep -q 'Usage: tunnel-local-cloud' || fail '--help'
code=0; npx --no-install tunnel-local-cloud --sunshine 2> said || code=$?
[ "$code" = 2 ] && grep -q -- '--sunshine' said || fail "an unknown option: $code $(cat said)"
echo "tunnel-local-cloud runs from the tarball alone: $kilobytes kB"

cat > use.cjs <<'JS'
/** Opens and describes a tunnel without any SDK, then ends the cloud. */
exports.use = async function use(cloud) {
  const call = async (action, input) => {
    const response = await fetch(cloud.endpoint, {
      method: 'POST', body: JSON.stringify(input),
      headers: { 'x-amz-target': `IoTSecuredTunneling.${action}`, 'authorization': 'AWS4-HMAC-SHA256 Credential=LOCALUSER/20260101/eu-west-1/x/aws4_request' },
    });
    return response.json();
  };
  const { tunnelId } = await call('OpenTunnel', {});
  const { tunnel } = await call('DescribeTunnel', { tunnelId });
  await cloud.close();
  if (tunnel.status !== 'OPEN') throw new Error(`the tunnel is ${tunnel.status}`);
};
JS
node -e "require('$name').startLocalCloud().then(require('./use.cjs').use)" || fail 'require'
node --input-type=module -e "import { startLocalCloud } from '$name'; import { use } from './use.cjs'; await use(await startLocalCloud({ tls: true }));" || fail 'import'

cat > embed.ts <<'TS'
import { AdjustableClock, startLocalCloud, type Deployment, type LocalCloudOptions, type RunningCloud } from '@tunnel-token-rotator/local-cloud';

export async function tomorrow(): Promise<string> {
  const options: LocalCloudOptions = { clock: new AdjustableClock(), tunneling: { rotateKicksConnected: false } };
  const cloud: RunningCloud = await startLocalCloud(options);
  const deployment: Deployment = await cloud.deploy('cdk.out');
  await cloud.advance(86_400_000);
  await cloud.close();
  return cloud.env.AWS_ENDPOINT_URL + deployment.stackName;
}
// @ts-expect-error: its switches are known by name
void startLocalCloud({ tunneling: { sunshine: true } });
TS
compile embed.ts
echo 'startLocalCloud works from CommonJS, from an ES module and in TypeScript'

if ! command -v aws > /dev/null; then
  echo 'the aws command line is not installed: not driven with it'
  exit 0
fi
node_modules/.bin/tunnel-local-cloud --port 0 > greeting & # itself, not npx: a signal must reach it
child=$!
for _ in $(seq 300); do grep -q '^Ctrl-C' greeting && break; sleep 0.1; done
eval "$(grep '^export ' greeting)"
tunnel=$(aws iotsecuretunneling open-tunnel --destination-config thingName=pump-7,services=SSH --query tunnelId --output text)
[ "$(aws iotsecuretunneling describe-tunnel --tunnel-id "$tunnel" --query tunnel.status --output text)" = OPEN ] || fail 'describe-tunnel'
aws iotsecuretunneling rotate-tunnel-access-token --tunnel-id "$tunnel" --client-mode SOURCE --query sourceAccessToken --output text | grep -q LOCALCAT || fail 'rotate'
aws secretsmanager create-secret --name pump-7/source --secret-string nothing > /dev/null
[ "$(aws secretsmanager get-secret-value --secret-id pump-7/source --query SecretString --output text)" = nothing ] || fail 'get-secret-value'
aws iotsecuretunneling close-tunnel --tunnel-id "$tunnel"
echo 'the aws command line works against it'
