"""xlllm in Pyodide, as xlwings Lite runs it, in Node.

    python tests/check_pyodide.py

Pyodide comes from npm, the wheels it needs from PyPI, ours is built from this folder. numpy for Pyodide is in none of
these registries, only on Pyodide's own network, so a stand-in takes its place (tests/officejs/numpy_stand_in.py): the
vocabulary, the registry, the metadata of all functions and the module of functions are the real ones, and so are the
answers to single numbers, texts and keys; ranges and errors of arguments need the real numpy. Nothing is skipped.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import xlllm
import xlllm.catalog.lookups
from xlllm.hosts import calls
from xlllm.hosts.texts import argument_help, description
from xlllm.quantities import VOCABULARY
from xlllm.registry import FORMULAS

HERE = Path(__file__).parent
LITE = "hosts/lite/main.py"
NEEDED = ("xlwings", "pydantic", "openpyxl", "cachetools")
"""What the functions import but numpy and, when first solved with, scipy."""
LONGEST_IMPORT = 60.0
"""Seconds; a browser is faster than a machine that does ten other things."""


def fail(text: str) -> None:
    sys.exit(f"check_pyodide: {text}")


def run(*command: str | Path) -> str:
    ended = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if ended.returncode:
        fail(f"{command[0]} {command[1]}: {(ended.stderr or ended.stdout)[-3000:]}")
    return ended.stdout


def gather(folder: Path) -> None:
    """Pyodide, wheels for it, and our files, in one folder."""
    for name in ("node", "npm"):
        if not shutil.which(name):
            fail(f"{name} is needed; on Debian: apt-get install nodejs npm")
    run("npm", "install", "--loglevel=error", "--no-audit", "--no-fund", "--prefix", folder, "pyodide")
    info = json.loads((folder / "node_modules/pyodide/pyodide-lock.json").read_text("utf-8"))["info"]
    tag, version = f"pyemscripten_{info['abi_version']}_wasm32", info["python"].rpartition(".")[0]
    pip, wheels = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"), folder / "wheels"
    platform = ("--only-binary", ":all:", "--platform", tag, "--platform", "any", "--python-version", version)
    run(*pip, "download", "--dest", wheels, *platform, *NEEDED)
    run(*pip, "wheel", "--no-deps", "--wheel-dir", wheels, HERE.parent)
    for file in (HERE / "officejs/numpy_stand_in.py", HERE / "officejs/proof.py", Path(xlllm.__file__).parent / LITE):
        shutil.copy(file, folder)


def check_metadata(meta: dict[str, Any]) -> None:
    """Names, texts and arguments of every function are those that the other hosts show."""
    described = {f["name"]: f for f in meta["functions"]}
    if set(described) != {f.worksheet_name for f in FORMULAS.values()}:
        fail(f"other functions: {set(described) ^ {f.worksheet_name for f in FORMULAS.values()}}")
    for formula in FORMULAS.values():
        shown = described[formula.worksheet_name]
        arguments = [(p["name"], p["description"], bool(p.get("optional"))) for p in shown["parameters"]]
        wanted = [(p.name, argument_help(p, "en"), not p.required) for p in formula.parameters]
        if shown["description"] != description(formula, "en") or arguments != wanted:
            fail(f"{formula.worksheet_name} is described as {shown}")


def check_answers(answers: dict[str, Any]) -> None:
    flops = calls.answer("LLM_TRAIN_FLOPS", [70e9, 1.4e12])
    peak = calls.answer("LLM_GPU", ["A100 SXM 80GB", "peak_flops"])
    unknown = calls.answer("LLM_GPU", ["no such thing", "peak_flops"])
    wanted = {
        "number": [[flops]],
        "text": [[flops]],
        "fact": [[peak]],
        "unknown": [[{"type": "Error", "errorType": "NotAvailable"}]],
        "last error": [[f"LLM_GPU: {unknown.message}"]],
    }
    if answers != wanted:
        fail(f"answers {answers} instead of {wanted}")


def main() -> None:
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="pyodide-") as name:
        gather(Path(name))
        gathered = time.perf_counter() - begun
        found = json.loads(run("node", HERE / "officejs/pyodide.mjs", name).splitlines()[-1])
    if (found["quantities"], found["formulas"]) != (len(VOCABULARY), len(FORMULAS)):
        fail(f"{found['quantities']} quantities and {found['formulas']} formulas")
    check_metadata(found["meta"])
    check_answers(found["answers"])
    if found["import"] > LONGEST_IMPORT:
        fail(f"xlllm needs {found['import']:.1f} s to import")
    print(
        f"check_pyodide: Python {found['python']}, {found['quantities']} quantities, {found['formulas']} functions; "
        f"Pyodide starts in {found['boot']:.1f} s, xlwings in {found['xlwings']:.1f} s, "
        f"xlllm in {found['import']:.1f} s; gathered in {gathered:.0f} s, all in {time.perf_counter() - begun:.0f} s"
    )


if __name__ == "__main__":
    main()
