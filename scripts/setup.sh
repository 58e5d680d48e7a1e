#!/usr/bin/env bash
# Installs what is missing, or says the exact command to type.
#
#   scripts/setup.sh run     what building and serving needs
#   scripts/setup.sh check   that, and the tools of `make check`
#   scripts/setup.sh test    that, and what the tests need
#
# A warm call asks nothing of the network and takes a few milliseconds.
set -euo pipefail
cd "$(dirname "$0")/.."
purpose=${1:?run, check or test}

# The oldest versions that build here; older ones fail much later with a worse text.
NODE_MAJOR_MIN=20

stop() {
    printf '\nStopped: %s\n' "$1" >&2
    [ $# -lt 2 ] || printf 'Type this, then try again:\n\n    %s\n\n' "$2" >&2
    exit 1
}

# Prints the Debian package of every part that is absent. A part is looked for by
# what it is used as, not by its package, so that other ways to install it count.
missing_packages() {
    command -v g++ >/dev/null || echo g++
    command -v cmake >/dev/null || echo cmake
    compgen -G '/usr/lib/llvm-*/lib/libclang*.so*' >/dev/null || echo libclang-dev
    command -v python3 >/dev/null || echo python3
    python3 -c 'import importlib.util as u, sys; sys.exit(not u.find_spec("pip"))' 2>/dev/null || echo python3-pip
    [ "$purpose" = run ] || python3 -c 'import ensurepip' 2>/dev/null || echo python3-venv
    [ "$purpose" = test ] || return 0
    command -v chromium >/dev/null || echo chromium
    command -v firefox-esr >/dev/null || echo firefox-esr
    command -v ip >/dev/null || echo iproute2
    command -v openssl >/dev/null || echo openssl
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || echo postgresql
    command -v ffmpeg >/dev/null || echo ffmpeg
    command -v sox >/dev/null || echo sox
}

install_packages() {
    local packages
    packages=$(missing_packages | tr '\n' ' ')
    [ -n "$packages" ] || return 0
    local command="apt-get update && apt-get install -y --no-install-recommends $packages"
    command -v apt-get >/dev/null ||
        stop "these are missing and this is not a Debian: $packages" "install them with your own package manager"
    [ "$(id -u)" = 0 ] || stop "these Debian packages are missing: $packages" "sudo sh -c '$command'"
    echo "Installing $packages(Debian packages)"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
}

check_rust() {
    command -v cargo >/dev/null ||
        stop "Rust is missing (its version is in rust-toolchain.toml)" \
            "curl --proto =https -sSf https://sh.rustup.rs | sh -s -- -y && . ~/.cargo/env"
    cargo --version >/dev/null 2>&1 ||
        stop "the toolchain of rust-toolchain.toml is not installed" "rustup toolchain install"
}

check_node() {
    local found
    found=$(node --version 2>/dev/null || echo none)
    local major=${found#v}
    major=${major%%.*}
    if ! command -v npm >/dev/null || ! [ "$major" -ge "$NODE_MAJOR_MIN" ] 2>/dev/null; then
        stop "the web client is built with Node.js $NODE_MAJOR_MIN or later and npm; found: $found" \
            "install Node.js from your distribution (Debian 13: apt-get install nodejs npm) or from nodejs.org"
    fi
}

# npm packages and the Python environment are re-made when their lock file changes. `npm ci` refuses
# a lock file that lacks packages of other platforms, which a registry that carries only some of them
# makes; `npm install --no-save` installs exactly what the lock file pins, and leaves it alone.
install_npm() {
    local folder=$1
    [ -f "$folder/package-lock.json" ] || return 0
    local stamp=target/setup/npm-${folder//\//-}
    if [ -d "$folder/node_modules" ] && cmp -s "$folder/package-lock.json" "$stamp"; then return 0; fi
    echo "Installing the npm packages of $folder"
    npm install --prefix "$folder" --no-save --no-audit --no-fund --loglevel=error
    cp "$folder/package-lock.json" "$stamp"
}

install_python() {
    local wanted=$1 folder=$2
    local stamp=target/setup/python-${folder//\//-}
    if cmp -s "$wanted" "$stamp"; then return 0; fi
    echo "Installing the Python packages of $wanted in $folder"
    [ -x "$folder/bin/python" ] || python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted"
    cp "$wanted" "$stamp"
}

mkdir -p target/setup
install_packages
check_rust
check_node
install_npm web
if [ "$purpose" = test ]; then
    install_npm e2e
    install_python e2e/requirements.txt target/venv
fi
if [ "$purpose" != run ]; then install_python scripts/requirements.txt target/check; fi
