#!/bin/sh
# Installs what the lock file names, once per lock file. Runs on any POSIX sh; needs only npm.
# `--test` also installs the Debian packages of the peers where apt is there and allowed (tools/peers.sh says which are missing).
set -eu
cd "$(dirname "$0")/.."
stamp=node_modules/.gatehouse-lock
want=$(cksum <package-lock.json)
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$want" ] || [ ! -x node_modules/.bin/node ]; then
  echo "gatehouse: installing packages from package-lock.json (once)…" >&2
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  # The pinned Node of this platform goes first on the PATH of npm scripts. npm makes this link for one package of several
  # that carry the same program, and takes it away again with those of other platforms; so it is made here.
  mkdir -p node_modules/.bin
  for node in node_modules/node-*/bin/node; do
    if "$node" --version >/dev/null 2>&1; then ln -sf "../${node#node_modules/}" node_modules/.bin/node; fi
  done
  if [ ! -x node_modules/.bin/node ]; then
    echo "gatehouse: no pinned Node for this platform ($(uname -sm)); Gatehouse runs on Linux x64 and arm64 so far" >&2
    exit 1
  fi
  printf '%s' "$want" >"$stamp"
fi
sh tools/build-console.sh
if [ "${1:-}" = "--test" ]; then sh tools/peers.sh; fi
