#!/usr/bin/env bash
# What can be said of the code without running it. The same in CI and here.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh run
scripts/web.sh
step() { printf '== %s\n' "$*"; "$@"; }

step cargo fmt --all --check
step cargo clippy --quiet --workspace --all-targets -- --deny warnings
step cargo test --quiet --package visio-tidy
step npm run --prefix web --silent typecheck
step npm run --prefix web --silent lint
# Two more that a fresh machine does not have; CI and reviewers run them when present.
if command -v typos >/dev/null; then step typos; else echo "-- typos is not installed: cargo install typos-cli"; fi
if command -v cargo-deny >/dev/null; then step cargo deny --log-level error check; else
    echo "-- cargo-deny is not installed: cargo install cargo-deny"
fi
