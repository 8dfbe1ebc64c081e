#!/bin/sh
# Does what README.md and docs/command.md say of the command happen? Their shell blocks are run, one after another, in a
# folder that is empty at first.
#   command_guide.sh PATH-OF-LUGE [PAGE ...]
# A block that begins with "```sh" is run and must end well, one with "```sh exit 2" with that code. A block "```text"
# behind it is what it says: each line of it, in this order; "..." stands for others. Numbers and their units are not
# compared, since they differ among machines. "<!-- sh" to "-->" is run too, but not shown: files that the page takes as
# given. Other blocks need a terminal, a network or another tool. What a build leaves out for want of a library is
# passed over. SHOW=1 prints what everything says.
set -u
luge=${1:?usage: command_guide.sh PATH-OF-LUGE [PAGE ...]}
luge=$(cd "$(dirname "$luge")" && pwd)/$(basename "$luge")
shift
cd "$(dirname "$0")/.." || exit 2
[ $# -gt 0 ] || set -- README.md docs/command.md
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
mkdir "$tmp/bin" "$tmp/home" && ln -s "$luge" "$tmp/bin/luge" || exit 2
unset LUGE_DATA XDG_DATA_HOME COLUMNS
export HOME="$tmp/home" PATH="$tmp/bin:$PATH" NO_COLOR=1 LC_ALL=C.UTF-8
failed=0 ran=0 passed_over=0

# Cuts a page into DIR/LINE.sh, each with LINE.code, and LINE.text beside it where its output follows.
cut_page() {
    awk -v dir="$2" '
        function open(name) { file = sprintf("%s/%05d.%s", dir, at, name); printf "" >file }
        /^```sh( exit [0-9]+)?$/ || /^<!-- sh$/ {
            at = NR
            open("code")
            print ($2 == "exit" ? $3 : 0) >file
            open("sh")
            next
        }
        /^```text$/ { open("text"); next }
        (/^```/ || /^-->$/) { file = ""; next }
        file != "" { print >file }' "$1"
}

plain() { # without numbers, units, marks and widths
    sed -E 's/[0-9]([0-9.,]*[0-9])?(e[-+]?[0-9]+)?/#/g; s/# (ms|s|bytes|KB|MB)/# U/g; s/ \*$//; s/[[:space:]]+/ /g; s/ $//' "$1"
}

# Whether each line of $1 stands in $2, in that order.
stands_in() {
    plain "$1" | grep -vx ' *\.\.\. *' | grep -v '^ *$' >"$tmp/wanted"
    plain "$2" | awk -v wanted="$tmp/wanted" '
        BEGIN { more = (getline line <wanted) > 0 }
        more && $0 == line { more = (getline line <wanted) > 0 }
        END { if (more) { print "    not there: " line; exit 1 } }'
}

for page in "$@"; do
    cut=$tmp/cut work=$tmp/work
    rm -rf "$cut" "$work"
    mkdir "$cut" "$work"
    cut_page "$page" "$cut"
    for block in "$cut"/*.sh; do
        [ -f "$block" ] || { echo "$page: no block to run"; failed=1; break; }
        line=$(basename "$block" .sh | sed 's/^0*//') code=$(cat "${block%.sh}.code")
        (cd "$work" && sh -e "$block") >"$tmp/out" 2>&1 </dev/null
        got=$?
        [ -z "${SHOW:-}" ] || { echo "-- $page, line $line"; cat "$tmp/out"; }
        if [ "$got" != "$code" ] && grep -q 'built without' "$tmp/out"; then
            passed_over=$((passed_over + 1))
            continue
        fi
        ran=$((ran + 1)) good=1
        [ "$got" = "$code" ] || { echo "$page, line $line: ended with $got, not $code"; good=0; }
        if [ -f "${block%.sh}.text" ]; then
            stands_in "${block%.sh}.text" "$tmp/out" || { echo "$page, line $line: says something else"; good=0; }
        fi
        [ "$good" = 1 ] || { failed=1; sed 's/^/    /' "$tmp/out"; }
    done
done
echo "$ran blocks, $passed_over passed over"
exit "$failed"
