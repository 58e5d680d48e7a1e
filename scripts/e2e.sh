#!/usr/bin/env bash
# Real browsers and real SDKs against the real binary: e2e.sh NAME…, a NAME being a
# script of e2e/package.json (conformance, stories, screenshots).
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh test
scripts/web.sh
cargo build --quiet --package visio-server
for name in "$@"; do npm run --prefix e2e --silent "$name"; done
