#!/bin/sh
# Do README.md and the guides tell the truth? Every block of C in them is compiled as C99, without a warning, against
# the static library, and run in an empty folder.
#   readme_snippets.sh LIBRARY     default: build/libluge.a; CC names the compiler
# A block with a main is a program. The other blocks of a page, one after another, are the body of one program, which
# ends with a variable `failed`; a block that begins with "```c function" stands before it. The Python of the file
# format must print what the first program of README.md prints, with its file; without NumPy that is left out.
set -eu
cd "$(dirname "$0")/.." || exit 2
library=${1:-build/libluge.a}
case $library in /*) ;; *) library=$PWD/$library ;; esac
include=$PWD/include
[ -f "$library" ] || { echo "there is no $library"; exit 1; }

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM

# Cuts a page into programs DIR/NAME_1.c, NAME_2.c, ... and DIR/NAME_body.c; #line makes messages name the page.
cut_page() {
    awk -v page="$1" -v out="$dir/$2" '
        function at(line) { return "#line " line " \"" page "\"\n" }
        /^```c( function)?$/ { inside = $2 == "function" ? 2 : 1; text = at(NR + 1); next }
        /^```/ && inside {
            if (text ~ /int main\(void\)/) {
                n++
                printf "%s", text >(out "_" n ".c")
            } else if (inside == 2) functions = functions text
            else body = body text
            inside = 0
            next
        }
        inside { text = text $0 "\n" }
        END {
            if (inside) { print page ": a block does not end"; exit 1 }
            if (body == "") exit 0
            print "#include <luge/luge.h>\n#include <stdio.h>\n#include <string.h>\n" >(out "_body.c")
            printf "%sint main(void)\n{\n%sreturn failed;\n}\n", functions, body >(out "_body.c")
        }' "$1"
}

cut_page README.md readme
cut_page docs/models.md models
cut_page docs/api.md api

tried=0
for program in "$dir"/*.c; do
    [ -f "$program" ] || break
    name=$(basename "$program" .c)
    "${CC:-cc}" -std=c99 -pedantic -Wall -Wextra -Werror -I"$include" "$program" "$library" -lm -lpthread \
        -o "$dir/$name" || { echo "$name does not compile"; exit 1; }
    mkdir "$dir/$name.files"
    (cd "$dir/$name.files" && "$dir/$name") >"$dir/$name.log" 2>&1 || { cat "$dir/$name.log"; echo "$name failed"; exit 1; }
    [ -z "${SHOW:-}" ] || { echo "-- $name"; cat "$dir/$name.log"; }
    tried=$((tried + 1))
done
for name in readme_1 models_body api_body; do
    [ -f "$dir/$name" ] || { echo "there is no $name: a page has no program"; exit 1; }
done

python=${PYTHON:-/usr/bin/python3}
if "$python" -c 'import numpy' 2>/dev/null; then
    # shellcheck disable=SC2016 # backquotes are text here
    sed -n '/^```python$/,/^```$/p' docs/file-format.md | sed '/^```/d' >"$dir/read.py"
    (cd "$dir/readme_1.files" && "$python" "$dir/read.py") >"$dir/read.log"
    grep xor "$dir/readme_1.log" | diff - "$dir/read.log" || { echo "NumPy reads another network"; exit 1; }
    tried=$((tried + 1))
fi
echo "$tried programs"
