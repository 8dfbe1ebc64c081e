# shellcheck shell=sh disable=SC2034
# What the tests of the command share; they source this file. It takes the path of luge as $1, goes to an empty folder
# that is removed at the end, and counts in $failed.
luge=${1:?usage: $0 PATH-OF-LUGE}
case $luge in /*) ;; *) luge=$PWD/$luge ;; esac
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
unset LUGE_DATA COLUMNS
export HOME="$tmp" NO_COLOR=1 LC_ALL=C.UTF-8
failed=0

complain() {
    echo "FAILED: $*"
    sed 's/^/    /' out err 2>/dev/null | head -40
    failed=1
}

# run CODE ARG ...: the command ends with this code; what it says lies in out and err.
run() {
    code=$1
    shift
    "$luge" "$@" >out 2>err </dev/null
    got=$?
    [ "$got" = "$code" ] || complain "luge $*: ended with $got, not $code"
}

# says FILE TEXT ...: each text stands in the file.
says() {
    file=$1
    shift
    for text in "$@"; do
        grep -qF -e "$text" "$file" || complain "no \"$text\" in $file"
    done
}
