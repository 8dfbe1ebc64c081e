#!/bin/sh
# Does docs/adding-an-op.md tell the truth? Copies the tree, applies the page's blocks word for word, builds, and runs
# the suites that try operators for the new one.
#   adding_an_op.sh [SUITE ...]    default: every suite whose name begins with "ops_"; CC, CMAKE, PYTHON name the tools
set -eu
cd "$(dirname "$0")/.." || exit 2
page=docs/adding-an-op.md
op=cube
cmake=${CMAKE:-cmake}
command -v "$cmake" >/dev/null || { echo "cmake is not here"; exit 77; }

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
mkdir "$dir/tree"
tar -cf - --exclude=.git --exclude='./build*' . | tar -xf - -C "$dir/tree"

# Cuts the page into block files 1, 2, ...; N.place holds the file and the beginning of the line that comes before.
awk -v dir="$dir" '
    /^In `[^`]*`, after the line that begins `[^`]*`:$/ {
        split($0, part, "`")
        n++
        printf "%s\n%s\n", part[2], part[4] >(dir "/" n ".place")
        close(dir "/" n ".place")
        waiting = 1
        next
    }
    /^```/ && waiting { waiting = 0; inside = 1; next }
    /^```/ && inside { inside = 0; close(dir "/" n ".block"); next }
    inside { print >(dir "/" n ".block") }
    END { print n + 0 >(dir "/count") }' "$page"

count=$(cat "$dir/count")
[ "$count" -gt 0 ] || { echo "$page: no blocks found"; exit 1; }
i=0
while [ "$i" -lt "$count" ]; do
    i=$((i + 1))
    file=$(sed -n 1p "$dir/$i.place")
    begins=$(sed -n 2p "$dir/$i.place")
    [ -f "$dir/tree/$file" ] || { echo "$page: block $i: there is no $file"; exit 1; }
    [ -s "$dir/$i.block" ] || { echo "$page: block $i for $file is empty"; exit 1; }
    # The place is one line, or the page is not exact enough. Blanks at the beginning of the line do not count.
    awk -v begins="$begins" -v block="$dir/$i.block" '
        { print }
        { line = $0; sub(/^[ \t]+/, "", line) }
        index(line, begins) == 1 {
            found++
            while ((getline text <block) > 0) print text
            close(block)
        }
        END { if (found != 1) { printf "%d lines begin with \"%s\"\n", found, begins >"/dev/stderr"; exit 1 } }' \
        "$dir/tree/$file" >"$dir/new" || { echo "$page: block $i: the place in $file is not found once"; exit 1; }
    cat "$dir/new" >"$dir/tree/$file"
done

# With NumPy and PyTorch the new op gets its numbers as the page says; without, all but their comparison is tried.
python=${PYTHON:-/usr/bin/python3}
numbers=''
if "$python" -c 'import numpy, torch' 2>/dev/null; then
    "$python" "$dir/tree/tests/golden/make_op_golden.py" >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
    numbers=1
fi

{
    "$cmake" -S "$dir/tree" -B "$dir/build" -DLUGE_BUILD_EXAMPLES=OFF -DLUGE_BUILD_BENCH=OFF \
        ${CC:+"-DCMAKE_C_COMPILER=$CC"} &&
        "$cmake" --build "$dir/build" -j "$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)"
} >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }

"$dir/build/luge" ops "$op"

[ $# -gt 0 ] || {
    # shellcheck disable=SC2046 # suites are words
    set -- $("$dir/build/luge-test" --list | grep '^ops_' || true)
}
tried=0
for suite in "$@"; do
    if "$dir/build/luge-test" "$suite" --only "$op/" >"$dir/log" 2>&1; then
        cat "$dir/log"
        tried=$((tried + 1))
    elif ! grep -q 'no check was made' "$dir/log"; then # a suite whose cases are not named after ops
        cat "$dir/log"
        exit 1
    fi
done
[ "$tried" -gt 0 ] || { echo "no suite has tried $op"; exit 1; }
# Whether an op has samples and numbers is asked by the whole suite; what it says of other ops is its own affair.
[ -n "$numbers" ] || exit 0
"$dir/build/luge-test" ops_forward >"$dir/log" 2>&1 || true
if ! grep -q '^ops_forward: [0-9]* checks' "$dir/log" || grep -w "$op" "$dir/log"; then
    tail -n 3 "$dir/log"
    exit 1
fi
