#!/bin/sh
# Builds the console (web/dist) when it is missing or its sources changed; otherwise takes some milliseconds.
# Built beside and then moved, so that a gateway that starts meanwhile never sees half of it.
set -eu
cd "$(dirname "$0")/.."
# The console shares pure code with the server: core and protocol.
want=$(find web/index.html web/vite.config.ts web/public web/src src/core src/protocol package-lock.json -type f ! -name '*.test.ts' \
  -exec cksum {} + | LC_ALL=C sort | cksum)
if [ -f web/dist/.stamp ] && [ "$(cat web/dist/.stamp)" = "$want" ]; then exit 0; fi
echo "gatehouse: building the console…" >&2
made=web/.dist-$$
trap 'rm -rf "$made" "$made.old"' EXIT INT TERM
PATH="$PWD/node_modules/.bin:$PATH" node node_modules/vite/bin/vite.js build --config web/vite.config.ts --outDir "../$made" --logLevel warn
printf '%s' "$want" >"$made/.stamp"
if [ -d web/dist ]; then mv web/dist "$made.old"; fi
mv "$made" web/dist
