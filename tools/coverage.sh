#!/bin/sh
# How much of what reads files the tests reach: builds with --coverage, runs the suites and short fuzz runs, and prints
# for each reader its lines of code and the share that ran.
#   coverage.sh [FILE ...]     sources under src to show; default: the readers
set -u
cd "$(dirname "$0")/.." || exit 2
build="build-coverage"
gcov=${GCOV:-gcov}
suites="core file number json graph_json tensor_file tensor_hostile resume model_hostile model_oom array csv data"
readers="core/json_read.c core/number.c core/source.c core/file.c io/tensor_read.c io/tensor_types.c train/load.c
    train/load_training.c train/file.c train/graph_json.c data/idx.c data/npy.c data/window.c data/csv.c data/csv_read.c"

command -v "$gcov" >/dev/null || { echo "please install gcov (it comes with gcc)" >&2; exit 1; }
configure() {
    cmake -B "$build" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_COMPILER="${CC:-gcc}" -DCMAKE_C_FLAGS="--coverage -O0" \
        -DLUGE_BUILD_EXAMPLES=OFF -DLUGE_BUILD_BENCH=OFF
}
compile() {
    cmake --build "$build" -j "$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)"
}
if ! { configure && compile; } >"$build.log" 2>&1; then
    cat "$build.log"
    rm -f "$build.log"
    exit 1
fi
rm -f "$build.log"
find "$build" -name '*.gcda' -exec rm -f {} +

status=0
known=$("$build/luge-test" --list)
for suite in $suites; do
    echo "$known" | grep -qxF "$suite" || continue
    "$build/luge-test" "$suite" >"$build/suite.log" 2>&1 || { status=1 && tail -n 20 "$build/suite.log"; }
done
for program in "$build"/tests/fuzz_*; do
    [ -x "$program" ] || continue
    case $program in *_model) n=2000 ;; *) n=20000 ;; esac
    (cd "$build" && "tests/${program##*/}" "$n" >fuzz.log 2>&1) || { status=1 && tail -n 20 "$build/fuzz.log"; }
done

[ $# -eq 0 ] || readers=$*
printf '  %-28s %6s %10s\n' reader lines covered
for reader in $readers; do
    reader=${reader#src/}
    [ -f "src/$reader" ] || continue
    notes=$(find "$build" -path "*luge_objects.dir/src/$reader.gcno")
    [ -n "$notes" ] || { echo "  $reader was not built" && status=1 && continue; }
    "$gcov" -n "$notes" 2>/dev/null | awk -v file="$reader" -v name="src/$reader" '
        /^File/ { ours = index($0, name "\047") }
        /^Lines executed/ && ours {
            split($0, part, /[:% ]+/)
            printf "  %-28s %6d %9s%%\n", file, $NF, part[3]
            exit
        }'
done
exit "$status"
