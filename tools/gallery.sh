#!/bin/sh
# Makes the pictures of docs/gallery.md again, by the commands of that page.
# usage: tools/gallery.sh commands [data]         the page's commands, one a line; with data: those that need data sets
#        tools/gallery.sh make PATH-OF-LUGE       all of them, run in a folder of their own; the pictures go to docs/gallery
set -u
top=$(cd "$(dirname "$0")/.." && pwd) || exit 2
page=$top/docs/gallery.md

# Blocks that begin with ```sh, or with ```sh data; a line that ends with \ goes on in the next.
commands() {
    awk -v which="sh${1:+ $1}" '
        /^```/ { inside = !inside && $0 == "```" which; next }
        !inside { next }
        { sub(/^ +/, "") }
        /\\$/ { sub(/\\$/, ""); line = line $0; next }
        { print line $0; line = "" }' "$page"
}

make() {
    tmp=$(mktemp -d) || exit 2
    trap 'rm -rf "$tmp"' EXIT
    ln -s "$top/recipes" "$tmp/recipes"
    ln -s "$luge" "$tmp/luge"
    commands >"$tmp/commands"
    # shellcheck source=tests/data_folder.sh
    if folder=$(here=$top && . "$top/tests/data_folder.sh" && cd "$data" && pwd); then
        commands data >>"$tmp/commands"
        export LUGE_DATA="$folder"
    else
        echo "the pictures of real data stay as they are: $folder"
    fi
    while IFS= read -r line; do
        (cd "$tmp" && PATH=$tmp:$PATH NO_COLOR=1 sh -c "$line" >"$tmp/said" 2>&1 </dev/null) || {
            echo "FAILED: $line"
            cat "$tmp/said"
            return 1
        }
    done <"$tmp/commands"
    mkdir -p "$top/docs/gallery"
    for file in "$tmp"/*.svg "$tmp"/*.png; do
        [ ! -f "$file" ] || cp "$file" "$top/docs/gallery/" || return 1
    done
}

case ${1:-} in
commands) commands "${2:-}" ;;
make)
    luge=${2:?usage: tools/gallery.sh make PATH-OF-LUGE}
    case $luge in /*) ;; *) luge=$PWD/$luge ;; esac
    make
    ;;
*)
    sed -n '2,4s/^# //p' "$0" >&2
    exit 2
    ;;
esac
