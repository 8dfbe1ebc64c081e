#!/bin/sh
# Each public header compiles alone, twice in a row, as pedantic C99 and as C++11.
#   check_headers.sh [graph.h ...]    default: every header; CC and CXX name the compilers
set -u
cd "$(dirname "$0")/.." || exit 2
[ $# -gt 0 ] || set -- include/luge/*.h
cc=${CC:-cc}
cxx=${CXX:-}
for candidate in c++ g++ clang++; do
    [ -n "$cxx" ] || ! command -v "$candidate" >/dev/null || cxx=$candidate
done
strict='-pedantic -Wall -Wextra -Wshadow -Wconversion -Wundef -Werror -fsyntax-only -Iinclude'
c_only='-std=c99 -Wstrict-prototypes -Wmissing-prototypes'
cxx_only='-std=c++11 -Wold-style-cast'

# check HEADER LANGUAGE COMPILER-AND-FLAGS
check() {
    # shellcheck disable=SC2086 # flags are words
    printf '#include <luge/%s>\n#include <luge/%s>\nextern int nothing;\n' "$1" "$1" | $3 $strict -x "$2" - && return
    echo "luge/$1 does not compile alone: $3"
    status=1
}

status=0
for header in "$@"; do
    header=${header##*/}
    check "$header" c "$cc $c_only"
    [ -z "$cxx" ] || check "$header" c++ "$cxx $cxx_only"
done
if [ "$status" = 0 ] && [ -z "$cxx" ]; then
    echo "no C++ compiler found: only C99 was checked"
    exit 77
fi
exit "$status"
