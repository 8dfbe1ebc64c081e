#!/bin/sh
# What a shared library exports is what its public headers declare with LUGE_API, both ways: libluge_extra's is extra.h,
# libluge's are the others.
#   check_symbols.sh libluge.so | libluge_extra.so
set -u
[ $# -eq 1 ] || { echo "usage: check_symbols.sh SHARED_LIBRARY" >&2; exit 2; }
library=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
cd "$(dirname "$0")/.." || exit 2
case ${library##*/} in
*extra*) headers=include/luge/extra.h ;;
*) headers=$(find include/luge -name '*.h' ! -name extra.h | sort) ;;
esac

# Comments and preprocessor lines go; the rest is cut at ; and braces. The declared name is the first luge_ name before
# a parenthesis, or the last one of a variable.
# shellcheck disable=SC2086 # headers are words
declared=$(cat $headers | awk '
    !comment && (directive || /^[ \t]*#/) { directive = /\\$/; next }
    {
        text = $0
        while (text != "") {
            if (comment) {
                i = index(text, "*/")
                if (!i) break
                text = substr(text, i + 2)
                comment = 0
            } else if (match(text, /\/\*|\/\//)) {
                token = substr(text, RSTART, 2)
                all = all " " substr(text, 1, RSTART - 1)
                text = substr(text, RSTART + 2)
                if (token == "//") break
                comment = 1
            } else {
                all = all " " text
                break
            }
        }
    }
    END {
        n = split(all, part, /[;{}]/)
        for (i = 1; i <= n; i++) {
            if (!match(part[i], /(^|[^A-Za-z0-9_])LUGE_API([^A-Za-z0-9_]|$)/)) continue
            decl = substr(part[i], RSTART + RLENGTH - 1)
            if (match(decl, /luge_[A-Za-z0-9_]*[ \t]*\(/)) {
                name = substr(decl, RSTART, RLENGTH - 1)
            } else {
                sub(/[ \t]*[[=].*/, "", decl)
                sub(/[ \t]*$/, "", decl)
                match(decl, /[A-Za-z0-9_]*$/)
                name = substr(decl, RSTART)
            }
            gsub(/[ \t]/, "", name)
            print name
        }
    }' | sort -u)

# Linkers of some systems export these of their own.
exported=$(nm -D --defined-only "$library" | awk '$2 ~ /^[A-Z]$/ && $2 != "A" { sub(/@.*/, "", $3); print $3 }' |
    grep -vxE '_init|_fini|_edata|_end|__bss_start' | sort -u)

echo "$(echo "$exported" | grep -c .) symbols exported, $(echo "$declared" | grep -c .) functions declared with LUGE_API"
[ -n "$declared" ] || { echo "no declaration found in include/luge" >&2; exit 1; }
[ "$declared" = "$exported" ] && exit 0
for name in $declared; do
    echo "$exported" | grep -qx "$name" || echo "declared, not exported: $name"
done
for name in $exported; do
    echo "$declared" | grep -qx "$name" || echo "exported, not declared: $name"
done
exit 1
