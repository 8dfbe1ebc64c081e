#!/bin/sh
# luge grad and luge descend: figures against closed forms and other sources, messages with their carets, files.
# usage: tests/grad.sh PATH-OF-LUGE
set -u
# shellcheck source=tests/command_tools.sh
. "$(dirname "$0")/command_tools.sh"

# refuses CODE COLUMN CARETS TEXT ARG ...: a message with that text; the caret stands in that column of the line above.
refuses() {
    code=$1 column=$2 carets=$3 text=$4
    shift 4
    run "$code" "$@"
    says err "$text"
    [ "$(head -c 5 err)" = "luge " ] || complain "the message of luge $* does not begin with luge"
    [ "$carets" = - ] && return
    found=$(awk '/^ *\^~*$/ { match($0, /\^~*/); print RSTART - 2, RLENGTH }' err)
    [ "$found" = "$column $carets" ] || complain "luge $*: the caret is at $found, not $column $carets"
}

fits() { # no line but JSON is wider than 80 columns; bytes that go on with a character are left out
    cat out err | LC_ALL=C tr -d '\200-\277' |
        awk '!/^\{/ && length($0) > 80 { print; bad = 1 } END { exit bad }' || complain "a line is too wide"
}

# number KEY ...: the number behind the last of these keys, each looked for behind the one before, in the JSON of out.
number() {
    awk -v keys="$*" '
        { line = $0 }
        END {
            n = split(keys, key, " ")
            for (i = 1; i <= n; i++) {
                at = index(line, "\"" key[i] "\": ")
                if (!at) { print "none"; exit }
                line = substr(line, at + length(key[i]) + 4)
            }
            match(line, /^[-+0-9.e]+/)
            print substr(line, 1, RLENGTH)
        }' out
}

# is VALUE EXPECTED RELATIVE
is() {
    awk -v a="$1" -v b="$2" -v r="$3" 'BEGIN {
        d = a - b; if (d < 0) d = -d; s = b < 0 ? -b : b
        exit !(a != "none" && a != "" && d <= r * (s > 1 ? s : 1))
    }' || complain "$1 is not $2"
}

# ---- grad: figures

chain="u = x^2 + 2*y; x = r*sin(t); y = sin(t)^2"
for at in 2:0.5 -1.5:2 0.1:-3; do # du/dr = 2 r sin^2 t, du/dt = (r^2 + 2) sin 2t
    r=${at%:*} t=${at#*:}
    run 0 grad "$chain" --wrt r,t --at "r=$r,t=$t" --json
    fits
    is "$(number gradients r value)" "$(awk "BEGIN { printf \"%.17g\", 2*($r)*sin($t)^2 }")" 1e-12
    is "$(number gradients t value)" "$(awk "BEGIN { printf \"%.17g\", (($r)^2+2)*sin(2*($t)) }")" 1e-12
    is "$(number gradients t numerical)" "$(number gradients t value)" 1e-8
    is "$(number value)" "$(awk "BEGIN { printf \"%.17g\", (($r)*sin($t))^2+2*sin($t)^2 }")" 1e-12
done
run 0 grad "price = (apple*n)*tax" --at apple=100,n=2,tax=1.1 --json --quiet
[ "$(wc -l <out)" = 1 ] || complain "--quiet leaves more than the JSON object"
is "$(number value)" 220 1e-12
is "$(number gradients apple value)" 2.2 1e-12
is "$(number gradients n value)" 110 1e-12
is "$(number gradients tax value)" 200 1e-12
run 0 grad "price = (apple*n + orange*m)*tax" --at apple=100,n=2,orange=150,m=3,tax=1.1 --json
is "$(number value)" 715 1e-12
is "$(number gradients orange value)" 3.3 1e-12
is "$(number gradients m value)" 165 1e-12
is "$(number gradients tax value)" 650 1e-12
says out "d price/d apple" "d price/d m "
run 0 grad "loss = w1^2*w2" --at w1=3,w2=2 --order 3
says out "d2 loss/d w1^2 " "d3 loss/d w1^2 d w2 "
run 0 grad "sigmoid(x)" --at x=0 --json
is "$(number gradients x value)" 0.25 1e-15
run 0 grad "x^2*y^3" --at x=3,y=2 --order 3 --json
says out "d2f/dx dy" "d3f/dx dy2" "Hessian of f" '"by": ["x", "y", "y"], "value": 72' '"hessian": [[16, 72], [72, 108]]'
run 0 grad "x^3" --at x=0 --order 4
says out "d3f/dx3                 6" "d4f/dx4                 0"
run 0 grad "u = x*y; v = x + y" --at x=2,y=3 --json
says out "Jacobian" '"values": {"u": 6, "v": 5}' '"jacobian": {"u": {"x": {"value": 3'
run 0 grad "u = x*y; v = u + y" --of u --at x=2,y=3
says out "u = 6" "du/dx"
run 0 grad "-x^2" --at x=3
says out "f = -9" "df/dx                 -6"
run 0 grad "3 + 4"
says out "f = 7" "no free name"
printf '# a comment\nu = x*2;\nx = a\n' | "$luge" grad - --at a=pi/2 >out 2>err || complain "grad from standard input"
says out "u = 3.141592654"
run 0 grad "abs(x) + relu(y) + max(a, 2)" --at x=0,y=0,a=2
says out "kink or a jump in relu(y)" "kink or a jump in max(a, 2)"
fits

# ---- grad: the chain rule, the graph

run 0 grad "$chain" --at r=2,t=0.5 --steps --graph
says out "1 u = x^2 + 2*y" "2*x = 1.9177; 1 * 1.9177 = 1.9177" "cos(t) = 0.877583" "sum of gradients 5.0488"
fits
run 0 grad "tan(x)*leaky_relu(-y, 0.1)/(x + 1)^3 + where(x < y, gelu(x), silu(y))" --at x=1,y=2 --steps
says out "1/cos(x)" "3*(x + 1)^2"
fits
run 0 grad "$chain" --at r=2,t=0.5 -o graph.dot
says graph.dot "digraph" "0.9194" "1.3791" "×"
if command -v dot >/dev/null; then
    for kind in svg png pdf; do
        run 0 grad "$chain" --at r=2,t=0.5 -o "graph.$kind"
        [ -s "graph.$kind" ] || complain "no graph.$kind"
    done
    says graph.svg "3.8354" "</svg>"
fi
run 2 grad x --at x=1 -o graph.jpg
says err ".svg, .png, .pdf"
run 1 grad x --at x=1 -o nowhere/graph.dot
says err "nowhere"

# ---- grad: messages

refuses 1 5 3 'no function "sni"' grad "u + sni(y)"
says err "nearest: sin"
refuses 1 2 1 "write 2*x" grad "2x" --at x=1
refuses 1 1 3 "sin is a function; write sin(t)" grad "sin t"
refuses 1 10 1 "a circle: x needs y needs x" grad "x = y; y=x"
refuses 1 8 1 "x is defined twice; first in column 1" grad "x = 1; x = 2"
refuses 1 1 1 "its ( is not closed" grad "(1 + x"
refuses 1 3 1 "y has no value; give it one: --at y=..." grad "x+y" --at x=1
refuses 1 1 7 "1/(x-2) is a division by zero:" grad "1/(x-2)" --at x=2
refuses 1 5 8 "log(x-3) is the logarithm of a" grad "1 + log(x-3)" --at x=2
refuses 1 1 7 "negative number: sqrt(-2)" grad "sqrt(x)" --at x=-2
refuses 1 1 8 "exp(x*y) is too large for a double:" grad "exp(x*y)" --at x=1000,y=2
refuses 1 1 7 "df/dx is no finite number" grad "sqrt(x)" --at x=0
refuses 1 1 7 "step has no gradient" grad "step(x)*x" --at x=1
refuses 1 1 1 "f is true or false" grad "x < 2" --at x=1
refuses 2 1 2 'no free name "xx" in the formula' grad "x + y" --at xx=1,y=2
refuses 2 5 1 "the formula itself says what y is" grad "x + y; y = 1" --at x=1,y=2
refuses 2 3 1 "is missing" grad "x" --at "x="
refuses 2 - - 'no free name "q"' grad "x" --at x=1 --wrt q
refuses 2 - - "x is a free name, which depends on nothing" grad "u = x" --at x=1 --of x
refuses 2 - - "x is defined by the formula; --steps shows" grad "u = x; x = y" --at y=1 --wrt x
refuses 2 - - 'no defined name "w"' grad "u = x" --at x=1 --of w
refuses 2 - - "0 to 6 is expected" grad x --at x=1 --order 7
refuses 2 - - "the formula is missing" grad
run 0 grad "step(0.5*a - b)" --at a=1,b=0 --order 0 --steps --graph --json # what has no gradient still has a value
says out '"value": 1, "gradients": {}'
! grep -qe arrives -e "←" out || complain "--order 0 goes back"
refuses 2 1 1 "a name and = are expected" grad "x^2" --at x
refuses 2 1 1 "a name and = are expected" grad "x^2" --at 1.5
refuses 2 - - "a number above 0" descend "x^2" --from x=1 --numerical 0
refuses 1 1 15 "--order 0 shows the values alone" grad "step(0.5*a - b)" --at a=1,b=0
refuses 2 - - "nearest: --order" grad x --ordr 2
long=$(awk 'BEGIN { for (i = 0; i < 300; i++) printf "x + "; printf "sni(x)" }')
refuses 1 40 3 'column 1201: no function "sni"' grad "$long" --at x=1
fits

# ---- descend

run 0 descend "x0^2+x1^2" --from x0=-3,x1=4 --rate 0.1 --csv
is "$(tail -n 1 out | cut -d, -f4)" -6.11110793e-10 1e-17
is "$(tail -n 1 out | cut -d, -f5)" 8.14814391e-10 1e-17
run 0 descend "x0^2+x1^2" --from x0=-3,x1=4 --rate 1e-10 --csv
is "$(tail -n 1 out | cut -d, -f4)" -2.99999994 1e-8
is "$(tail -n 1 out | cut -d, -f5)" 3.99999992 1e-8
run 0 descend "x0^2+x1^2" --from x0=-3,x1=4 --rate 10 --numerical 1e-4 --csv
is "$(tail -n 1 out | cut -d, -f4)" -2.58983747e+13 1e-8
is "$(tail -n 1 out | cut -d, -f5)" -1.29524862e+12 1e-8
run 0 descend "x0^2+x1^2" --from x0=-3,x1=4 --rate 10 # -3 (1 - 20)^100
says out "-2.25155e+128" "it runs away"
run 0 descend "x0^2+x1^2" --from x0=-3,x1=4 --rate 1e-10
says out "it hardly moves"
run 0 descend "x0^2+x1^2" --from x0=-3,x1=4 --rate 10 --steps 1000 --json
says out "it stops: step 120 leads to no finite number" '"diverged": 120'
race="sgd,momentum,adagrad,adam"
run 0 descend "x^2/20 + y^2" --from x=-7,y=2 --steps 30 --optimizer $race --rate 0.95,0.1,1.5,0.3
says out "sgd, rate 0.95" "-0.350393     0.0847823" "0.896414     0.0880856" "-0.120162   2.48638e-17" \
    "0.136007      0.318245" "a: sgd, rate 0.95" "o: start"
fits
run 0 descend "x^2/20 + y^2" --from x=-7,y=2 --steps 3 --optimizer nesterov,rmsprop,adamw --json -q
[ "$(wc -l <out)" = 1 ] || complain "--quiet leaves more than the JSON object"
if command -v python3 >/dev/null; then
    python3 -c '
import json
j = json.load(open("out"))
assert [w["optimizer"] for w in j["ways"]] == ["nesterov", "rmsprop", "adamw"], j
assert all(len(w["values"]) == 4 and len(w["path"]["x"]) == 4 and w["diverged"] is None for w in j["ways"]), j
assert j["from"] == {"x": -7, "y": 2}, j
' || complain "the JSON object"
fi
run 0 descend "x^2/20 + y^2" --from x=-7,y=2 --steps 30 --optimizer $race -o ways.csv
says ways.csv "adagrad, rate 0.1"
if command -v gnuplot >/dev/null; then
    run 0 descend "x^2/20 + y^2" --from x=-7,y=2 --steps 30 --optimizer $race -o ways.svg
    run 0 descend "x^4 - 3*x^2" --from x=2 --rate 0.02 -o curve.svg
    run 0 descend "a^2 + b^2 + c^2" --from a=1,b=2,c=3 -o values.svg
    for file in ways curve values; do says $file.svg "</svg>" "sgd, rate"; done
fi
refuses 1 5 7 "step has no gradient" descend "x + step(x)" --from x=1
refuses 1 3 1 "y has no value; give it one: --from y=..." descend "x+y" --from x=1
refuses 1 5 6 "negative number: log(-1)" descend "1 + log(x)" --from x=-1
refuses 1 1 3 "1/x is a division by zero" descend "1/x" --from x=0
refuses 1 8 1 "u and v are used by nothing" descend "u = x; v = x" --from x=1
refuses 2 - - 'no optimizer "adm"' descend x --from x=1 --optimizer adm
refuses 2 - - "one number above 0, or one for each optimizer" descend x --from x=1 --rate 0
refuses 2 - - "one number above 0, or one for each optimizer" descend x --from x=1 --optimizer sgd,adam --rate 1,2,3
refuses 2 - - "1 to 1,000,000 is expected" descend x --from x=1 --steps 0
exit "$failed"
