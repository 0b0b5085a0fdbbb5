# What the walks through documents share, for sourcing: a local cloud that ends with the walk, and waiting for what a process says.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
scratch=$(mktemp -d)
children=()
cleanup() { for child in "${children[@]}"; do kill "$child" 2> /dev/null || true; done; rm -rf "$scratch"; }
trap cleanup EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
cloud_command='node local-cloud/dist/tunnel-local-cloud.js'

# until_said PATTERN FILE PID: waits until a file says this, or the process that writes it is gone.
until_said() {
  for _ in $(seq 1200); do
    if grep -qsE "$1" "$2"; then return; fi
    if ! kill -0 "$3" 2> /dev/null; then grep -qsE "$1" "$2"; return; fi # its last words
    sleep 0.1
  done
  return 1
}

# start_cloud OPTION...: on a free port. What it says at its start stands in $scratch/greeting.
start_cloud() {
  $cloud_command "$@" --port 0 > "$scratch/greeting" 2>&1 &
  children+=($!)
  until_said '^Ctrl-C' "$scratch/greeting" $! || fail "the local cloud did not start: $(cat "$scratch/greeting")"
}

free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }
