#!/bin/sh
# ctest runs every suite of the runner, and the runner knows every suite that ctest runs.
#   check_suites.sh build/luge-test SUITE ...
set -u
[ $# -gt 0 ] || { echo "usage: check_suites.sh RUNNER SUITE ..." >&2; exit 2; }
runner=$1
shift
known=$("$runner" --list) || { echo "$runner --list failed"; exit 1; }
status=0
for suite in "$@"; do
    echo "$known" | grep -qxF -e "$suite" || { echo "in LUGE_TEST_SUITES, not in the runner: $suite"; status=1; }
done
for suite in $known; do
    case " $* " in *" $suite "*) ;; *) echo "in the runner, not in LUGE_TEST_SUITES: $suite"; status=1 ;; esac
done
exit "$status"
