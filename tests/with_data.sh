#!/bin/sh
# with_data.sh COPY PROGRAM ARG ...: runs PROGRAM COPY ARG ..., where COPY is a folder that gets the files of the data
# folder, unpacked. That is $LUGE_DATA, or shared/data beside the checkout; where there is none, the test is skipped (77).
set -u
here=$(cd "$(dirname "$0")/.." && pwd) || exit 2
copy=$1 program=$2
shift 2

# shellcheck source=tests/data_folder.sh
. "$here/tests/data_folder.sh"

for file in "$data"/*/*.gz "$data"/*/*ubyte "$data"/*/*.csv; do
    [ -f "$file" ] || continue
    folder=$copy/$(basename "$(dirname "$file")")
    to=$folder/$(basename "$file" .gz)
    [ ! -f "$to" ] || continue
    mkdir -p "$folder" || exit 2
    # A file of that name is whole: other tests may unpack it at the same time.
    case $file in
    *.gz) gzip -dc "$file" >"$to.$$" ;;
    *) cp "$file" "$to.$$" ;;
    esac && mv "$to.$$" "$to" || exit 2
done
exec "$program" "$copy" "$@"
