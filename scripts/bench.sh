#!/usr/bin/env bash
# The figures of README's "How fast": one table each, Markdown on the screen, JSON in target/bench.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh run
scripts/web.sh
mkdir -p target/bench
cargo build --quiet --release --package visio-server --package visio-bench
for bench in "${@:-forward}"; do target/release/visio-bench "$bench"; done
