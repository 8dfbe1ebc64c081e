#!/bin/sh
# docs/gallery.md: its commands, read out of the page, run in an empty folder; each picture that the page shows is made
# and whole; the numbers behind it are those of tests/golden/gallery, and what the page says of them holds.
# usage: tests/gallery.sh PATH-OF-LUGE [data] [write]
#        data: the part that needs data sets, looked for as data_folder.sh says; write: renew the golden files
# shellcheck disable=SC2016 # the dollars are awk's
set -u
luge=${1:?usage: tests/gallery.sh PATH-OF-LUGE [data] [write]}
case $luge in /*) ;; *) luge=$PWD/$luge ;; esac
here=$(cd "$(dirname "$0")/.." && pwd) || exit 2
shift
part='' write=''
for word in "$@"; do
    case $word in data) part=data ;; write) write=yes ;; *) exit 2 ;; esac
done
unset COLUMNS
if [ -n "$part" ]; then
    # shellcheck source=tests/data_folder.sh
    . "$here/tests/data_folder.sh"
    LUGE_DATA=$(cd "$data" && pwd)
    export LUGE_DATA
fi
golden=$here/tests/golden/gallery
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
ln -s "$luge" luge
ln -s "$here/recipes" recipes
export PATH="$tmp:$PATH" HOME="$tmp" NO_COLOR=1 LC_ALL=C.UTF-8
failed=0

complain() {
    echo "FAILED: $*"
    sed 's/^/    /' said 2>/dev/null | head -20
    failed=1
}

# ---- pictures

whole() { # whole FILE: an SVG or PNG from its first to its last byte, with text or an image in it
    case $1 in
    *.svg)
        head -n 2 "$1" | grep -q '<?xml' && grep -q '<svg' "$1" && grep -q '<text' "$1" &&
            tail -c 10 "$1" | grep -q '^</svg>' && ! grep -qiE '[=", ]-?(nan|inf)[", ]' "$1"
        ;;
    *.png) [ "$(head -c 4 "$1" | tail -c 3)" = PNG ] && tail -c 12 "$1" | grep -qa IEND ;;
    esac
}

drawer() { # what draws the pictures of a verb
    case $1 in grad | graph) echo dot ;; *) echo gnuplot ;; esac
}

# ---- numbers

# digest PICTURE: what is compared of the numbers that a verb prints instead of a picture: of a grid of classes their
# shares, of long tables some rows, of a graph all but times and places in memory.
digest() {
    case $1 in
    training | affine) sed -E 's/"(seconds|rewritten_seconds|bytes|arena_bytes)": [-0-9.e+]+(, )?//g' ;;
    xor-*) awk -F, '$2 == "regions" { n[$5]++; all++; next }
        { print } END { for (z = 0; z < 2; z++) printf "share %d %.4f\n", z, n[z] / all }' ;;
    rate-good | rate-small | five-or-eight) awk 'NR % 20 == 2 || NR == 1' ;;
    optimizers) awk 'NR % 5 == 2 || NR == 1' ;;
    activations) awk 'NR % 25 == 2 || NR == 1' ;;
    weights) awk 'NR % 61 == 1' ;;
    *) cat ;;
    esac
}

# What may differ, "relative absolute". Formulas are computed in doubles, by the same operations everywhere, but for
# contracted products. Networks are trained in single precision, whose sums have another order for other instruction
# sets: a loss of a few hundred smooth steps moves in its fifth digit, a border by a pixel or two, and of 1,000 test rows
# a few lie close enough to a border to change sides.
tolerance() {
    case $1 in
    training | affine) echo 1e-3 1e-5 ;;
    xor-*) echo 0 0.01 ;;
    five-or-eight) echo 2e-3 2e-3 ;;
    confusion) echo 0 25 ;;
    weights) echo 0 0.03 ;;
    *) echo 1e-9 1e-12 ;;
    esac
}

# agree PICTURE: word by word, numbers within the tolerance; of numerical gradients five digits are compared.
agree() {
    tolerance "$1" | { read -r relative absolute && awk -v r="$relative" -v a="$absolute" -v name="$1" '
        function differ(x, y) { d = x - y; if (d < 0) d = -d; s = y < 0 ? -y : y
            return !(d <= (before == "numerical" ? 1e-6 : r) * s + (before == "numerical" ? 1e-6 : a)) }
        FNR == NR { line[FNR] = $0; n = FNR; next }
        { m = split(line[FNR], w, /[][{}:,\" ]+/); k = split($0, g, /[][{}:,\" ]+/)
          if (m != k) bad = 1
          for (i = 1; i <= m && !bad; i++) {
              number = g[i] ~ /^-?[0-9.]+(e[-+]?[0-9]+)?$/ && w[i] ~ /^-?[0-9.]+(e[-+]?[0-9]+)?$/
              if (number ? differ(w[i] + 0, g[i] + 0) : w[i] != g[i]) bad = 1
              before = g[i]
          }
          if (bad) { print "    line " FNR " of " name ": " w[i - 1] ", not " g[i - 1]; exit } }
        END { exit bad || n != FNR }' "numbers/$1" "$golden/$1"; }
}

# numbers VERB PICTURE COMMAND: the command again, for numbers in the place of the picture.
numbers() {
    case $1 in grad) form='--json -q' ;; graph) form=--json ;; *) form=--csv ;; esac
    if ! sh -c "$(echo "$3" | sed -E "s/ -o [^ ]+\$/ $form/")" >all 2>said; then
        complain "$3, for its numbers"
    else
        cp all "numbers/$2.all"
        if [ "$1" = graph ]; then tail -n 1 all; else cat all; fi | digest "$2" >"numbers/$2"
        [ -z "$write" ] || cp "numbers/$2" "$golden/$2"
        agree "$2" || complain "the numbers behind $2 are not those of tests/golden/gallery/$2"
    fi
}

mkdir numbers
"$here/tools/gallery.sh" commands $part >page
[ -s page ] || complain "the page has no commands"
lacking=''
while IFS= read -r line; do
    verb=$(echo "$line" | awk '{ print $2 }')
    file=$(echo "$line" | sed -nE 's/.* -o ([^ ]+\.(svg|png))$/\1/p')
    if [ -z "$file" ]; then # it makes what others draw
        if ! sh -c "$line" >said 2>&1 </dev/null; then
            if [ -n "$part" ] && grep -q 'built without' said; then # zlib or libyaml
                echo "skipped: $(cat said)"
                exit 77
            fi
            complain "$line"
        fi
        continue
    fi
    grep -qF "](gallery/$file)" "$here/docs/gallery.md" || complain "the page does not show $file"
    if command -v "$(drawer "$verb")" >/dev/null; then
        sh -c "$line" >said 2>&1 </dev/null || complain "$line"
        whole "$file" || complain "$file is not made, or not whole"
    else
        lacking="$lacking $(drawer "$verb")"
    fi
    whole "$here/docs/gallery/$file" || complain "docs/gallery/$file is missing, or not whole"
    numbers "$verb" "${file%.*}" "$line"
done <page
[ -z "$lacking" ] || echo "pictures were not drawn, their numbers compared:$(echo "$lacking" | tr ' ' '\n' | sort -u | tr '\n' ' ')is missing"

# ---- what the page says

# holds WHAT PICTURE PROGRAM: an awk program over all numbers behind it; near() is equal to nine digits.
holds() {
    awk -F, 'function near(a, b) { return (a - b) ^ 2 <= 1e-18 * (b * b + 1e-300) }
        function behind(key, s) { s = $0; sub(".*\"" key "\": ({\"value\": )?", "", s); return s + 0 }
        '"$3" "numbers/$2.all" || complain "not so: $1"
}

right() { # right MODEL: how many rows of xor.csv it classifies
    luge predict "$1" xor.csv --json | awk '/"label": "1"/ == (NR == 2 || NR == 3) { n++ } END { print n + 0 }'
}

if [ -z "$part" ]; then
    holds "an apple" apples '{ exit !(near(behind("name\": \"price\", \"value"), 220) && near(behind("apple\": {\"value"), 2.2) &&
        near(behind("count\": {\"value"), 110) && near(behind("tax\": {\"value"), 200)) }'
    holds "apples and oranges" oranges '{ exit !(near(behind("apple\": {\"value"), 2.2) &&
        near(behind("apples\": {\"value"), 110) && near(behind("orange\": {\"value"), 3.3) &&
        near(behind("oranges\": {\"value"), 165) && near(behind("tax\": {\"value"), 650)) }'
    holds "the chain rule" chain-rule '{ r = 2; t = 0.5; exit !(near(behind("r\": {\"value"), 2 * r * sin(t) ^ 2) &&
        near(behind("t\": {\"value"), (r * r + 2) * sin(2 * t))) }'
    holds "the sigmoid" sigmoid '{ y = 1 / (1 + exp(-1)); exit !near(behind("x\": {\"value"), y * (1 - y)) }'
    gates=$(sed -nE 's/^luge grad ("nand = [^"]*") .*/\1/p' page)
    for inputs in 0,0:0 0,1:1 1,0:1 1,1:0; do
        both=${inputs%:*}
        sh -c "luge grad $gates --at a=${both%,*},b=${both#*,} --order 0 --json -q" >said 2>&1
        grep -qF "\"name\": \"xor\", \"value\": ${inputs#*:}," said || complain "gates: xor of $both is not ${inputs#*:}"
    done
    holds "rate .1 leaves .8" rate-good 'NR > 1 && !(near($4, -3 * 0.8 ^ $3) && near($6, 25 * 0.64 ^ $3)) { bad = 1 }
        END { exit bad || NR != 102 }'
    holds "rate 1.05 leaves -1.1" rate-large 'NR > 1 && !near($5, 4 * (-1.1) ^ $3) { bad = 1 }
        END { exit bad || NR != 22 || int($6 + 0.5) != 1131 }'
    holds "rate 1e-10 moves a little" rate-small 'END { exit !(near($6, 25 * (1 - 2e-10) ^ 200) && $6 < 25) }'
    holds "plain descent in the valley" optimizers '$1 == "sgd" { n++
        if (!(near($4, -7 * 0.905 ^ $3) && near($5, 2 * (-0.9) ^ $3))) bad = 1 } END { exit bad || n != 31 }'
    holds "the largest slopes" activations '$1 == "derivative" { if ($4 > top[$2]) top[$2] = $4 }
        END { exit !(top["sigmoid"] == 0.25 && top["tanh"] == 1 && top["relu"] == 1 && top["step"] + 0 == 0) }'
    [ "$(right two-layers.safetensors)" = 4 ] || complain "two layers do not learn XOR"
    [ "$(right one-layer.safetensors)" = 3 ] || complain "one layer has $(right one-layer.safetensors) of four right, not 3"
else
    holds "each step lowers the loss" five-or-eight '$2 == "training" && $3 == 1 { curve++ }
        $2 == "training" && curve == 1 { if (n++ && !($4 < before)) bad = 1; before = $4 }
        END { exit bad || n != 200 || before > 0.2 }'
    holds "ten times 1,000 test rows, most of them right" confusion '$2 == "rows" { all += $5; if ($3 == $4) good += $5 }
        END { exit !(all == 10000 && good > 8400) }'
fi
[ "$failed" = 0 ] || exit 1
echo "the gallery is as the page says"
