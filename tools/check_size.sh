#!/bin/sh
# No source file over 600 lines, no function body in src over 60 lines.
set -u
cd "$(dirname "$0")/.." || exit 2

find src include tests tools examples bench -type f \
    \( -name '*.[ch]' -o -name '*.inc' -o -name '*.def' -o -name '*.sh' -o -name '*.py' \) -print | sort |
    while IFS= read -r file; do
        awk -v file="$file" '
            file ~ /^src/ && file ~ /\.(c|h|inc)$/ {
                # Formatted code opens and closes a function with a brace in the first column.
                if (/^[A-Za-z_].*\(/) name = $0
                if (/^\{/) start = NR
                if (/^\}/ && start) {
                    if (NR - start - 1 > 60) {
                        sub(/\(.*/, "", name)
                        sub(/.*[ *]/, "", name)
                        printf "%s:%d: function %s has %d lines; 60 are allowed\n", file, start, name, NR - start - 1
                    }
                    start = 0
                }
            }
            END { if (NR > 600) printf "%s: %d lines; 600 are allowed\n", file, NR }' "$file"
    done | {
    status=0
    while IFS= read -r line; do
        echo "$line"
        status=1
    done
    exit "$status"
}
