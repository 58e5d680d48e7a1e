#!/usr/bin/env bash
# Mutates the corpus of every parser for a while. What crashes is written to fuzz/corpus,
# with the line that replays it; committed, it is replayed by every `cargo test`.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo run --quiet --release --package visio-fuzz -- \
    --seconds "${SECONDS_PER_TARGET:-30}" ${SEED:+--seed "$SEED"} "$@"
