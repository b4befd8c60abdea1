"""LibreOffice's Basic, which understands VBA and which nobody here wrote, runs the VBA module: check_vba.py.

It compiles all of it and calls every function. Python and the declarations of Windows are replaced: in their place
stands a function that says what it was asked, or answers as COM would. Needs soffice and Debian's python3-uno.
"""

import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engines import in_libreoffice

from xlllm.hosts import vba
from xlllm.registry import FORMULAS

IN_PLACE_OF_PYTHON = """
Private Function Asked(ByVal ModuleName As String, ByVal FunctionName As String, ByVal Given As Variant) As Variant
    Dim Grid(0 To 1, 0 To 1) As Variant
    Dim i As Long
    Asked = FunctionName
    For i = 0 To UBound(Given)
        Asked = Asked & "," & CStr(Given(i))
    Next i
    If UBound(Given) < 0 Then Exit Function
    Select Case Given(0)
        Case "text": Asked = "text"
        Case "error": Asked = ChrW$(&HE000) & "#N/A"
        Case "row": Asked = Array(1, ChrW$(&HE000) & "#VALUE!")
        Case "failure": Err.Raise 1000, "COM", "the server is gone"
        Case "grid"
            Grid(0, 0) = 1.5
            Grid(0, 1) = ChrW$(&HE000) & "#NUM!"
            Grid(1, 0) = "x"
            Grid(1, 1) = True
            Asked = Grid
    End Select
End Function
"""
SHOW = """
Function Show(ByVal Found As Variant) As String
    If IsError(Found) Then
        Show = "error " & CStr(CInt(Found))
    Else
        Show = TypeName(Found) & " " & CStr(Found)
    End If
End Function
"""


def basic() -> tuple[str, dict[str, str]]:
    """The module for LibreOffice with a function for each thing to show, and what each must show."""
    text = vba.module(vba.Connection(r"C:\py\python.exe", r"C:\py", "0.37.8")).replace("\r\n", "\n")
    text = re.sub(r"^Attribute .*\n", "Option VBASupport 1\n", text)
    text = re.sub(
        r"^#If Win64 Then\n(?: +Private Declare.*\n|#Else\n)+#End If\nPrivate Declare.*\n", "", text, flags=re.M
    )
    start, end = text.index("Private Function Python()"), text.index("Private Function DllPath()")
    text = text[:start] + IN_PLACE_OF_PYTHON + text[end:]
    text = text.replace("Python().CallUDF(", "Asked(").replace("    Application.Volatile\n", "")
    text = text.replace("If InWizard() Then", "If False Then") + SHOW
    shows: dict[str, str] = {}

    def show(name: str, expression: str, expected: str) -> None:
        nonlocal text
        call = re.match(r"\w+\(.*?\)", expression)
        assert call
        text += f"Function {name}() As String\nDim X As Variant\nX = {call[0]}\n"
        text += f"{name} = Show(X{expression[call.end() :]})\nEnd Function\n"
        shows[name] = expected

    for f in FORMULAS.values():
        numbers = [str(i) for i in range(1, len(f.parameters) + 1)]
        name = f.worksheet_name
        show(f"Show{name}", f"{name}({', '.join(numbers)})", f"String {','.join([name, *numbers])}")
    show("ShowText", 'LLM_GPU_HOURS("text", 2, 3)', "String text")
    show("ShowError", 'LLM_GPU_HOURS("error", 2, 3)', "error 2042")
    show("ShowFailure", 'LLM_GPU_HOURS("failure", 2, 3)', "error 2015")
    show("ShowLastError", "LLM_LAST_ERROR()", "String the server is gone")
    for at, expected in (("(0)", "Integer 1"), ("(1)", "error 2015")):
        show(f"ShowRow{at[1]}", f'LLM_GPU_HOURS("row", 2, 3){at}', expected)
    cells = {"(0, 0)": "Double 1.5", "(0, 1)": "error 2036", "(1, 0)": "String x", "(1, 1)": "Boolean True"}
    for at, expected in cells.items():
        show(f"ShowGrid{at[1]}{at[4]}", f'LLM_GPU_HOURS("grid", 2, 3){at}', expected)
    return text, shows


def shown(context: Any, desktop: Any, task: list[Any]) -> list[str]:
    """Runs in LibreOffice's session: what each of some functions of a module shows."""
    from com.sun.star.beans import PropertyValue

    text, names = task
    quiet = [PropertyValue(Name=n, Value=v) for n, v in (("Hidden", True), ("MacroExecutionMode", 4))]
    book = desktop.loadComponentFromURL("private:factory/scalc", "_blank", 0, tuple(quiet))
    if not book.BasicLibraries.hasByName("Standard"):
        book.BasicLibraries.createLibrary("Standard")
    book.BasicLibraries.getByName("Standard").insertByName("xlllm_udfs", text)
    place = "vnd.sun.star.script:Standard.xlllm_udfs.{}?language=Basic&location=document"
    scripts = book.getScriptProvider()
    return [str(scripts.getScript(place.format(name)).invoke((), (), ())[0]) for name in names]


def main() -> None:
    text, shows = basic()
    with TemporaryDirectory(prefix="xlllm") as folder:
        answers = in_libreoffice(shown, [text, list(shows)], Path(folder, "profile"))
    found = dict(zip(shows, answers, strict=True))
    wrong = [f"{n}: {found[n]!r} instead of {expected!r}" for n, expected in shows.items() if found[n] != expected]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"VBA: LibreOffice runs {len(shows) - len(wrong)} of {len(shows)} calls as they are meant")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
