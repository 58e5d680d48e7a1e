#!/usr/bin/env bash
# What the captions of a quiet meeting lose beside a room of ninety-six open microphones: in real time,
# with real speech, the server's own scheduler and a real engine on every core. Takes five minutes and
# fails when a line is lost or the 95th percentile of final lines is more than twice as late as alone.
#
#   scripts/bench-share.sh
set -euo pipefail
cd "$(dirname "$0")/.."
samples=${XDG_CACHE_HOME:-$HOME/.cache}/visio/samples

scripts/models.sh
scripts/speech-samples.sh
# Engines are compiled with full optimisation in every profile.
cargo build --quiet --package visio-bench-speech
exec target/debug/visio-bench-speech "$(scripts/models.sh path)/whisper-base.ggml" --share en \
    "$samples/sample.wav" "$samples/jfk.wav" "$samples/dots.wav" "$samples/jfk.wav" "$samples/sample.wav"
