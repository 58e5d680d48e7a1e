#!/usr/bin/env bash
# From a clone to a server that answers; arguments go to `visio serve`.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh run
scripts/web.sh
echo "Building the server (minutes the first time, seconds later)"
cargo build --package visio-server
# Without models the server starts, and its log says why there are no captions.
scripts/models.sh || echo "The speech models could not be prepared: captions stay off until 'make models' succeeds." >&2
VISIO_MODELS__FOLDER=$(scripts/models.sh path)
export VISIO_MODELS__FOLDER
exec target/debug/visio serve "$@"
