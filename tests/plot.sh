#!/bin/sh
# luge plot: the numbers behind each picture against facts from elsewhere, its text, its files, its messages.
# usage: tests/plot.sh PATH-OF-LUGE
# shellcheck disable=SC2016 # the dollars are awk's
set -u
# shellcheck source=tests/command_tools.sh
. "$(dirname "$0")/command_tools.sh"

# refuses CODE TEXT ARG ...: plot ends with a message, says nothing else and leaves no picture.
refuses() {
    code=$1 text=$2
    shift 2
    run "$code" plot "$@"
    says err "$text"
    [ "$(head -c 9 err)" = "luge plot" ] || complain "the message of luge plot $* does not begin with luge plot"
    [ ! -s out ] || complain "luge plot $* says something"
    [ -z "$(ls ./*.svg ./*.png ./*.part 2>/dev/null)" ] || complain "luge plot $* left a picture"
}

# holds WHAT PROGRAM [FILE ...]: an awk program over CSV, which sets bad where something is wrong.
holds() {
    what=$1 program=$2
    shift 2
    awk -F, "function near(a, b) { return (a - b) ^ 2 <= 1e-12 * (1 + b * b) }
        $program" "$@" || complain "$what"
}

fits() {
    awk '{ gsub(/[\300-\377][\200-\277]*/, "x") } length($0) > 80 { print; bad = 1 } END { exit bad }' out >wide ||
        complain "a line is too wide: $(cat wide)"
}

# ---- activation functions

run 0 plot activation sigmoid tanh relu elu --csv
cp out a.csv
[ "$(head -n 1 a.csv)" = panel,series,x,y,z ] || complain "the names of the columns"
holds "the largest slope of the sigmoid is 1/4, at 0" '
    $1 == "derivative" && $2 == "sigmoid" { n++; if ($4 > top) { top = $4; at = $3 } }
    END { exit !(n > 100 && top == 0.25 && at == 0) }' a.csv
holds "functions and derivatives" '
    $1 == "function" { f[$2, $3] = $4; n++ }
    $1 == "derivative" {
        y = f[$2, $3]; e = exp(-$3)
        if ($2 == "sigmoid" && !(near(y, 1 / (1 + e)) && near($4, y * (1 - y)))) bad = 1
        if ($2 == "tanh" && !(near(y, (1 - e * e) / (1 + e * e)) && near($4, 1 - y * y))) bad = 1
        if ($2 == "relu" && !($3 > 0 ? y == $3 && $4 == 1 : y == 0 && $4 == 0)) bad = 1
        if ($2 == "elu" && $3 < 0 && !(near(y, exp($3) - 1) && near($4, exp($3)))) bad = 1
        n++
    }
    END { exit bad || n != 8 * 201 }' a.csv
run 0 plot activation sigmoid tanh relu
says out "largest slope 0.25 at x = 0" "a: sigmoid, b: tanh, c: relu" "derivative"
fits
LC_ALL=C "$luge" plot activation gelu step >out || complain "without UTF-8"
if LC_ALL=C grep -q '[^ -~]' out; then complain "characters beyond ASCII"; fi
fits
run 0 plot activation log reciprocal --json
says out '"name": "f(x)"' '"mark": "line"' null
refuses 2 "nearest: sigmoid" activation sigmoi
refuses 2 "no picture \"foo\"; luge plot --help lists them" foo
printf 'epoch,loss\n1,abc\n' >words.csv
refuses 1 "words.csv has no numbers beside the epochs" history words.csv
refuses 2 "no function of one number \"matmul\"" activation matmul
refuses 2 "which?" activation

# ---- learning curves

run 0 train --data moons --rows 300 --epochs 15 -q -o m.safetensors --log m.csv
run 0 train --data moons --rows 300 --epochs 9 --optimizer sgd -q -o sgd.safetensors
run 0 plot history m.csv --csv
cp out curves.csv
run 0 plot history m.safetensors --csv
cmp -s out curves.csv || complain "the model's history is not that of its log"
holds "the curves are the log" '
    FNR == NR { if (FNR == 1) { split($0, name) } else for (i = 2; i <= NF; i++) log_[name[i], $1 + 1] = $i; next }
    FNR > 1 && $2 ~ /training|validation/ { all[++n] = $2 "," $3 "," $4 }
    END {
        for (k = 1; k <= n; k++) {
            split(all[k], v)
            column = (v[1] == "validation" ? "val_" : "") (k <= n / 2 ? "loss" : "accuracy")
            if (v[3] != log_[column, v[2]]) bad = 1
        }
        exit bad || n != 4 * 15
    }' m.csv curves.csv
best=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "val_loss") c = i; next }
    !n || $c < low { low = $c; n = $1 + 1 } END { print n }' m.csv)
run 0 plot history m.safetensors
says out "at epoch $best" "best epoch $best" "a: training, b: validation" "15 epochs"
fits
run 0 plot history m.csv sgd.safetensors
says out "a: m, b: sgd" "9 epochs"
fits
echo epoch,loss,val_loss >empty.csv
echo a,b >other.csv
echo 1,2 >>other.csv
refuses 1 "empty.csv" history empty.csv
refuses 1 "no column \"epoch\"" history other.csv
refuses 1 "nothing.safetensors" history nothing.safetensors
refuses 2 "of which run?" history

# ---- confusion

awk 'BEGIN {
    srand(5)
    print "age,weight,kind"
    for (i = 0; i < 240; i++) {
        age = 20 + 60 * rand(); weight = 50 + 40 * rand()
        k = age + weight + 20 * rand() > 135 ? "it'\''s" : weight > 70 ? "`touch pwned`" : "\"\"\"x\"\" \\ $(touch pwned) @y_{2}\""
        printf "%.2f,%.2f,%s\n", age, weight, k
    }
}' >people.csv
run 0 train --data people.csv --epochs 12 -q -o people.safetensors
run 0 evaluate people.safetensors --data people.csv --json -q
sed 's/.*"confusion": //; s/}.*//' out | tr -cs 0-9 '\n' | grep . >evaluated
run 0 plot confusion people.safetensors --csv
sed 1d out | sed 's/.*,//' >plotted
cmp -s evaluated plotted || complain "the confusion matrix is not that of luge evaluate"
[ "$(awk '{ n += $1 } END { print n }' plotted)" = 240 ] || complain "a confusion matrix of all rows"
run 0 plot confusion people.safetensors
says out "it's" "people.csv: 240 rows"
fits
run 0 plot confusion people.safetensors --json
says out '"mark": "cells"' "it's"
awk 'BEGIN { srand(2); print "x,y,k"; for (i = 0; i < 400; i++) printf "%g,%g,a class with a long name %d of them\n", rand(), rand(), i % 40 }' >many.csv
run 0 train --data many.csv --epochs 1 -q -o many.safetensors
run 0 plot confusion many.safetensors
says out "blank is least, @ is most"
fits
run 0 plot regions many.safetensors
fits
awk 'BEGIN { print "x,y,z"; for (i = 0; i < 60; i++) printf "%g,%g,%g\n", i % 7, i % 5, 3 * (i % 7) - (i % 5) + 7 }' >plane.csv
run 0 train --data plane.csv --model "dense 1" --standardize no --epochs 300 --lr 0.05 -q -o plane.safetensors
refuses 1 "answers with numbers" confusion plane.safetensors
refuses 1 "lacks" confusion people.safetensors --data plane.csv
refuses 1 "is none" confusion people.safetensors --data moons
refuses 2 "the model is missing" confusion

# ---- weights: those of a line through answers

printf 'x,y\n0,0\n1,0\n0,1\n' >corners.csv
run 0 predict plane.safetensors corners.csv
sed 1d out | tr '\n' ' ' >answers
run 0 plot weights plane.safetensors --csv
holds "weights have the ratio of the answers' slopes" '
    BEGIN { getline line <"answers"; split(line, p, " ") }
    $4 == "x" { x = $5 } $4 == "y" { y = $5 }
    END { r = (p[2] - p[1]) / (p[3] - p[1]); exit !(y != 0 && (x / y - r) ^ 2 < 1e-6) }' out
run 0 plot weights plane.safetensors
says out "from each of 2 inputs to each of 1 units"
fits
run 0 train --data digits --rows 300 --epochs 1 -q -o digits.safetensors
run 0 plot weights digits.safetensors --csv
[ "$(wc -l <out)" = 78401 ] || complain "weights of 100 units, 28 x 28 each, and a line of names"
run 0 plot weights digits.safetensors
says out "28 x 28 inputs to each of 128 units" "90 more"
fits

# ---- regions: what predict says

"$luge" data make moons --rows 300 -o moons.csv >/dev/null
run 0 train --data moons.csv --epochs 15 -q -o moons.safetensors
run 0 plot regions moons.safetensors --csv
awk -F, 'NR % 97 == 2 && $2 == "regions" { print $3 "," $4 >"points"; print $5 >"wanted" }' out
{ echo x,y; cat points; } >points.csv
run 0 predict moons.safetensors points.csv
sed '1d; s/,.*//' out >got
if ! cmp -s got wanted || [ "$(wc -l <got)" -le 150 ]; then
    complain "regions are not what luge predict says"
fi
sort -u wanted | tr '\n' ' ' | grep -q "0 1" || complain "regions of two classes"
run 0 plot regions moons.safetensors
says out ".: region of 0, :: region of 1, a: 0, b: 1" "the 300 rows of moons.csv"
fits
awk 'BEGIN { srand(3); print "a,b,c,d"; for (i = 0; i < 90; i++) { a = rand(); b = rand(); c = 4 * rand(); printf "%g,%g,%g,%g\n", a, b, c, a * b + c } }' >four.csv
run 0 train --data four.csv --epochs 5 -q -o four.safetensors
run 0 plot regions four.safetensors --features c,a
says out "b 0." "lines: d"
fits
refuses 2 "which two? --features a,b" regions four.safetensors
refuses 2 "nearest: b" regions four.safetensors --features a,bb
refuses 2 "two names" regions four.safetensors --features a
refuses 2 "two names" regions four.safetensors --features a,b,c
refuses 2 "two different" regions four.safetensors --features a,a

# ---- histograms: every value is counted once

run 0 plot histogram digits.safetensors --csv
holds "histograms count all values" '
    { n[$1] += $4 }
    END { exit !(n["dense: outputs"] == 32 * 128 && n["dense_1: outputs"] == 320 &&
                 n["dense: gradients of its weights"] == 784 * 128 + 128) }' out
run 0 plot histogram digits.safetensors
says out "for one batch of 32 rows" "exactly zero" "dense_1: gradients"
fits

# ---- rates: what luge train reaches

run 0 plot rates --data moons --rows 200 --epochs 2 --optimizer "sgd momentum=0.5" --csv
grep '^,training,0.05,' out | cut -d, -f4 >swept
grep '^,validation,0.05,' out | cut -d, -f4 >>swept
run 0 train --data moons --rows 200 --epochs 2 --optimizer "sgd momentum=0.5" --lr 0.05 -q --log rate.csv
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i } END { print $c["loss"]; print $c["val_loss"] }' rate.csv >trained
cmp -s swept trained || complain "a sweep's losses are those of luge train: $(cat swept trained)"
run 0 plot rates --data moons --rows 100 --epochs 1
says out "moons: loss after 1 epoch" "best"
fits
refuses 2 "for which data?" rates
refuses 2 "no recipe" rates moons --data blobs
refuses 2 "no option --lr" rates --data moons --lr 1

# ---- files

refuses 2 ".svg, .png or .pdf" activation relu -o x.jpeg
refuses 1 "no folder" activation relu -o none/x.svg
refuses 2 "nearest: history" histor m.csv
refuses 2 "what?"
refuses 2 "one word too many" confusion m.safetensors n.safetensors
run 0 plot activation relu -o relu.csv
says out "saved     relu.csv"
run 0 plot activation relu --csv
cmp -s out relu.csv || complain "-o FILE.csv is not --csv"
run 0 plot confusion people.safetensors -o people.gp
says people.gp "set terminal svg" "'it''s'"

mkdir bin none
printf '#!/bin/sh\ncat >/dev/null\necho half a picture\necho no fonts >&2\nexit 3\n' >bin/gnuplot
chmod +x bin/gnuplot
real=$PATH
PATH=$tmp/bin:$PATH
refuses 1 "no fonts" activation relu -o x.svg
echo old >kept.pdf
refuses 1 "gnuplot" activation relu -o kept.pdf
[ "$(cat kept.pdf)" = old ] || complain "a failure spoilt the old picture"
# shellcheck disable=SC2123 # nothing is in it
PATH=$tmp/none
run 1 plot activation relu -o alone.svg
PATH=$real
says err "gnuplot-nox" "the numbers are in alone.csv"
cmp -s alone.csv relu.csv || complain "the numbers in place of a picture"
rm -f alone.csv

if command -v gnuplot >/dev/null; then
    run 0 plot confusion people.safetensors -o people.svg
    run 0 plot regions people.safetensors -o regions.svg
    [ ! -e pwned ] || complain "a class's name was run"
    says people.svg "it's" "true class" "predicted class" "touch pwned"
    gnuplot people.gp >script.svg 2>err || complain "gnuplot people.gp"
    cmp -s script.svg people.svg || complain "the script draws another picture"
    for what in "history m.csv sgd.safetensors" "activation tanh selu" "weights digits.safetensors" \
        "histogram m.safetensors" "regions four.safetensors --features a,c" "weights plane.safetensors" \
        "confusion many.safetensors" "regions many.safetensors" "rates --data moons --rows 60 --epochs 1"; do
        for end in svg png pdf; do
            # shellcheck disable=SC2086
            run 0 plot $what -o picture.$end
            [ ! -s err ] || complain "luge plot $what -o picture.$end complains"
            case $end in svg) start='<?xml' ;; png) start=PNG ;; pdf) start='%PDF' ;; esac
            head -c 5 picture.$end | grep -aqF "$start" || complain "luge plot $what: picture.$end is no $end"
        done
        if command -v xmllint >/dev/null; then xmllint --noout picture.svg || complain "luge plot $what: SVG"; fi
    done
else
    echo "no gnuplot: its pictures are not made"
fi

[ $failed = 0 ] && echo "luge plot: ok"
exit $failed
