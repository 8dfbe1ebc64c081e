#!/bin/sh
# The command as a person uses it: every verb, its messages and exit codes, resume and seeds to the bit.
# usage: tests/cli.sh PATH-OF-LUGE
set -u
# shellcheck source=tests/command_tools.sh
. "$(dirname "$0")/command_tools.sh"

# refuses CODE TEXT -- ARG ...: a message with that text, nothing else, no model.
refuses() {
    code=$1 text=$2
    shift 3
    rm -f model.safetensors
    run "$code" "$@"
    says err "$text"
    [ "$(head -c 4 err)" = luge ] || complain "the message of luge $* does not begin with luge"
    [ ! -e model.safetensors ] || complain "luge $* left a model"
}

same() {
    cmp -s "$1" "$2" || complain "$1 and $2 differ"
}

# No line of what was said is wider than 80 columns.
fits() {
    sed 's/\r//g' out err | awk 'length($0) > 80 { print; bad = 1 } END { exit bad }' || complain "a line is too wide"
}

# ---- tables that are made up

awk 'BEGIN {
    srand(5)
    print "id,age,colour,constant,weight,smokes,risk"
    for (i = 0; i < 300; i++) {
        age = 20 + int(60 * rand()); smokes = rand() < .5; w = 50 + 40 * rand()
        c = rand(); colour = c < .3 ? "red" : c < .6 ? "green" : "\"dark, blue\""
        risk = age / 80 + .4 * smokes + .1 * rand() > 1 ? "high" : "low"
        printf "%d,%s,%s,1,%.1f,%s,%s\n", i, rand() < .05 ? "" : age, colour, w, smokes ? "yes" : "no", risk
    }
}' >patients.csv
awk 'BEGIN { srand(6); print "x;y;z"; for (i = 0; i < 200; i++) { x = rand(); y = rand(); printf "%.3f;%.3f;%.3f\n", x, y, 3 * x - y + 7 } }' |
    tr . , >commas.csv
printf 'smokes,weight,colour,age,id,more,constant\nyes,71.5,red,70,1,a,1\nno,60,purple,,2,b,1\n' >new.csv

# ---- train, evaluate, predict on a table

run 0 train --data patients.csv --target risk --epochs 60
says out "300 rows, 3 numeric columns, 2 text columns" "risk: high" "binary classification" "stratified, seed 1" \
    "standardized on the training rows" "adam 0.001, binary cross-entropy" "left out" "constant" "always" \
    "precision" "saved     model.safetensors" "next      luge predict model.safetensors"
fits
cp model.safetensors patients.safetensors
run 0 predict patients.safetensors new.csv
says out "risk,p(high),p(low)" "high,0."
[ "$(wc -l <out)" = 3 ] || complain "two rows give two answers"
cp out answers.csv
"$luge" predict patients.safetensors - -o piped.csv <new.csv || complain "predict from standard input"
same answers.csv piped.csv
run 0 predict patients.safetensors new.csv --json
says out '{"row": 1, "label": "high", "probabilities": {"high": '
run 0 evaluate patients.safetensors --data patients.csv --json
says out '"test": {"rows": 300, "loss": ' '"accuracy": ' "accuracy "
run 0 summary patients.safetensors
says out "standardize" "2 text; target risk" "data         patients.csv" "constant"
run 0 check patients.safetensors
says out "agree with central differences" "dense_1" " ok"
fits

# ---- regression, decimal commas, json

run 0 train --data commas.csv --decimal , --target z --epochs 80 --json -o z.safetensors
says out "so regression" "RMSE" "R2" '"rmse": ' '"mae": ' '"r2": ' '"task": "regression"'
tail -n 1 out >json
refuses 1 "decimal commas? try --decimal ," -- train --data commas.csv
if command -v python3 >/dev/null; then
    python3 -c '
import json
j = json.load(open("json"))
assert j["test"]["rmse"] < 0.5 and j["test"]["rows"] == 40, j
assert j["seed"] == 1 and j["target"] == "z" and j["batch"] == 32, j
' || complain "the JSON object"
fi

# ---- seeds, recipes, resuming: to the bit

run 0 train --data spirals --epochs 6 --seed 9 -q -o a.safetensors --save-recipe a.yaml
[ ! -s out ] || complain "--quiet says something"
run 0 train --data spirals --epochs 6 --seed 9 -q -o b.safetensors
same a.safetensors b.safetensors
"$luge" train a.yaml -q -o b.safetensors 2>err
grep -q "without libyaml" err && yaml='' || yaml=1 # recipes need a library that may be absent
[ -z "$yaml" ] || same a.safetensors b.safetensors
run 0 train --data spirals --epochs 6 --seed 10 -q -o c.safetensors
if cmp -s a.safetensors c.safetensors; then complain "another seed, the same model"; fi
run 0 train --data spirals --epochs 6 --seed random -o c.safetensors
says out "drawn)"
run 0 train --data spirals --epochs 3 --seed 9 -q -o d.safetensors
run 0 train --resume d.safetensors --epochs 6 -q
same a.safetensors d.safetensors
[ -z "$yaml" ] || run 0 check a.yaml
run 0 train --data patients.csv --target risk --epochs 9 --threads 1 -q -o t1.safetensors
run 0 train --data patients.csv --target risk --epochs 5 --threads 2 -q -o t2.safetensors
run 0 train --resume t2.safetensors --epochs 9 -q
same t1.safetensors t2.safetensors
run 0 train --data xor --epochs 9 -q -o xor.safetensors --log log.csv
[ "$(wc -l <log.csv)" = 10 ] || complain "--log: a line of names and nine epochs"

# The best weights were in the model at its end; training goes on from the last ones all the same.
run 0 train --data patients.csv --target risk --epochs 400 -q -o best1.safetensors --json
ends=$(sed 's/.*"epochs_done": \([0-9]*\),.*/\1/' out)
run 0 train --data patients.csv --target risk --epochs $((ends - 3)) -q -o best2.safetensors
run 0 train --resume best2.safetensors --epochs 400 -q
same best1.safetensors best2.safetensors

# Stopped by a signal in the middle, then gone on with.
run 0 train --data digits --rows 6000 --epochs 30 --patience 0 -q -o whole.safetensors
"$luge" train --data digits --rows 6000 --epochs 30 --patience 0 -o part.safetensors >out 2>err &
pid=$!
n=0
until grep -q "epoch   2/30" out || [ "$n" = 200 ]; do sleep 0.02 && n=$((n + 1)); done
kill -INT "$pid"
wait "$pid"
got=$?
[ "$got" = 130 ] || complain "a stopped training ended with $got"
says out "stopped in epoch" "luge train --resume part.safetensors"
run 0 train --resume part.safetensors -q
same whole.safetensors part.safetensors

# The terminal goes away: the same, and nohup is respected.
interrupt_by_hangup() { # wrapper ...
    rm -f hung.safetensors
    "$@" "$luge" train --data digits --rows 6000 --epochs 30 --patience 0 -o hung.safetensors >out 2>err &
    pid=$!
    n=0
    until grep -q "epoch   2/30" out || [ "$n" = 200 ]; do sleep 0.02 && n=$((n + 1)); done
    kill -HUP "$pid"
    wait "$pid"
    got=$?
}
interrupt_by_hangup env
[ "$got" = 130 ] || complain "a training that was hung up ended with $got"
run 0 train --resume hung.safetensors -q
same whole.safetensors hung.safetensors
interrupt_by_hangup nohup
[ "$got" = 0 ] || complain "nohup: ended with $got"
same whole.safetensors hung.safetensors
# The last rows are what they are, whatever the seed.
awk 'BEGIN { print "x,y"; for (i = 0; i < 100; i++) print i % 10 "," (i < 80 ? i % 10 : 50) }' >late.csv
run 0 train --data late.csv --task regression --test "last 0.2" --validation "last 0.1" --epochs 2 --json -o late.safetensors
says out "train 70, validation 10, test 20" '"mae": 4' # of about 50 - 4.5
# Weights are drawn as wide as they are told to be.
for wide in 0.001 1000; do
    run 0 train --data late.csv --task regression --model "dense 1 init=normal:$wide" --epochs 1 --json --seed 2
    sed -n 's/.*"test": {.*"mae": \([0-9]*\).*/\1/p' out
done >errors
[ "$(sed -n 2p errors)" -gt "$((10 * $(sed -n 1p errors)))" ] || complain "a wide start is no worse: $(cat errors)"

# ---- images

run 0 train --data digits --rows 1200 --epochs 8 -o digits.safetensors
says out "1,200 images of 28 x 28" "pixels from 0 to 1" "784 > dense 128 relu > dense 10 softmax"
fits
run 0 predict digits.safetensors digits:test --rows 3 --pictures 3
run 0 predict digits.safetensors digits:test --rows 3
[ "$(wc -l <out)" = 4 ] || complain "three digits give three answers"
run 0 train --data digits --rows 2000 --only 5,8 --epochs 5 -o two.safetensors
says out "binary classification" "5" "8"
run 0 evaluate two.safetensors --data digits:test --rows 500 --json
rows=$(sed -n 's/.*"test": {"rows": \([0-9]*\),.*/\1/p' out)
{ [ "$rows" -gt 50 ] && [ "$rows" -lt 160 ]; } || complain "two classes of ten are a fifth of 500 rows, not $rows"
# a normalization layer of --model learns from the training rows, too: numbers far from 0 need it
awk 'BEGIN { print "x,z,y"; for (i = 0; i < 400; i++) print 1000000 + i * 37 % 400 "," i % 7 "," (i * 37 % 400 < 200 ? "low" : "high") }' >far.csv
run 0 train --data far.csv --standardize no --model "normalization, dense 8 tanh, dense 1" --json -o far.safetensors
sed -n 's/.*"test": {[^}]*"accuracy": \([0-9.]*\).*/\1/p' out | awk '{ exit !($1 > 0.9) }' || complain "a normalization layer learns nothing"
run 0 train --data xor --model "dense 8 tanh, dense 1" --lr 0.05 --epochs 200 -o xor.safetensors
says out "nothing held out" "training  accuracy 1.000"

# ---- data

run 0 data list
says out mnist digits spirals "luge data fetch mnist"
run 0 data show digits
run 0 data show patients.csv
says out "300 rows, 7 columns" colour text
run 0 data make spirals --rows 50 -o s.csv
[ "$(wc -l <s.csv)" = 51 ] || complain "fifty rows and a header"
run 0 train --data s.csv --epochs 2

mkdir -p known/breast-cancer
awk 'BEGIN { srand(7); print "diagnosis,a,b"; for (i = 0; i < 60; i++) { x = rand(); print (x > .5 ? "M" : "B") "," x "," rand() } }' \
    >known/breast-cancer/breast-cancer.csv
run 0 train --data breast-cancer --data-dir known --epochs 3
says out "diagnosis: B" "binary classification"

# ---- what goes wrong

: >empty.csv
echo "a,b,t" >header.csv
printf 'a,b,t\n1,2,x\n1,2\n' >ragged.csv
printf 'a,t\n1,x\n2,x\n3,x\n' >one.csv
printf 'a,t\n1,2\ninf,3\n' >inf.csv
awk 'BEGIN { print "a,t"; for (i = 0; i < 30; i++) print i ",c" i }' >many.csv
head -c 200 /dev/zero >junk.png
mkdir folder
echo "epocs: 3" >bad.yaml
printf 'data: spirals\nlr: fast\n' >worse.yaml

refuses 1 "missing.csv" -- train --data missing.csv
refuses 1 "folder" -- train --data folder
refuses 1 "empty.csv: the file is empty" -- train --data empty.csv
refuses 1 "header.csv: no rows" -- train --data header.csv
refuses 1 "ragged.csv, line 3: 2 fields" -- train --data ragged.csv
refuses 1 "one class" -- train --data one.csv
refuses 1 "inf.csv, line 3, column 1 (a)" -- train --data inf.csv
refuses 1 "30 classes in 30 rows" -- train --data many.csv
refuses 1 "nearest: risk" -- train --data patients.csv --target rist
refuses 1 "nearest: digits" -- train --data digitz
refuses 1 "classes are expected" -- train --data digits --rows 100 --model "dense 7"
refuses 1 "luge data fetch mnist" -- train --data mnist:train
refuses 1 "no folder" -- train --data xor -o no/folder/model.safetensors
refuses 1 "is a folder" -- train --data xor -o folder
run 1 train --data spirals --epochs 3 -o kept.safetensors --log no/folder/log.csv
says err "what was learnt until then is in kept.safetensors"
[ -s kept.safetensors ] || complain "nothing was kept"
[ -z "$yaml" ] || refuses 1 "nearest: epochs" -- train bad.yaml
[ -z "$yaml" ] || refuses 2 "a number" -- train worse.yaml
refuses 1 "smaller --lr" -- train --data sine --optimizer sgd --lr 1e9
refuses 2 "nearest: --data" -- train --daat x
refuses 2 "nearest: dense" -- train --data xor --model "dens 5"
refuses 2 "deviation above 0" -- train --data xor --model "dense 5 init=normal:0"
refuses 2 "or normal:0.01" -- train --data xor --model "dense 5 init=normal"
refuses 2 "last and a share below 1" -- train --data xor --validation "last x"
refuses 1 "nothing to train on" -- train --data xor --validation "last 0.5" --test 0.5
refuses 2 "1,000,000,000" -- train --data xor --model "dense 99999999999"
refuses 2 "nearest: adam" -- train --data xor --optimizer adm
refuses 2 "nearest: momentum" -- train --data xor --optimizer "sgd momentun=0.9"
refuses 2 "nearest: in-order" -- train --data xor --sampling in-ordr
refuses 2 "nearest: bf16" -- train --data xor --precision bf61
refuses 2 "whole number" -- train --data xor --epochs ten
refuses 2 "value is missing" -- train --data xor --epochs
refuses 2 "no data" -- train
refuses 2 "cannot change" -- train --resume a.safetensors --model "dense 1"
refuses 2 "the model is missing" -- evaluate
refuses 2 "the data is missing" -- predict a.safetensors
refuses 1 "lacks" -- predict patients.safetensors s.csv
refuses 1 "was not trained on a table" -- predict a.safetensors s.csv
refuses 1 "was not trained on images" -- predict a.safetensors junk.png
refuses 1 "nothing.safetensors" -- predict nothing.safetensors s.csv
refuses 2 "nearest: show" -- data shwo digits
refuses 1 "spirals" -- data show spiralz
refuses 2 "nearest: train" -- trian
run 1 train --resume a.safetensors --data moons --epochs 9
says err "must be what it was"

# Going on with other data is refused, and the model stays as it was.
cp patients.safetensors kept.safetensors
sed 's/,red,/,green,/' patients.csv >other.csv
head -n 200 patients.csv >fewer.csv
for data in other.csv fewer.csv digits; do
    run 1 train --resume patients.safetensors --data "$data" --epochs 90
    same patients.safetensors kept.safetensors
done
says err "was trained on a table; digits is none"
refuses 1 "is not what patients.safetensors was trained on" -- train --resume patients.safetensors --data other.csv
refuses 1 "was not trained on a table" -- train --resume a.safetensors --data patients.csv
refuses 2 "one word too many" -- train --resume a.safetensors a.yaml

# Pipes, closed and open.
mkfifo pipe
cat patients.csv >pipe &
run 0 train --data pipe --target risk --epochs 2 -o piped.safetensors
refuses 1 "is no plain file" -- train --data xor -o pipe
refuses 1 "is no plain file" -- train --data xor -o /dev/null
"$luge" train --data xor --epochs 2 -o closed.safetensors --log closed.csv >&- 2>err && complain "said to nobody"
says err "could not be written"
[ "$(wc -l <closed.csv)" = 3 ] || complain "the output is in the log"
"$luge" predict patients.safetensors new.csv -o /dev/fd/1 >out 2>err || complain "predict -o /dev/stdout"
same answers.csv out
bash -c "trap - PIPE; '$luge' train --data spirals --epochs 9 -o gone.safetensors" 2>err | head -n 1 >out
[ -s gone.safetensors ] || complain "a reader that went took the model with it"

# Numbers that no f32 can square.
awk 'BEGIN { print "a,t"; for (i = 0; i < 50; i++) print i * 1e30 "," i + .5 }' >huge.csv
awk 'BEGIN { print "a,t"; for (i = 0; i < 50; i++) print i "," i * 1e30 + .5 }' >hugest.csv
awk 'BEGIN { print "a,t"; for (i = 0; i < 50; i++) print i "," (i + .5) * 1e-30 }' >tiny.csv
refuses 1 "too large for f32" -- train --data huge.csv --task regression
refuses 1 "too large for squared" -- train --data hugest.csv --task regression
refuses 1 "too small for squared" -- train --data tiny.csv --task regression

printf '70,1,2\n' >bare.csv
refuses 1 "called 1, 2, ..." -- predict patients.safetensors bare.csv --header no
refuses 2 "data that is made up" -- train --data patients.csv --rows 5
refuses 2 "at most 1,024" -- train --data xor --threads 99999
refuses 2 "is a layer" -- train --data xor --model "dense 5 relu dense 1"
refuses 1 "no folder no" -- train --data xor --save-recipe no/folder.yaml
refuses 1 "no such file or folder" -- train --data x.npy
refuses 1 "nothing is to be fetched" -- data fetch spirals
refuses 2 "not expected" -- data list more
refuses 1 "cannot be written" -- data make xor -o no/folder.csv
printf '\000\000\010\003\000\000\000\000\000\000\000\004\000\000\000\004' >none.idx
refuses 1 "no rows" -- data show none.idx
yes 1, | tr -d '\n' | head -c 3000000 >line.csv
refuses 1 "are line ends" -- train --data line.csv
if [ "$(id -u)" != 0 ]; then
    mkdir locked && chmod 555 locked
    refuses 1 "cannot be written to" -- train --data xor -o locked/model.safetensors
fi
if [ -e /dev/full ]; then
    "$luge" predict patients.safetensors new.csv >/dev/full 2>err && complain "a full disk is no success"
    says err "could not be written"
fi

# ---- help

for verb in train evaluate predict check graph summary data grad descend; do
    run 0 "$verb" --help
    says out "luge $verb" Examples
    fits
done
run 0 help
fits
run 0 info --help
says out "luge info"
run 0 ops --help
says out "luge ops"

[ "$failed" = 0 ] && echo "all well"
exit "$failed"
