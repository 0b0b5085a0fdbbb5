#!/bin/sh
# A shell on the device that outlives drops: what runs there runs in tmux, and this attaches to it again after each drop.
#
#   tunnel-source --thing pump-7 --prefix tunnel-tokens/Tunnels-Rotator -s SSH=5555     # in another terminal
#   ./reattach.sh pump-7-port
#
# Detach with Ctrl-b d, or leave the shell, and it ends. Needs tmux on the device. SSH is the command to use (default: ssh).
set -u
host=${1:?which host?}
session=${2:-main}
while :; do
  ${SSH:-ssh} -t "$host" "tmux new-session -A -s '$session'" && exit 0
  # 255 is ssh's own failure: the connection was lost, or is not there yet. Anything else came from the device.
  code=$?
  [ "$code" = 255 ] || exit "$code"
  echo "The connection is gone; attaching again." >&2
  sleep "${PAUSE:-2}"
done
