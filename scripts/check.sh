#!/usr/bin/env bash
# What can be said of the code without running it. The same in CI and here.
#
#   scripts/check.sh         everything
#   scripts/check.sh rust    formatting and lints of the Rust code, spelling, licences
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh check
scripts/web.sh
tools=target/check/bin
step() { printf '== %s\n' "$*"; "$@"; }

step cargo fmt --all --check
step cargo clippy --quiet --workspace --all-targets -- --deny warnings
step "$tools/typos"
# Known vulnerabilities are asked of a database elsewhere: `cargo deny check advisories` where it is reachable.
PATH=$tools:$PATH step cargo deny --log-level error check bans licenses sources
[ "${1:-}" != rust ] || exit 0
step cargo test --quiet --package visio-tidy
step npm run --prefix web --silent typecheck
step npm run --prefix web --silent lint
