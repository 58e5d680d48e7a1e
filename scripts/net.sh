#!/usr/bin/env bash
# Real Chromium behind emulated bad lines: net.sh [word of a row]… [--beside], the last for livekit-server on the same
# lines. Takes root or user namespaces, and a minute for each row and server. Table and pictures in target/bench/net.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh test
scripts/speech-samples.sh
if [ -z "${VISIO_BINARY:-}" ]; then
    scripts/web.sh
    cargo build --quiet --package visio-server
fi
cargo build --quiet --release --package visio-bench-net
npm run --prefix e2e --silent measure:net -- "$@"
