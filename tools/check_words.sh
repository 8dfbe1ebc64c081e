#!/bin/sh
# No marks for later in the tree: what is to be done is done, or written down where work is planned.
set -u
cd "$(dirname "$0")/.." || exit 2
later='TO''DO|FIX''ME|XX''X|HA''CK'
if grep -rnwIE "$later" CMakeLists.txt CMakePresets.json cmake dev src include tests tools examples bench; then exit 1; fi
