#!/bin/sh
# luge graph: what its drawings hold (nodes, edges, values; not where a layout puts them), and what happens without
# Graphviz, or where it fails, hangs or dies.
# usage: tests/graph.sh PATH-OF-LUGE
set -u
# shellcheck source=tests/command_tools.sh
. "$(dirname "$0")/command_tools.sh"

# says FILE TEXT ...: each text stands in the file, however its lines are broken.
says() {
    file=$1
    shift
    for text in "$@"; do
        tr -s '\n ' '  ' <"$file" | grep -qF -e "$(echo "$text" | tr -s ' ')" || complain "no \"$text\" in $file"
    done
}

fits() {
    sed 's/→\|←\|−\|×\|÷\|µ/x/g' out | awk 'length($0) > 80 { print; bad = 1 } END { exit bad }' || complain "a line is too wide"
}

# number FILE PATTERN: the first number behind the pattern.
number() {
    sed -n "s/.*$2\([-0-9.e+]*\).*/\1/p" "$1" | head -n 1
}

# about A B: equal but for rounding in print.
about() {
    awk -v a="$1" -v b="$2" 'BEGIN { d = a - b; s = a < 0 ? -a : a; exit !(a != "" && b != "" && d * d <= 1e-6 * (s * s + 1e-12)) }' ||
        complain "$1 is not about $2"
}

# count N PATTERN FILE: so many lines match.
count() {
    n=$(grep -cE -e "$2" "$3")
    [ "$n" = "$1" ] || complain "$n lines of $3 match $2, not $1"
}

# ---- models

"$luge" data make xor -o xor.csv >out || exit 1
printf 'x,y,"a ""b"" <c> & d"\n1,2,ä\n2,1,b\n3,3,ä\n4,1,b\n' >odd.csv
run 0 train --data xor.csv --task regression --standardize no --validation 0 --test 0 -q --epochs 2 --batch all \
    --model "dense 2 tanh, dense 1" -o small.safetensors
run 0 train --data digits --rows 200 -q --epochs 1 --model "dense 16 relu, batchnorm, dropout 0.3, dense 10 softmax" \
    -o large.safetensors

# ---- layers

run 0 graph large.safetensors
says out "large.safetensors: 5 layers, 12,794 parameters" "relu  [batch, 784] → [batch, 16]" "12,560 parameters" \
    "softmax  [batch, 16] → [batch, 10]" "batch_normalization" "output"
fits
LC_ALL=C run 0 graph large.safetensors
says out "[batch, 784] -> [batch, 16]"
run 0 graph large.safetensors -o layers.dot
count 7 '^  n[0-9]+ \[' layers.dot # input, five layers, output
count 6 '^  n[0-9]+ -> n[0-9]+;' layers.dot
says layers.dot "rankdir=LR" "bgcolor=transparent" "<b>flatten</b>" "12,560 parameters"

# ---- operators: as many as the graph has, but for what is repeated to a shape

run 0 graph small.safetensors --ops -o ops.dot
count 15 '^  n[0-9]+ \[' ops.dot # input; 4 weights, 2 products, 2 sums, tanh; two to scale, by constants; output
says ops.dot "label=<matmul>" "label=<+>" "label=<tanh>" "label=<kernel<br/>" "shape=circle" "[batch, 2]"
count 0 'expand' ops.dot
run 0 graph small.safetensors --json
says out '"op": "matmul"' '"part": "forward"' '"layer": "dense_1"' '"shape": [null, 2]' '"inputs": [1, 2]'
count 0 '"value"' out

# ---- one batch: its values are those of evaluate, and the gradients those of the chain rule

run 0 evaluate small.safetensors --data xor.csv --json
loss=$(number out '"loss": ')
run 0 graph small.safetensors --data xor.csv --batch all --json
about "$(number out '"loss": ')" "$loss"
says out '"rows": 4' '"part": "gradient"' '"part": "update"' '"rewritten_seconds"' '"arena_bytes"'
tr '{' '\n' <out | grep -A 3 '"op": "tanh"' >tanh
awk -v low="$(number tanh '"min": ')" -v high="$(number tanh '"max": ')" 'BEGIN { exit !(low > -1 && high < 1) }' ||
    complain "the values of tanh are not between -1 and 1"
# What an update takes as gradient, computed by the step, is what stands at the weight, computed apart from it.
awk '{
    n = split($0, node, /\{"id": /)
    for (i = 2; i <= n; i++) {
        id = node[i] + 0
        if (match(node[i], /"value": [^}]*/)) value[id] = substr(node[i], RSTART, RLENGTH)
        if (match(node[i], /"gradient": [^}]*/)) gradient[id] = substr(node[i], RSTART, RLENGTH)
        if (node[i] ~ /"op": "update_/ && match(node[i], /"inputs": \[[0-9]+, [0-9]+/)) {
            split(substr(node[i], RSTART + 11, RLENGTH - 11), in_, ", ")
            from[++updates] = in_[1]
            by[updates] = in_[2]
        }
    }
}
function norm(text) { sub(/.*"norm": /, "", text); return text + 0 }
END {
    for (i = 1; i <= updates; i++) {
        a = norm(gradient[from[i]]); b = norm(value[by[i]])
        if (!(a > 0) || (a - b) * (a - b) > 1e-10 * a * a) bad++
    }
    exit updates != 4 || bad
}' out || complain "the gradients of the weights are not those of the updates"
run 0 graph small.safetensors --data xor.csv --batch all --ops -o batch.dot
says batch.dot "$(awk -v l="$loss" 'BEGIN { printf "%.4g", l }')" "<i>← 1</i>" "label=<<b>loss</b>>" "label=<loss>"
count 0 'label=<gradients>' batch.dot
run 0 graph small.safetensors --data xor.csv --batch 2 --ops --training -o whole.dot
says whole.dot "label=<gradients>" "label=<update>" "label=<adam" "peripheries=2"
run 0 graph large.safetensors --data digits --rows 100 --batch 8
says out "a training step of 8 rows: loss" "gradient of size" "backpropagation" "adam" "as the planner rewrites it" "←"
fits
run 0 graph large.safetensors --data digits --rows 100 --batch 8 --ops
fits

# ---- the plan

run 0 graph large.safetensors --plan
says out "before the rewrites:" "after the rewrites:" "matmul" "in place" "[32, 16]"
fits
run 0 graph large.safetensors --plan --training --json
says out '"plan": {"before": {"arena_bytes": ' '"after": {"arena_bytes": ' '"kernel": "packed"' '"in_place": 1'
run 0 graph large.safetensors --plan --training -o plan.dot
says plan.dot "label=<before the rewrites: " "label=<after the rewrites: " "update_adam"

# ---- a recipe, which is not trained

printf 'data: xor.csv\ntask: regression\nmodel: "dense 3 relu, dense 1"\n' >net.yaml
run 0 graph net.yaml
says out "relu  [batch, 2] → [batch, 3]" "9 parameters"
run 0 graph net.yaml --training
says out "backpropagation" "adam"
[ ! -e model.safetensors ] || complain "luge graph left a model"

# ---- names that mean something in DOT

printf 'data: odd.csv\nmodel: "dense 2 softmax name=a<b>&c"\n' >odd.yaml
run 0 graph odd.yaml -o odd.dot
says odd.dot "a&#60;b&#62;&#38;c"
if command -v dot >/dev/null; then
    dot -Tsvg odd.dot >odd.svg 2>err || complain "Graphviz refuses what luge graph wrote"
    says odd.svg "a&lt;b&gt;&amp;c"
    for kind in svg png pdf; do run 0 graph small.safetensors --ops -o "net.$kind"; done
    says net.svg "<svg" "matmul"
    [ "$(head -c 4 net.pdf)" = %PDF ] || complain "net.pdf is no PDF"
    [ "$(head -c 4 net.png | tail -c 3)" = PNG ] || complain "net.png is no PNG"
fi

# ---- other programs by the name of dot

mkdir bin none
fake() {
    printf '#!/bin/sh\n%s\n' "$1" >bin/dot
    chmod +x bin/dot
    rm -f net.svg
}
path=$PATH
fake 'cat >/dev/null; echo "<svg"; echo "a warning" >&2'
PATH=$tmp/bin:$path run 0 graph small.safetensors -o net.svg
says net.svg "<svg"
for how in 'cat >/dev/null; echo "syntax error in line 1" >&2; exit 3' 'kill -9 $$' 'exec <&-; exit 1' 'cat >/dev/null'; do
    fake "$how"
    PATH=$tmp/bin:$path run 1 graph small.safetensors -o net.svg
    says err "luge graph: dot" "net.svg is not written"
    if [ -e net.svg ] || [ -e net.svg.part ]; then complain "a failed dot left a file"; fi
done
fake 'echo old; echo "syntax error in line 1" >&2; exit 3'
echo before >net.svg
PATH=$tmp/bin:$path run 1 graph small.safetensors -o net.svg
says net.svg "before"
says err "exit code 3: syntax error in line 1"
fake 'echo $$ >pid; exec sleep 1000'
PATH=$tmp/bin:$path "$luge" graph small.safetensors -o net.svg >out 2>err &
pid=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do [ -s pid ] || sleep 0.5; done
[ -s pid ] || complain "dot was not started"
kill -TERM "$pid"
wait "$pid"
got=$?
[ "$got" = 130 ] || complain "an interrupt ended it with $got, not 130"
if kill -0 "$(cat pid)" 2>/dev/null; then complain "dot still runs"; fi
if [ -e net.svg ] || [ -e net.svg.part ]; then complain "an interrupted dot left a file"; fi

# ---- without Graphviz

PATH=$tmp/none run 1 graph small.safetensors -o net.svg
says err "apt install graphviz" "net.dot instead"
[ ! -e net.svg ] || complain "there is a net.svg"
run 0 graph small.safetensors -o same.dot
cmp -s net.dot same.dot || complain "net.dot is not the graph"

# ---- what is refused

run 2 graph small.safetensors -o net.gif
says err ".svg, .png, .pdf or .dot"
run 2 graph
says err "the model is missing"
run 1 graph nothing.safetensors
says err "nothing.safetensors"
run 1 graph xor.csv
says err "luge graph: "
run 1 graph small.safetensors -o nowhere/net.dot
says err "nowhere/net.dot cannot be written"
run 1 graph small.safetensors --data nothing.csv
says err "nothing.csv"
layers="dense 4 relu, batchnorm"
for _ in 1 2 3 4 5 6; do layers="$layers, $layers"; done
run 0 train --data xor.csv --task regression --validation 0 --test 0 -q --epochs 1 --model "$layers, dense 1" -o deep.safetensors
if command -v dot >/dev/null; then
    run 1 graph deep.safetensors --ops --training -o net.svg
    says err "are too many to be laid out; without --ops, a layer is one box"
fi
run 0 graph deep.safetensors --ops --training
run 0 graph deep.safetensors -o deep.dot

[ "$failed" = 0 ] && echo "luge graph: all is well"
exit "$failed"
