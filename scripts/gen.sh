#!/usr/bin/env bash
# Rewrites the committed generated files. The tests fail when one of them is stale.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh run
scripts/web.sh
VISIO_GEN=1 cargo test --quiet --package visio-server generated
npm run --prefix web --silent gen
git status --short
