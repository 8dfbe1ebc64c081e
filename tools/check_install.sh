#!/bin/sh
# Installs a build under a temporary prefix, moves it, and builds a program over what was installed: with pkg-config,
# shared and static, and with the CMake package; and another over luge_extra.
#   check_install.sh BUILD_FOLDER
set -eu
[ $# -eq 1 ] || { echo "usage: check_install.sh BUILD_FOLDER" >&2; exit 2; }
build=$(cd "$1" && pwd)
cmake=${CMAKE:-cmake}
cc=${CC:-cc}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM

"$cmake" --install "$build" --prefix "$dir/first" >"$dir/log" || { cat "$dir/log"; exit 1; }
mv "$dir/first" "$dir/moved"
prefix=$dir/moved
pc=$(dirname "$(find "$prefix" -name luge.pc)")
lib=$(dirname "$pc")

cat >"$dir/user.c" <<'C'
#include <luge/luge.h>
#include <stdio.h>

int main(void)
{
    return printf("luge %s\n", luge_version()) < 0;
}
C

sed 's,#include <stdio.h>,#include <luge/extra.h>\n&,; s,return ,return luge_known_data_count() < 1 || ,' "$dir/user.c" \
    >"$dir/extra.c"

# expect WHAT COMMAND...: the command runs and names the version of the header.
version=$(sed -n 's/^# *define LUGE_VERSION_M[A-Z]* *//p; s/^# *define LUGE_VERSION_PATCH *//p' \
    "$prefix/include/luge/types.h" | paste -sd. -)
expect() {
    what=$1
    shift
    said=$("$@") || { echo "$what: the program failed"; exit 1; }
    [ "$said" = "luge $version" ] || { echo "$what: said \"$said\", not \"luge $version\""; exit 1; }
    echo "$what: $said"
}

if command -v pkg-config >/dev/null; then
    export PKG_CONFIG_PATH="$pc"
    # shellcheck disable=SC2046 # flags are words
    $cc "$dir/user.c" -o "$dir/shared" $(pkg-config --cflags --libs luge)
    expect "pkg-config" env LD_LIBRARY_PATH="$lib" "$dir/shared"
    # shellcheck disable=SC2046
    $cc "$dir/user.c" -o "$dir/static" $(pkg-config --cflags luge) "$lib/libluge.a" \
        $(pkg-config --static --libs-only-l --libs-only-other luge | sed 's/-lluge//')
    expect "pkg-config --static" "$dir/static"
    # shellcheck disable=SC2046
    $cc "$dir/extra.c" -o "$dir/extra_shared" $(pkg-config --cflags --libs luge-extra)
    expect "pkg-config, luge-extra" env LD_LIBRARY_PATH="$lib" "$dir/extra_shared"
    # shellcheck disable=SC2046
    $cc "$dir/extra.c" -o "$dir/extra_static" $(pkg-config --cflags luge-extra) "$lib/libluge_extra.a" \
        "$lib/libluge.a" $(pkg-config --static --libs luge-extra | sed 's/-lluge[_a-z]*//g')
    expect "pkg-config --static, luge-extra" "$dir/extra_static"
fi

cat >"$dir/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.20)
project(user C)
find_package(luge REQUIRED)
foreach(kind luge luge_static)
    add_executable(user_${kind} user.c)
    target_link_libraries(user_${kind} PRIVATE luge::${kind})
endforeach()
foreach(kind luge_extra luge_extra_static)
    add_executable(user_${kind} extra.c)
    target_link_libraries(user_${kind} PRIVATE luge::${kind})
endforeach()
CMAKE
{
    "$cmake" -S "$dir" -B "$dir/build" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$cc" &&
        "$cmake" --build "$dir/build"
} >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
expect "find_package, luge::luge" "$dir/build/user_luge"
expect "find_package, luge::luge_static" "$dir/build/user_luge_static"
expect "find_package, luge::luge_extra" "$dir/build/user_luge_extra"
expect "find_package, luge::luge_extra_static" "$dir/build/user_luge_extra_static"
