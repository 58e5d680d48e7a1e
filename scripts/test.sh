#!/usr/bin/env bash
# Every test there is, in stages, with the wall and CPU seconds of each; logs in target/test.
#
#   scripts/test.sh               all stages
#   scripts/test.sh rust web      only these
#
# The last line is the sum over the stages: `N passed, N failed`. A stage for which the machine lacks
# something that is not installed for it (Go) is named above it as not run.
set -euo pipefail
cd "$(dirname "$0")/.."
export NO_COLOR=1 CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}

# The end of a failed stage's log that is worth showing before the whole file is opened.
TAIL_LINES=80
# What a stage ends with that cannot be run on this machine.
NOT_RUN_STATUS=3
logs=target/test
passed_total=0
failed_total=0
not_run=()
failures=()
wanted=("$@")

# Adds up what the runners themselves say and prints "passed failed skipped":
#   test result: ok. 12 passed; 0 failed; …      (cargo)
#        Tests  3 failed | 40 passed (43)        (vitest)
#   conformance: 40 passed, 0 failed             (e2e)
#   go suites: 60 passed, 0 failed, 4 later       (e2e, LiveKit's own tests)
#   acme: 9 passed, 0 failed                      (e2e, certificates)
#   # pass 5        # fail 0                      (node --test)
count() {
    awk '
        function number_before(word,    at) { return match($0, "[0-9]+ " word) ? substr($0, RSTART) + 0 : 0 }
        /^test result:/ || /^ *Tests  / || /^[a-z0-9 :-]*[0-9]+ passed, [0-9]+ failed/ {
            passed += number_before("passed"); failed += number_before("failed")
            skipped += number_before("ignored") + number_before("skipped")
        }
        /^(#|ℹ) pass [0-9]+/ { passed += $3 }
        /^(#|ℹ) fail [0-9]+/ { failed += $3 }
        END { print passed + 0, failed + 0, skipped + 0 }
    ' "$1"
}

# What failed by name in the log of a stage, a line each: cargo, conformance and stories, vitest.
failed_tests() {
    sed -nE 's/^test (.*) \.\.\. FAILED$/\1/p; s/^---- (.*) stdout ----$/\1/p; s/^(FAIL .*)$/\1/p; s/^ +FAIL +(.*)$/\1/p; s/^ *✖ (.*)$/\1/p' "$1" |
        sort -u
}

chosen() {
    [ ${#wanted[@]} -gt 0 ] || return 0
    local each
    for each in "${wanted[@]}"; do [ "$each" != "$1" ] || return 0; done
    return 1
}

# stage NAME COMMAND…: runs it, counts, prints one line; a failure is told and the rest goes on.
stage() {
    local name=$1 status=0
    shift
    chosen "$name" || return 0
    local log=$logs/$name.log
    local TIMEFORMAT='%R %U %S'
    { time "$@" >"$log" 2>&1; } 2>"$logs/$name.time" || status=$?
    local wall user sys
    read -r wall user sys < <(tail -n 1 "$logs/$name.time")
    if [ $status -eq $NOT_RUN_STATUS ]; then
        not_run+=("$name, $(grep -m 1 '^not run: ' "$log" || echo "see $log")")
        return
    fi
    local passed failed skipped
    read -r passed failed skipped < <(count "$log")
    # A stage that broke before its runner could count is one failure, never none.
    if [ $status -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
    passed_total=$((passed_total + passed))
    failed_total=$((failed_total + failed))
    awk -v name="$name" -v wall="$wall" -v user="$user" -v sys="$sys" -v passed="$passed" -v failed="$failed" -v skipped="$skipped" \
        'BEGIN {
            printf "%-12s %8.1f s wall %8.1f s CPU %6d passed %4d failed", name, wall, user + sys, passed, failed
            print (skipped ? sprintf(" %4d skipped", skipped) : "")
        }'
    if [ "$failed" -gt 0 ]; then
        # Said once more at the very end: between here and there a whole stage may print.
        while read -r line; do failures+=("$name: $line"); done < <(failed_tests "$log" | grep . || echo "see $log")
        echo "---- the last $TAIL_LINES lines of $log"
        tail -n "$TAIL_LINES" "$log"
        echo "----"
    fi
}

# What only some tests need, and what needs the network: its absence is told here and stops
# nothing; the tests that listen to speech then fail, and name the script to type.
prepare() {
    local name=$1
    shift
    "$@" >"$logs/$name.log" 2>&1 || printf '%-12s not to be had here: %s\n' "$name" "$(tail -n 1 "$logs/$name.log")"
}

web_tests() {
    npm run --prefix web --silent typecheck
    npm run --prefix web --silent lint
    npm run --prefix web --silent test
}

e2e_types() {
    npm run --prefix e2e --silent check
    npm run --prefix e2e --silent test:measure
}

mkdir -p "$logs"
stage setup scripts/setup.sh test
[ "$failed_total" -eq 0 ] || exit 1
stage webbuild scripts/web.sh
stage build cargo build --quiet --tests --bins
stage lint scripts/check.sh rust
if chosen rust || chosen stories; then
    prepare models scripts/models.sh
    prepare speech scripts/speech-samples.sh
fi
stage rust cargo test --quiet --no-fail-fast
stage web web_tests
stage e2etypes e2e_types
stage conformance npm run --prefix e2e --silent conformance
stage gosuites npm run --prefix e2e --silent conformance:go
stage acme npm run --prefix e2e --silent acme
stage stories npm run --prefix e2e --silent stories

[ ${#not_run[@]} -eq 0 ] || printf '%s\n' "${not_run[@]}"
[ ${#failures[@]} -eq 0 ] || printf 'failed, %s\n' "${failures[@]}"
echo "$passed_total passed, $failed_total failed"
[ "$failed_total" -eq 0 ]
