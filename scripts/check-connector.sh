#!/usr/bin/env bash
# Shows that the connector's package is all that an operator needs: packs it, installs the tarball alone into an empty folder (less than
# 3 MB, no CDK, no SDK), runs the command, and uses `connect` from CommonJS, from an ES module and from TypeScript, old way and new.
# Needs the built bundles, and the package registry for TypeScript. Usage: scripts/check-connector.sh [tarball]
set -euo pipefail

. "$(dirname "$0")/stranger.sh"

install_alone connector "${1:-}"
npx --no-install tunnel-source --help | grep -q 'tunnel-source --tunnel-id ID' || fail '--help'
code=0; npx --no-install tunnel-source 2> said || code=$?
[ "$code" = 2 ] && grep -q 'Which tunnel' said || fail "no arguments: $code $(cat said)"
# Port 9 is nobody's: it gets as far as a call to AWS, and says so.
code=0
AWS_ENDPOINT_URL=http://127.0.0.1:9 AWS_ACCESS_KEY_ID=none AWS_SECRET_ACCESS_KEY=none XDG_RUNTIME_DIR=$scratch \
  npx --no-install tunnel-source --tunnel-id T --prefix p --region eu-west-1 -- true 2> said || code=$?
[ "$code" = 20 ] && grep -q 'iot:DescribeTunnel failed: ECONNREFUSED' said || fail "AWS out of reach: $code $(cat said)"
echo "tunnel-source runs from the tarball alone: $kilobytes kB"

cat > embed.ts <<'TS'
import { connect, ENDINGS, type Connection, type State } from '@tunnel-token-rotator/source';

export async function keep(tunnelId: string): Promise<number> {
  const connection: Connection = connect({ tunnelId, secretPrefix: 'p', command: ['localproxy', '-s', 'SSH=5555'], policy: { maxFailures: 3 } });
  const drops = (state: State): number => state.drops;
  for await (const state of connection) {
    if (state.state === 'connected') console.log(state.generation, drops(state), state.lastRecovery);
  }
  const { name, exitCode } = await connection.ended;
  return name === 'closed' ? ENDINGS.closed[0] : exitCode;
}
// @ts-expect-error: what it needs is known
connect({ tunnelId: 'T' });
TS
node -e "if (typeof require('$name').connect !== 'function') process.exit(1)" || fail 'require'
node --input-type=module -e "import { connect, ENDINGS } from '$name'; process.exit(connect && ENDINGS.closed[0] === 10 ? 0 : 1)" || fail 'import'
compile embed.ts
echo 'connect works from CommonJS, from an ES module and in TypeScript'
