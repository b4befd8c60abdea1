#!/usr/bin/env bash
# Every worksheet function through xlwings' own DLL and COM server, in the folder that setup.sh made. About a minute.
set -euo pipefail
folder=$(realpath "${1:?the folder that setup.sh made}")
here=$(cd "$(dirname "$0")" && pwd)
export WINEPREFIX="$folder/prefix" WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml="
rm -rf "$folder/python/Lib/site-packages/xlllm" # today's
cp -r "$here/../../xlllm" "$folder/python/Lib/site-packages/"
cp -r "$here/../../templates" "$folder/python/Lib/site-packages/xlllm/"
# Python aborts where Wine hands it a file: nothing comes in, and what it says goes through a pipe.
/usr/lib/wine/wine64 "$folder/python/python.exe" -X utf8 "Z:$here/every_function.py" </dev/null 2>&1 | cat
