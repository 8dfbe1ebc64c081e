#!/bin/sh
# cmake/sources.cmake names every source in the tree, and nothing that is not there.
set -u
cd "$(dirname "$0")/.." || exit 2

# Names of a list in sources.cmake, one a line.
list() {
    sed -n "/^set($1\$/,/^)/{/^set(/d;/^)/d;s/#.*//;p;}" cmake/sources.cmake | tr -s ' \t' '\n' | grep . || true
}

listed=$({
    for name in HEADERS SOURCES EXTRA_SOURCES ISA_SOURCES CLI_SOURCES TEST_SOURCES; do list "LUGE_$name"; done
    { list LUGE_TEST_PROGRAMS && list LUGE_ISA_TEST_PROGRAMS; } | sed 's,.*,tests/&.c,'
    list LUGE_FUZZ | sed 's,.*,tests/fuzz/&.c,'
    [ -z "$(list LUGE_FUZZ)" ] || echo tests/fuzz/driver.c
    { list LUGE_EXAMPLES && list LUGE_DATA_EXAMPLES; } | sed 's,.*,examples/&.c,'
    list LUGE_BENCH | sed 's,.*,bench/&.c,'
    list LUGE_BENCH_PEERS | sed 's,.*,bench/peers/&.c,'
} | sort)
present=$({
    find src tests examples bench -name '*.c'
    find include -name '*.h'
} | sort)

status=0
twice=$(echo "$listed" | uniq -d)
[ -z "$twice" ] || { echo "listed twice: $twice"; status=1; }
[ "$listed" = "$present" ] && exit "$status"
for file in $listed; do
    [ -f "$file" ] || { echo "listed in cmake/sources.cmake, not there: $file"; status=1; }
done
for file in $present; do
    echo "$listed" | grep -qxF "$file" || { echo "not listed in cmake/sources.cmake: $file"; status=1; }
done
exit "$status"
