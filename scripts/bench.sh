#!/usr/bin/env bash
# What a packet, a meeting and an idle server cost: bench.sh [forward|meeting|memory|flood]…, without
# arguments all but flood, which takes six minutes. Tables on the screen, JSON in target/bench. `visio-bench floor` says whether the machine
# is quiet enough; speech has a bench of its own in bench-speech.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh run
scripts/web.sh
cargo build --release --package visio-server --package visio-bench
models=$(scripts/models.sh path)
[ $# -gt 0 ] || set -- forward meeting memory
for bench in "$@"; do
    printf '\n## %s\n\n' "$bench"
    if [ "$bench" = memory ]; then
        target/release/visio-bench memory --models "$models"
    else
        target/release/visio-bench "$bench"
    fi
done
