#!/bin/sh
# Layers: an #include in src may point down, never up. Public headers (<luge/...>) are open to all.
#   core < graph < ops < plan < backend; check, nn, data and io see core only, train sees core and nn; extra and cli
#   see neither.
set -u
cd "$(dirname "$0")/.." || exit 2

# The folders (and files) of src that a file in src/$1 may include.
allowed() {
    case $1 in
    backend/cpu/isa/*) echo "core graph/op.h ops/ops.def backend/cpu" ;;
    core/*) echo "core" ;;
    graph/*) echo "core graph ops/ops.def" ;; # that list numbers the ops; it includes nothing
    ops/*) echo "core graph ops" ;;
    plan/*) echo "core graph ops plan" ;;
    backend/*) echo "core graph ops plan backend" ;;
    train/*) echo "core nn train" ;;
    check/* | nn/* | data/* | io/*) echo "core ${1%%/*}" ;;
    cli/drawing/*) echo "cli/drawing cli/cli.h cli/options.h cli/job.h cli/picture.h" ;; # no formula, no model
    extra/* | cli/*) echo "${1%%/*}" ;;
    esac
}

# fits FILE TARGET: whether the file may include the target; both are paths below src.
fits() {
    for folder in $(allowed "$1"); do
        case $2 in "$folder" | "$folder"/*) return 0 ;; esac
    done
    return 1
}

status=0
complain() {
    echo "$1"
    status=1
}

while IFS=: read -r file line text; do
    name=${text#*[<\"]}
    name=${name%%[>\"]*}
    case $name in
    luge/*) continue ;;
    ../* | */../*) complain "$file:$line: \"$name\": write the path from src/" && continue ;;
    esac
    case $text in
    *\<*)
        [ -d "src/${name%%/*}" ] && [ "$name" != "${name#*/}" ] &&
            complain "$file:$line: <$name>: a private header is included with \"...\""
        continue
        ;;
    esac
    inside=${file#src/}
    here=${inside%/*}
    if [ -e "src/$here/$name" ]; then target=$here/$name; else target=$name; fi
    fits "$inside" "$target" || complain "$file:$line: ${inside%/*} may not include $target"
done <<LINES
$(find src -type f \( -name '*.[ch]' -o -name '*.inc' -o -name '*.def' \) -exec grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' /dev/null {} + | sort -t: -k1,1 -k2,2n)
LINES

# Examples are users: what they include of this project is <luge/...>, and numbers of the tests.
found=$(find examples -name '*.[ch]' -exec grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*["<](\.\.|core/|graph/|ops/|plan/|backend/)' /dev/null {} + | grep -v '"\.\./tests/golden/')
[ -z "$found" ] || complain "$found
examples include public headers only"
exit "$status"
