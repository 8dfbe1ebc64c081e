#!/bin/sh
# The library lives in someone else's process: it never ends it, prints, reads the environment, depends on the locale
# or keeps mutable global state.
#   check_library.sh [libluge.a]      the archive, where given, is searched for mutable globals
set -u
cd "$(dirname "$0")/.." || exit 2
status=0

calls='exit|_exit|_Exit|quick_exit|abort|assert|printf|vprintf|puts|putchar|fprintf|vfprintf|perror'
calls="$calls|setlocale|getenv|secure_getenv|setenv|putenv|rand|srand|rand_r|random|srandom|drand48"
calls="$calls|atof|sscanf|fscanf|scanf|strtok|localtime|gmtime"
local='strtod|strtof|strtold' # read the locale's decimal point: for src/core, which knows, alone
names='stdin|stdout|stderr|environ'

found=$(find src -path src/cli -prune -o -type f \( -name '*.[ch]' -o -name '*.inc' -o -name '*.def' \) -print | sort |
    while IFS= read -r file; do
        # Comments and the insides of strings are blanked first.
        case $file in src/core/*) banned=$calls ;; *) banned="$calls|$local" ;; esac
        awk -v file="$file" -v calls="$banned" -v names="$names" '
            {
                text = $0
                out = ""
                while (text != "") {
                    if (comment) {
                        i = index(text, "*/")
                        if (!i) break
                        text = substr(text, i + 2)
                        comment = 0
                    } else if (match(text, /"([^"\\]|\\.)*"|\047([^\047\\]|\\.)*\047|\/\*|\/\//)) {
                        token = substr(text, RSTART, 2)
                        out = out substr(text, 1, RSTART - 1) " "
                        text = substr(text, RSTART + RLENGTH)
                        if (token == "/*") comment = 1
                        if (token == "//") break
                    } else {
                        out = out text
                        break
                    }
                }
                if (match(" " out, "[^A-Za-z0-9_](" calls ")[ ]*\\(") || match(" " out " ", "[^A-Za-z0-9_](" names ")[^A-Za-z0-9_]"))
                    printf "%s:%d: %s\n", file, NR, $0
            }' "$file"
    done)
if [ -n "$found" ]; then
    echo "$found"
    echo "a library does not end its process, print, read the environment or use the locale"
    status=1
fi

if [ $# -gt 0 ]; then
    found=$(objdump -t "$1" | awk '
        /:[ \t]+file format/ { member = $1 }
        /^[0-9a-f]+ ....... \.(data|bss|sdata|sbss)/ {
            section = $0
            sub(/^[0-9a-f]+ ....... /, "", section)
            size = section
            name = $NF
            sub(/[ \t].*/, "", section)
            if (section ~ /^\.data\.rel\.ro/) next
            sub(/^[^ \t]*[ \t]+/, "", size)
            if (size ~ /^0+ /) next
            print member " " name " (" section ")"
        }
        / \*COM\*/ { print member " " $NF " (common)" }')
    if [ -n "$found" ]; then
        echo "$found"
        echo "mutable global variables: make them const or keep them in the context"
        status=1
    fi
fi
exit "$status"
