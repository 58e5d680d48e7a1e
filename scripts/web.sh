#!/usr/bin/env bash
# Builds the web client into web/dist, unless nothing that it is made of has changed.
set -euo pipefail
cd "$(dirname "$0")/.."

[ -f web/package.json ] || exit 0
# Names, sizes and contents of the sources in one sum: a touched file costs nothing.
sum=$(find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' -print0 |
    sort -z | xargs -0 sha256sum | sha256sum)
stamp=target/setup/web-sources
mkdir -p target/setup
if [ -f web/dist/index.html ] && [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ]; then exit 0; fi
echo "Building the web client"
npm run --prefix web --silent build
echo "$sum" >"$stamp"
