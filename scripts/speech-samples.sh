#!/usr/bin/env bash
# Real speech for tests and benchmarks: fetched from package registries by their ordinary clients,
# pinned, and kept outside the tree as 16 kHz mono WAV files.
#
#   scripts/speech-samples.sh    prepares $XDG_CACHE_HOME/visio/samples (~/.cache/visio/samples)
#
# English: jfk, dots, sample (a telephone call of two people, with its words in sample.stm).
# German: german. French: fr/*.wav, the prompts of a telephone exchange, with their words in fr.txt.
set -euo pipefail
folder=${XDG_CACHE_HOME:-$HOME/.cache}/visio/samples
# Rises when the folder is to be made anew.
VERSION=1

[ "$(cat "$folder/version" 2>/dev/null)" != "$VERSION" ] || exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

stop() {
    printf 'The speech samples could not be prepared: %s\n' "$1" >&2
    exit 1
}

pinned() {
    echo "$1  $2" | sha256sum --check --status || stop "$(basename "$2") is not the pinned file"
}

as_16_khz() {
    sox "$1" --rate 16000 --channels 1 --bits 16 --no-dither "$2"
}

command -v sox >/dev/null || stop "sox is missing: apt-get install sox"
mkdir -p "$folder/fr"
echo "Preparing speech samples in $folder"

# English and German: the samples of a crate.
mkdir -p "$work/crate/src"
touch "$work/crate/src/lib.rs"
cat >"$work/crate/Cargo.toml" <<'TOML'
[package]
name = "samples"
version = "0.0.0"
edition = "2024"
[dependencies]
transcribe-rs = { version = "=0.3.12", default-features = false }
[workspace]
TOML
manifest=$(cargo metadata --quiet --format-version 1 --manifest-path "$work/crate/Cargo.toml" |
    grep -oE '"manifest_path":"[^"]*transcribe-rs-[^"]*"' | cut -d'"' -f4) ||
    stop "cargo could not fetch the crate transcribe-rs"
crate=$(dirname "$manifest")/samples
pinned 59dfb9a4acb36fe2a2affc14bacbee2920ff435cb13cc314a08c13f66ba7860e "$crate/jfk.wav"
pinned 9ee00cc1b837d6c5c554b3ff491b3c48609849bff875a9d5ae35a57c17fbceeb "$crate/dots.wav"
pinned 2c2e0c9dd68a896d5ab8629b23d221574e16905e2454a72c63cc62d3427f178d "$crate/german.wav"
for name in jfk dots german; do as_16_khz "$crate/$name.wav" "$folder/$name.wav"; done

# A telephone call: the sample of a Python package.
python3 -m pip download --quiet --no-deps --disable-pip-version-check --dest "$work" pyannote-audio==4.0.7 ||
    stop "pip could not fetch pyannote-audio"
wheel=$work/pyannote_audio-4.0.7-py3-none-any.whl
pinned 852ea15c4d85bc34773e618267603ffca6a521669a74d33742692cc67fc700d6 "$wheel"
python3 -m zipfile -e "$wheel" "$work/wheel"
as_16_khz "$work/wheel/pyannote/audio/sample/sample.wav" "$folder/sample.wav"
cp "$work/wheel/pyannote/audio/sample/sample.stm" "$folder/sample.stm"

# French: a Debian package.
(
    cd "$work"
    packages="asterisk-core-sounds-fr-wav=1.6.1-1 asterisk-core-sounds-fr=1.6.1-1"
    apt-get download -qq $packages 2>/dev/null ||
        { apt-get update -qq && apt-get download -qq $packages 2>/dev/null; }
) || stop "apt-get could not fetch the French prompts (is this Debian 12? try: apt-get update)"
pinned 8d4e1bc32ed5ba7fbda40841ca1825ed20cc6232724a473c90f8bb0e53e6073e "$work/asterisk-core-sounds-fr-wav_1.6.1-1_all.deb"
pinned 04c82c78c570c43a7136cbc5e2488d0c470b775468dff9fbce4a131b18cf1056 "$work/asterisk-core-sounds-fr_1.6.1-1_all.deb"
for package in "$work"/*.deb; do dpkg-deb --extract "$package" "$work/deb"; done
zcat "$work/deb/usr/share/doc/asterisk-core-sounds-fr/core-sounds-fr.txt.gz" >"$folder/fr.txt"
cd "$work/deb/usr/share/asterisk/sounds/fr_CA_f_June"
find . -name '*.wav' -printf '%P\n' | while read -r prompt; do
    as_16_khz "$prompt" "$folder/fr/${prompt//\//-}"
done

echo "$VERSION" >"$folder/version"
