"""The functions as a VBA module for Excel on Windows: each hands its arguments to Python and shows what comes back.

The module stands alone. It needs neither xlwings' add-in nor its configuration, which any folder with a workbook in it
could change: xlwings' DLL and the command that starts Python are written into it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PureWindowsPath
from string import Template
from typing import NamedTuple

import xlllm
from xlllm.arguments import Parameter
from xlllm.handbook import shelves
from xlllm.hosts.udfs import ERROR_MARK
from xlllm.registry import Formula

NAME = "xlllm_udfs"
"""What the module is called in Excel."""
ERROR_NUMBERS = {
    "#NULL!": 2000,
    "#DIV/0!": 2007,
    "#VALUE!": 2015,
    "#REF!": 2023,
    "#NAME?": 2029,
    "#NUM!": 2036,
    "#N/A": 2042,
    "#GETTING_DATA": 2043,
    "#SPILL!": 2045,
    "#CONNECT!": 2046,
    "#BLOCKED!": 2047,
    "#UNKNOWN!": 2048,
    "#FIELD!": 2049,
    "#CALC!": 2050,
}
"""What CVErr calls the errors of cells."""
SEVERAL_AREAS = 1
"""A number that CVErr has for no error of cells: stands for a range that is no rectangle."""
RESERVED = frozenset(
    """
    abs addressof and any array as attribute boolean byref byte byval call case cbool cbyte ccur cdate cdbl cdec cdecl
    cint circle clng clnglng clngptr close const csng cstr currency cvar cverr date debug decimal declare defbool
    defbyte defcur defdate defdbl defdec defint deflng deflnglng deflngptr defobj defsng defstr defvar dim do doevents
    double each else elseif empty end endif enum eqv erase event exit false fix for friend function get global gosub
    goto if imp implements in input inputb int integer is lbound len lenb let like lineinput local lock long longlong
    longptr loop lset me mod new next not nothing null object on open option optional or paramarray preserve print
    private property pset ptrsafe public put raiseevent redim rem resume return rset scale seek select set sgn shared
    single spc static step stop string sub tab then to true type typeof ubound unlock until variant wend while with
    withevents write xor
    """.split()  # noqa: SIM905 (as a list it would take a page)
)
"""Words that VBA takes for no argument's name, in any case."""
_MODULE = Template(
    """\
Attribute VB_Name = "$name"
' The worksheet functions of xlllm $version. Written by "xlllm install": run it again instead of editing this.
' Python computes. xlwings' DLL (BSD licence) starts it when a cell first asks, and ends it with Excel.
Option Explicit

#If Win64 Then
    Private Declare PtrSafe Function Activate Lib "$dll64" Alias "XLPyDLLActivateAuto" \
(ByRef Server As Variant, ByVal CommandLine As String, ByVal Mode As Long) As Long
#Else
    Private Declare PtrSafe Function Activate Lib "$dll32" Alias "XLPyDLLActivateAuto" \
(ByRef Server As Variant, ByVal CommandLine As String, ByVal Mode As Long) As Long
#End If
Private Declare PtrSafe Function LoadLibrary Lib "kernel32" Alias "LoadLibraryW" (ByVal Path As LongPtr) As LongPtr

Private Failure As String ' why Python cannot be reached; empty while it can
Private RetryAt As Date ' until then, cells fail at once: ten thousand of them must not wait for Python in turn

Private Function CallPython(ByVal FunctionName As String, ByVal Given As Variant) As Variant
    Dim Values As Variant
    Dim i As Long
    On Error GoTo Failed
    Values = Array()
    If UBound(Given) >= 0 Then ReDim Values(0 To UBound(Given))
    For i = 0 To UBound(Given)
        Values(i) = ValueOf(Given(i))
    Next i
    CallPython = Shown(Python().CallUDF("xlllm.hosts.udfs", FunctionName, Values))
    Failure = ""
    Exit Function
Failed:
    Failure = Err.Description
    CallPython = CVErr($value_error)
End Function

' Values, never ranges: Python needs no call back into Excel, and a date stays the number that the sheet holds.
Private Function ValueOf(ByRef Given As Variant) As Variant
    Dim Area As Object
    If Not IsObject(Given) Then
        ValueOf = Given
        Exit Function
    End If
    Set Area = Given
    If Area.Areas.Count > 1 Then
        ValueOf = CVErr($several_areas)
    Else
        ValueOf = Area.Value2
    End If
End Function

Private Function Python() As Object
    Dim Server As Variant
    If Now < RetryAt Then Err.Raise 1000, "xlllm", Failure
    RetryAt = Now + TimeSerial(0, 0, 10)
    If LoadLibrary(StrPtr(DllPath())) = 0 Then
        Err.Raise 1000, "xlllm", "Cannot load " & DllPath() & ": run xlllm install again"
    End If
    If Activate(Server, CommandLine(), 1) <> 0 Then Err.Raise 1000, "xlllm", Server
    RetryAt = 0
    Set Python = Server
End Function

Private Function DllPath() As String
    Dim Text As String
$dll_folder
    #If Win64 Then
        Text = Text & "\\$dll64"
    #Else
        Text = Text & "\\$dll32"
    #End If
    DllPath = Text
End Function

Private Function CommandLine() As String
    Dim Text As String
$command
    CommandLine = Text
End Function

Private Function Shown(ByVal Found As Variant) As Variant
    Dim i As Long
    Dim j As Long
    If Not IsArray(Found) Then
        Shown = CellOf(Found)
        Exit Function
    End If
    If IsGrid(Found) Then
        For i = LBound(Found, 1) To UBound(Found, 1)
            For j = LBound(Found, 2) To UBound(Found, 2)
                Found(i, j) = CellOf(Found(i, j))
            Next j
        Next i
    Else
        For i = LBound(Found) To UBound(Found)
            Found(i) = CellOf(Found(i))
        Next i
    End If
    Shown = Found
End Function

Private Function IsGrid(ByRef Found As Variant) As Boolean
    On Error GoTo Flat
    IsGrid = UBound(Found, 2) >= LBound(Found, 2)
    Exit Function
Flat:
    IsGrid = False
End Function

Private Function CellOf(ByVal Found As Variant) As Variant
    CellOf = Found
    If VarType(Found) <> vbString Then Exit Function
    If Left$$(Found, 1) <> ChrW$$(&H$mark) Then Exit Function
    Select Case Mid$$(Found, 2)
$errors
        Case Else: CellOf = CVErr($value_error)
    End Select
End Function

Private Function InWizard() As Boolean
    InWizard = Not Application.CommandBars("Standard").Controls(1).Enabled
End Function

$functions"""
)


class Connection(NamedTuple):
    """How Excel reaches Python."""

    python: str
    """The interpreter in whose environment xlllm is installed."""
    dll_folder: str
    xlwings: str
    """xlwings' version, which is in the names of its DLLs."""

    @property
    def command(self) -> str:
        """What starts the COM server. No folder but the environment's own is searched for modules (-P)."""
        return f'"{self.python}" -P -X utf8 -c "from xlllm.hosts.com import serve; serve(\'$(CLSID)\')"'

    def dll(self, bits: int) -> str:
        return f"xlwings{bits}-{self.xlwings}.dll"

    def dll_path(self, bits: int) -> str:
        return str(PureWindowsPath(self.dll_folder, self.dll(bits)))


def module(connection: Connection) -> str:
    """The text of the module: ASCII, because Excel imports text in the code page of the machine."""
    errors = [f'        Case "{name}": CellOf = CVErr({number})' for name, number in ERROR_NUMBERS.items()]
    text = _MODULE.substitute(
        name=NAME,
        version=xlllm.__version__,
        dll64=connection.dll(64),
        dll32=connection.dll(32),
        dll_folder=_text(connection.dll_folder),
        command=_text(connection.command),
        mark=f"{ord(ERROR_MARK):X}",
        errors="\n".join(errors),
        value_error=ERROR_NUMBERS["#VALUE!"],
        several_areas=SEVERAL_AREAS,
        functions="\n".join(function(f) for formulas in shelves().values() for f in formulas),
    )
    return text.replace("\n", "\r\n")


def function(formula: Formula) -> str:
    """One function of the module."""
    name = formula.worksheet_name
    arguments = [("" if p.required else "Optional ") + f"{argument(p)} As Variant" for p in formula.parameters]
    lines = [f"Public Function {name}({', '.join(arguments)}) As Variant"]
    if formula.kind == "S":
        lines.append("    If InWizard() Then Exit Function")
    if formula.name == "last_error":  # it has no arguments that could change
        lines += ["    Application.Volatile", '    If Failure <> "" Then', f"        {name} = Failure"]
        lines += ["        Exit Function", "    End If"]
    given = ", ".join(map(argument, formula.parameters))
    lines += [f'    {name} = CallPython("{name}", Array({given}))', "End Function", ""]
    return "\n".join(lines)


def argument(p: Parameter) -> str:
    """An argument's name in VBA."""
    return f"{p.name}_" if p.name.lower() in RESERVED else p.name


def _text(text: str) -> str:
    """Statements that put a text together, in short lines of ASCII."""
    return "\n".join(f"    Text = Text & {part}" for part in _parts(text))


def _parts(text: str) -> Iterator[str]:
    for plain, other in re.findall(r"([ -~]{1,80})|(.)", text, re.DOTALL):
        if plain:
            yield '"{}"'.format(plain.replace('"', '""'))
        for unit in _utf16(other):
            yield f"ChrW$(&H{unit:04X})"


def _utf16(text: str) -> list[int]:
    data = text.encode("utf-16-be")
    return [int.from_bytes(data[i : i + 2]) for i in range(0, len(data), 2)]
