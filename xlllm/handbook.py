"""What every function is: arguments, units, bounds, equation, source, example. The handbook, in two languages.

Everything here is read from the registry, the vocabulary, the docstrings and the bibliography; nothing is described
twice.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from xlllm import expression, locale, native
from xlllm.arguments import RECORDS, Parameter, Record
from xlllm.catalog import references
from xlllm.errors import XlllmError
from xlllm.quantities import Quantity
from xlllm.registry import FORMULAS, Formula
from xlllm.values import figure, short, typed


class Argument(NamedTuple):
    """One argument in one language."""

    name: str
    label: str
    unit: str
    bounds: str
    default: str | None
    """As the signature shows it; None if the argument must be given."""
    help: str


class Example(NamedTuple):
    """An expression to type, and its answer."""

    expression: str
    answer: str


class Entry(NamedTuple):
    """One function in one language."""

    name: str
    shelf: str
    signature: str
    title: str
    kind: str
    arguments: list[Argument]
    returns: list[Argument]
    notes: str
    native: list[str]
    """How a worksheet without xlllm computes it, a line for each row; empty if it has no such form."""
    fitted: dict[str, str]
    sources: list[str]
    example: Example | None


def shelves() -> dict[str, list[Formula]]:
    """The functions by the budget question they answer."""
    return {shelf: [f for f in FORMULAS.values() if _shelf(f) == shelf] for shelf in locale.SHELVES}


def _shelf(formula: Formula) -> str:
    """The module it stands in."""
    return formula.fn.__module__.rpartition(".")[2]


def entry(formula: Formula, lang: str) -> Entry:
    """The page of one function."""
    return Entry(
        name=formula.worksheet_name,
        shelf=locale.shelf(_shelf(formula), lang),
        signature=worksheet_signature(formula),
        title=locale.title(formula, lang),
        kind=formula.kind,
        arguments=[_argument(p, lang) for p in formula.parameters],
        returns=[_described(q, lang, None) for q in formula.results],
        notes=locale.notes(formula, lang),
        native=list(_native(formula)),
        fitted={name: f"{short(low)} – {short(high)}" for name, (low, high) in formula.fitted.items()},
        sources=[references()[key].in_full for key in formula.cites],
        example=example(formula),
    )


def worksheet_signature(formula: Formula) -> str:
    """As one types it: LLM_NAME(required, [optional=default])."""
    return formula.worksheet_name + formula.signature().removeprefix(formula.name)


def _argument(p: Parameter, lang: str) -> Argument:
    default = None if p.required else p.same_as or ("" if p.default is None or p.record else typed(p.default))
    if p.quantity:
        return _described(p.quantity, lang, default)
    assert p.record
    fields = ", ".join(q.name for q in p.record.fields)
    label, help = locale.record(p.name, "label", lang), locale.record(p.name, "help", lang)
    return Argument(p.name, label, "", fields, default, help)


def _described(q: Quantity, lang: str, default: str | None) -> Argument:
    return Argument(
        q.name,
        locale.text(q, "label", lang),
        locale.text(q, "unit", lang),
        bounds(q),
        default,
        locale.text(q, "help", lang),
    )


def bounds(q: Quantity) -> str:
    """What is allowed, in signs: "> 0, ≤ 1", or the options."""
    if q.choices:
        return ", ".join(q.choices)
    if not q.numeric:
        return ""
    low, high = (re.sub(r"e([+-])0*(\d)", r"e\1\2", f"{x:g}").replace("e+", "e") for x in (q.low, q.high))
    return f"{'>' if q.low_open else '≥'} {low}, {'<' if q.high_open else '≤'} {high}"


def _native(formula: Formula) -> Iterator[str]:
    """The worksheet form on cells that are named as the arguments."""
    if formula.kind != "C":
        return
    tree, helpers = native.trace(formula)
    rows = [*((h.formula.name, h.tree) for h in helpers), (formula.name, tree)]
    for name, row in rows:
        yield f"{name} = {native.spell(row, _named, 1 if row.length else None)}"


def _named(name: str, first: int | None = None, last: int | None = None) -> str:
    plain = name.rpartition(".")[2] if name.partition(".")[0] in FORMULAS else name
    if first is None:
        return plain
    return f"{plain}[{first}]" if first == last else f"{plain}[{first}…{last}]"


# -- examples ----------------------------------------------------------------------------------------------------------
def example(formula: Formula) -> Example | None:
    """The docstring's example as one types it into a cell, and what the cell shows."""
    for line in formula.examples:
        for node in ast.walk(ast.parse(line)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == formula.name:
                typed = _Typed(line).call(formula, node)
                return Example(f"={typed}", answer(expression.evaluate(typed)))
    return None


class _Typed:
    """Turns a Python call of one line into what one types into a cell."""

    def __init__(self, line: str) -> None:
        self.line = line

    def call(self, formula: Formula, node: ast.Call) -> str:
        names = [p.name for p in formula.parameters]
        given = dict(enumerate(map(self.cell, node.args)))
        given |= {names.index(str(k.arg)): self.cell(k.value) for k in node.keywords}
        args = [given.get(i, "") for i in range(max(given, default=-1) + 1)]
        return f"{formula.worksheet_name}({', '.join(args)})"

    def cell(self, node: ast.expr) -> str:
        """An argument: numbers, texts, arithmetic, and rows of them as array constants."""
        match node:
            case ast.Call(func=ast.Attribute(attr="array"), args=[ast.List() as row]):
                return self.cell(row)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=named) if name in RECORD_TYPES:
                return self.record(RECORD_TYPES[name], args, named)
            case ast.List(elts=cells):
                return "{" + ",".join(map(self.cell, cells)) + "}"
            case ast.Constant(value=bool() as flag):
                return str(flag).upper()
            case ast.Constant(value=str() as text):
                return f'"{text}"'
        return str(ast.get_source_segment(self.line, node)).replace("_", "")

    def record(self, record: Record, args: list[ast.expr], named: list[ast.keyword]) -> str:
        """A record as a row of its fields, up to the last one given."""
        fields = [q.name for q in record.fields]
        defaults: dict[str, Any] = record.type._field_defaults  # type: ignore[attr-defined]
        given = {**dict(zip(fields, args, strict=False)), **{str(k.arg): k.value for k in named}}
        last = max(fields.index(f) for f in given)
        shown = {f: '""' if x is None else typed(x) for f, x in defaults.items()}
        cells = [self.cell(given[f]) if f in given else shown[f] for f in fields[: last + 1]]
        return "{" + ",".join(cells) + "}"


RECORD_TYPES = {record.type.__name__: record for record in RECORDS.values()}


def answer(outcome: expression.Outcome) -> str:
    """What the cells show, in one line: the first rows of a range."""
    rows = [", ".join(row) for row in cells(outcome)]
    return " ; ".join(rows[:3]) + (" ; …" if len(rows) > 3 else "")


def cells(outcome: expression.Outcome) -> list[list[str]]:
    """What the cells show, row by row."""
    if isinstance(outcome.value, np.ndarray):
        return [[cell_text(x) for x in row] for row in outcome.value.tolist()]
    return [[cell_text(outcome.error or outcome.value)]]


def cell_text(value: Any) -> str:
    """A value as text: 10 digits of a number, the error of a failed cell."""
    if isinstance(value, XlllmError):
        return value.cell
    return figure(value, 10)


# -- printing ----------------------------------------------------------------------------------------------------------
def markdown_table(lang: str) -> str:
    """All functions by shelf, as the README shows them."""
    heads = {"en": ("function", "unit", "what it says"), "ja": ("関数", "単位", "内容")}[lang]
    lines = []
    for shelf, formulas in shelves().items():
        lines += [f"**{locale.shelf(shelf, lang)}**", "", f"| {' | '.join(heads)} |", "|---|---|---|"]
        for f in formulas:
            units = " · ".join(dict.fromkeys(locale.text(q, "unit", lang) for q in f.results))
            lines.append(f"| `{worksheet_signature(f)}` | {units} | {locale.title(f, lang)} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


class Words(NamedTuple):
    """The headings of a page in one language."""

    columns: tuple[str, ...]
    gives: str
    fitted: str
    in_cells: str
    sources: str
    example: str
    one_in_full: str


WORDS = {
    "en": Words(
        ("argument", "unit", "allowed", "default", "what it is"),
        "gives", "fitted to", "in cells without xlllm", "sources", "example",
        "One in full: xlllm functions LLM_LOSS",
    ),
    "ja": Words(
        ("引数", "単位", "範囲・選択肢", "既定値", "意味"), "結果", "適合範囲", "xlllmなしのセル式", "出典", "例",
        "詳細の表示: xlllm functions LLM_LOSS --lang ja",
    ),
}  # fmt: skip


def markdown_page(page: Entry, lang: str) -> str:
    """One function as a page of a handbook."""
    words = WORDS[lang]
    lines = [f"### `{page.signature}`", "", page.title, "", page.notes, ""]
    if page.arguments:
        lines += [f"| {' | '.join(words.columns)} |", "|---|---|---|---|---|"]
        for a in page.arguments:
            default = "" if a.default is None else a.default or "–"
            lines.append(f"| `{a.name}` | {a.unit} | {a.bounds} | {default} | {a.label}: {a.help} |")
        lines.append("")
    lines.append(f"- {words.gives}: {'; '.join(f'{r.label} ({r.unit})' for r in page.returns)}")
    lines += [f"- {words.fitted}: {name} {text}" for name, text in page.fitted.items()]
    if page.native:
        lines += [f"- {words.in_cells}:", "", *(f"      {row}" for row in page.native), ""]
    lines += [f"- {words.sources}: {'; '.join(page.sources)}"] * bool(page.sources)
    if page.example:
        lines.append(f"- {words.example}: `{page.example.expression}` → {page.example.answer}")
    return "\n".join(lines) + "\n"


def as_json(page: Entry) -> dict[str, Any]:
    """The same as plain data."""
    return {
        **page._asdict(),
        "arguments": [a._asdict() for a in page.arguments],
        "returns": [r._asdict() for r in page.returns],
        "example": page.example._asdict() if page.example else None,
    }
