#!/bin/sh
# Installs what the lock file names, once per lock file. Runs on any POSIX sh; needs only npm.
# `--test` also installs the Debian packages of the peers where apt is there and allowed (tools/peers.sh says which are missing).
set -eu
cd "$(dirname "$0")/.."
stamp=node_modules/.gatehouse-lock
want=$(cksum <package-lock.json)
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$want" ]; then
  echo "gatehouse: installing packages from package-lock.json (once)…" >&2
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  printf '%s' "$want" >"$stamp"
fi
if [ "${1:-}" = "--test" ]; then sh tools/peers.sh; fi
