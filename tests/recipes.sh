#!/bin/sh
# A recipe of recipes/ reaches the scores of docs/results.md. The data is looked for in $LUGE_DATA, then in shared/data
# beside the checkout; where it is not, the test is skipped (77).
# usage: tests/recipes.sh PATH-OF-LUGE RECIPE
set -u
luge=${1:?usage: tests/recipes.sh PATH-OF-LUGE RECIPE} name=${2:?usage: tests/recipes.sh PATH-OF-LUGE RECIPE}
case $luge in /*) ;; *) luge=$PWD/$luge ;; esac
here=$(cd "$(dirname "$0")/.." && pwd) || exit 2
# shellcheck source=tests/data_folder.sh
. "$here/tests/data_folder.sh"
LUGE_DATA=$(cd "$data" && pwd)
export LUGE_DATA
recipe=$here/recipes/$name.yaml
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2

# train ARG ...: one thread, so that each machine does the same; the JSON object lies in out.
train() {
    if ! "$luge" train "$recipe" --threads 1 --json --quiet "$@" >out; then
        echo "FAILED: luge train $recipe $*"
        exit 1
    fi
}

# score PART METRIC: of the JSON object.
score() {
    sed -n "s/.*\"$1\": {[^}]*\"$2\": \\([-0-9.e+]*\\).*/\\1/p" out
}

# holds WHAT VALUE at-least|at-most BOUND
holds() {
    echo "$1: $2, $3 $4 is expected"
    awk -v is="$2" -v how="$3" -v bound="$4" 'BEGIN {
        exit !(is != "" && (how == "at-least" ? is + 0 >= bound : is + 0 <= bound)) }' && return
    echo "FAILED: $name: $1"
    exit 1
}

# Of the numbers, one a line.
mean() {
    awk '{ sum += $1; n++ } END { if (n) printf "%.6f\n", sum / n }'
}

# seeds PART METRIC ARG ...: the mean of three.
seeds() {
    part=$1 metric=$2
    shift 2
    for seed in 1 2 3; do
        train --seed "$seed" "$@"
        score "$part" "$metric" | tee -a scores >&2
    done
    mean <scores
}

# splits TABLE: the mean over the ten splits against what scikit-learn reaches there.
splits() {
    table=$LUGE_DATA/tabular/$1 lists=$here/tests/golden/splits/$name.txt
    read -r _ metric peer <"$lists"
    for split in 2 3 4 5 6 7 8 9 10 11; do
        awk -v line="$split" '
            NR == FNR { if (FNR == line) for (i = 1; i <= NF; i++) tested[$i] = 1; next }
            FNR == 1 || !(FNR - 1 in tested) { print >"train.csv" }
            FNR == 1 || FNR - 1 in tested { print >"test.csv" }' "$lists" "$table"
        train --data train.csv --test test.csv
        score test "$metric" >>scores
    done
    if [ "$metric" = rmse ]; then side=at-most; else side=at-least; fi
    holds "mean test $metric of ten splits" "$(mean <scores)" $side "$peer"
}

case $name in
mnist-two-layer)
    train
    holds "test accuracy" "$(score test accuracy)" at-least 0.963
    ;;
five-or-eight)
    train --log log.csv
    holds "test accuracy" "$(score test accuracy)" at-least 0.955
    holds "epochs after which the loss was not lower" "$(awk -F, 'NR > 2 && $2 > before { n++ }
        { before = $2 } END { print n + 0 }' log.csv)" at-most 0
    ;;
fashion-keras)
    holds "mean validation accuracy of three seeds" "$(seeds validation accuracy)" at-least 0.858
    ;;
fashion-best)
    train
    holds "test accuracy of seed 1" "$(score test accuracy)" at-least 0.9
    ;;
breast-cancer) splits breast-cancer.csv ;;
iris) splits iris.csv ;;
wine-quality) splits wine-quality-red.csv ;;
*)
    echo "tests/recipes.sh: nothing is known of the recipe $name"
    exit 2
    ;;
esac
