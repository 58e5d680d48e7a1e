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
# The server looks in its data folder, no matter who starts it; a link takes no room there.
models=${VISIO_MODELS__FOLDER:-${VISIO_DATA__FOLDER:-data}/models}
(umask 077 && mkdir -p "$models")
for model in "$(scripts/models.sh path)"/*; do
    [ ! -f "$model" ] || [ -e "$models/${model##*/}" ] || ln "$model" "$models" 2>/dev/null || cp "$model" "$models"
done
exec target/debug/visio serve "$@"
