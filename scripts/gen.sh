#!/usr/bin/env bash
# Rewrites the committed generated files from the code. The tests fail when one of them is stale.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh run
VISIO_GEN=1 cargo test --quiet --package visio-server --lib generated_
npm run --prefix web --silent gen
git status --short docs web/src/api
