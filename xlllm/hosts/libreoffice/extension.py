"""The extension for LibreOffice: ``xlllm.oxt``, made, installed and removed."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import xlllm
from xlllm import locale
from xlllm.arguments import Parameter
from xlllm.errors import FileError, MissingProgramError
from xlllm.hosts.libreoffice.interface import RDB, argument, method
from xlllm.hosts.texts import argument_help, description
from xlllm.registry import FORMULAS

IDENTIFIER = "org.xlllm.addin"
SERVICE = "LLM"
"""What the functions begin with; see the component."""
LANGUAGES = ("en", "ja")
CATEGORY = "Add-In"
"""Calc knows its own categories only: functions of any other are listed under this one too."""
PROGRAMS = (
    "unopkg",
    "/Applications/LibreOffice.app/Contents/MacOS/unopkg",
    r"C:\Program Files\LibreOffice\program\unopkg.com",
)
SECONDS = 300
AS_ROOT = ("--bundled", "--deployment-context", "user")
"""Without them unopkg refuses to work for root; with them it installs for this user, as for any other."""
_OOR = "http://openoffice.org/2001/registry"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

COMPONENTS = f"""<?xml version="1.0" encoding="UTF-8"?>
<components xmlns="http://openoffice.org/2010/uno-components">
  <component loader="com.sun.star.loader.Python" uri="./component.py">
    <implementation name="{SERVICE}"><service name="{SERVICE}"/></implementation>
  </component>
</components>
"""
"""Registers without being run: LibreOffice loads Python when a function is first used."""
DESCRIPTION = f"""<?xml version="1.0" encoding="UTF-8"?>
<description xmlns="http://openoffice.org/extensions/description/2006"
    xmlns:d="http://openoffice.org/extensions/description/2006"
    xmlns:l="http://libreoffice.org/extensions/description/2011">
  <identifier value="{IDENTIFIER}"/>
  <version value="{xlllm.__version__}"/>
  <display-name><name lang="en">xlllm</name></display-name>
  <dependencies><l:LibreOffice-minimal-version value="7.4" d:name="LibreOffice 7.4"/></dependencies>
</description>
"""
MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="http://openoffice.org/2001/manifest">
  <manifest:file-entry manifest:full-path="xlllm.rdb"
    manifest:media-type="application/vnd.sun.star.uno-typelibrary;type=RDB"/>
  <manifest:file-entry manifest:full-path="xlllm.components"
    manifest:media-type="application/vnd.sun.star.uno-components"/>
  <manifest:file-entry manifest:full-path="CalcAddIns.xcu"
    manifest:media-type="application/vnd.sun.star.configuration-data"/>
</manifest:manifest>
"""


def extension() -> bytes:
    """The .oxt file. The same environment makes the same bytes."""
    parts = {
        "META-INF/manifest.xml": MANIFEST.encode(),
        "description.xml": DESCRIPTION.encode(),
        "CalcAddIns.xcu": help_texts(),
        "xlllm.components": COMPONENTS.encode(),
        "xlllm.rdb": RDB.read_bytes(),
        "component.py": Path(__file__).with_name("component.py").read_bytes(),
        "built.json": json.dumps(built(), indent=2).encode(),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def built() -> dict[str, object]:
    """Where the component finds the xlllm that made the extension: its Python's version and folders of packages."""
    return {
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "folders": [p for p in sys.path if p.endswith("-packages")],
    }


def help_texts() -> bytes:
    """What the function wizard shows, in every language: CalcAddIns.xcu."""
    ET.register_namespace("oor", _OOR)
    root = ET.Element(_oor("component-data"), {_oor("name"): "CalcAddIns", _oor("package"): "org.openoffice.Office"})
    service = _node(_node(root, "AddInInfo", replace=False), SERVICE)
    functions = _node(service, "AddInFunctions", replace=False)
    for formula in FORMULAS.values():
        name = f"{SERVICE}.{method(formula)}"
        function = _node(functions, method(formula))
        _texts(function, "DisplayName", dict.fromkeys(LANGUAGES, name))
        _texts(function, "Description", {lang: description(formula, lang) for lang in LANGUAGES})
        _texts(function, "CompatibilityName", {"en": name})
        ET.SubElement(ET.SubElement(function, "prop", {_oor("name"): "Category"}), "value").text = CATEGORY
        parameters = _node(function, "Parameters", replace=False)
        for p in formula.parameters:
            parameter = _node(parameters, argument(p))
            _texts(parameter, "DisplayName", {lang: argument_name(p, lang) for lang in LANGUAGES})
            _texts(parameter, "Description", {lang: argument_help(p, lang) for lang in LANGUAGES})
    ET.indent(root, " ")
    return bytes(ET.tostring(root, encoding="UTF-8", xml_declaration=True))


def argument_name(p: Parameter, lang: str) -> str:
    """In English what messages call it, elsewhere its label."""
    if lang == "en":
        return p.name
    if p.record:
        return locale.record(p.name, "label", lang)
    assert p.quantity
    return locale.text(p.quantity, "label", lang)


def _oor(name: str) -> str:
    return f"{{{_OOR}}}{name}"


def _node(parent: ET.Element, name: str, *, replace: bool = True) -> ET.Element:
    """A node of the registry; one that is an entry of a set replaces what was there."""
    return ET.SubElement(parent, "node", {_oor("name"): name} | ({_oor("op"): "replace"} if replace else {}))


def _texts(parent: ET.Element, name: str, texts: dict[str, str]) -> None:
    prop = ET.SubElement(parent, "prop", {_oor("name"): name})
    for lang, text in texts.items():
        ET.SubElement(prop, "value", {_LANG: lang}).text = text


# -- unopkg ------------------------------------------------------------------------------------------------------------
def program() -> str:
    """Where LibreOffice's extension manager is. Raises MissingProgramError, saying how to get it."""
    office = shutil.which("soffice")
    beside = str(Path(office).resolve().with_name("unopkg")) if office else ""
    for name in (*PROGRAMS, beside):
        if found := shutil.which(name):
            return found
    raise MissingProgramError(
        "installing needs unopkg, a part of LibreOffice, which is not on this computer's PATH: install LibreOffice "
        "(Debian, Ubuntu: apt install libreoffice-calc python3-uno), or make the file with -o xlllm.oxt and add it in "
        "LibreOffice under Tools > Extensions"
    )


def install(oxt: bytes) -> None:
    """Add the extension to this user's LibreOffice in place of any earlier version."""
    with TemporaryDirectory(prefix="xlllm-") as folder:
        file = Path(folder, "xlllm.oxt")
        file.write_bytes(oxt)
        _run("add", "--force", "--suppress-license", str(file))


def remove() -> None:
    """Take the extension out of this user's LibreOffice."""
    if IDENTIFIER not in _run("list"):
        raise FileError("the add-in is not installed in this user's LibreOffice: there is nothing to remove")
    _run("remove", IDENTIFIER)


def _run(task: str, *args: str) -> str:
    """What unopkg says after it has done a task."""
    command = [program(), task, *(AS_ROOT if hasattr(os, "geteuid") and os.geteuid() == 0 else ()), *args]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise FileError(f"unopkg {task} did not end in {SECONDS} seconds; close LibreOffice and try again") from None
    if done.returncode:
        said = " ".join(f"{done.stdout} {done.stderr}".split())[-500:]
        raise FileError(f"unopkg {task} failed; close LibreOffice and try again. It said: {said}")
    return done.stdout
