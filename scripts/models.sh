#!/usr/bin/env bash
# Fetches and verifies the speech models into $XDG_CACHE_HOME/visio/models (~/.cache/visio/models),
# outside the tree, so that every clone on this machine shares them. Warm, it takes no time.
#
#   scripts/models.sh         fetch what is missing
#   scripts/models.sh path    print the folder
set -euo pipefail
cd "$(dirname "$0")/.."
export VISIO_MODELS__FOLDER=${VISIO_MODELS__FOLDER:-${XDG_CACHE_HOME:-$HOME/.cache}/visio/models}

if [ "${1:-}" = path ]; then
    echo "$VISIO_MODELS__FOLDER"
    exit 0
fi
[ -x target/debug/visio ] || cargo build --quiet --package visio-server
exec target/debug/visio models pull
