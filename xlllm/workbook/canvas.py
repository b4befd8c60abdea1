"""What every sheet draws on: a workbook that remembers where each row stands and what each formula shows."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from openpyxl import Workbook
from openpyxl.formatting.rule import FormulaRule, Rule
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat
from openpyxl.utils import column_index_from_string
from openpyxl.utils import get_column_letter as letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from xlllm import catalog
from xlllm.native import Address, Cell, chosen, evaluate, ref, spell
from xlllm.plan import CASES, YEAR, Input, Plan, Row
from xlllm.template import Text
from xlllm.workbook import words
from xlllm.workbook.speech import Speaker, number_format
from xlllm.workbook.styles import ALERT, ALERT_PALE, INK, MUTED, Look, Painter, plain_look

CASE_COLUMN = {"low": "E", "base": "F", "high": "G", "own": "H"}
IN_USE = "in use"
EDITIONS = ("native", "udf", "values")
DIALECTS = {"vba": "LLM_", "officejs": "_xldudf_LLM_", "libreoffice": "LLM."}
TALL = 45
"""Rows that still print on one page."""
PAPER_A4 = 9


class Canvas:
    """The workbook of a plan in one language.

    Every formula is a tree: printed for the cell, evaluated for ``cache``. A name stands for a row of the plan, or for
    a cell or range of the workbook that :meth:`locate` made known.
    """

    def __init__(
        self, plan: Plan, lang: str, *, edition: str = "native", dialect: str = "vba", look: Look | None = None
    ) -> None:
        self.plan, self.lang, self.edition, self.dialect = plan, lang, edition, dialect
        self.look = look or plain_look(lang)
        self.book = Workbook()
        self.book.remove(self.book.active)
        self.book._named_styles["Normal"].font = Font(name="Arial", size=10, color=INK)  # the unit of column width
        self.book.properties.title = plan.template.title.in_(lang)
        self.book.properties.subject = plan.scenario.title.in_(lang)
        self.book.properties.description = plan.template.about.in_(lang)
        self.book.properties.creator = "xlllm"
        self.paint = Painter(self.book, self.look)
        self.case = plan.scenario.settings.case
        self.results = {case: plan.results(case) for case in CASES}
        self.cache: dict[tuple[str, str], Any] = {}
        self.rows: dict[str, dict[int, list[tuple[str, int, str, Any]]]] = {}
        """Cells of long tables by sheet and row: place, style, formula, what it shows."""
        self.arrays: dict[tuple[str, str], str] = {}
        """The range of every formula that may answer with several cells, by sheet title and first cell."""
        self.alt_texts: dict[str, list[str]] = {}
        self.cited: dict[str, None] = {}
        """References that a sheet quotes, for the Sources sheet."""
        self.shown: dict[str, Any] = {**self.results[self.case], **{c.id: c.given.value for c in plan.choices.values()}}
        """What stands behind a name while the scenario's case is chosen."""
        self.data_row = 0
        """The last row of the chart data that is taken."""
        self._places: dict[tuple[str, str], str] = {}
        self.speaker = Speaker(lang, plan.template.phrases, self._kind, self._aside)
        self._asides: dict[str, Cell] = {}
        kinds = {w.kind for w in plan.template.what_ifs}
        left_out = {
            "years": not plan.years,
            "brief": plan.template.brief is None,
            "sensitivity": "tornado" not in kinds,
            "what_if": not kinds,
            "engine": self.calls_functions or not any(r.frozen for r in plan.rows.values()),
        }
        self.ws: dict[str, Worksheet] = {
            id: self.book.create_sheet(self.say(title))
            for id, title in words.SHEETS.items()
            if not left_out.get(id, False)
        }

    def say(self, text: Text) -> str:
        return text.in_(self.lang)

    def _kind(self, name: str) -> str:
        value = self.shown.get(name)
        if isinstance(value, float) and math.isnan(value):
            return "error"  # of a number or of a text
        return {type(None): "", str: "text", bool: "flag"}.get(type(value), "number")

    def _aside(self, key: str, tree: Cell) -> Cell:
        """Words that sentences share stand once, on the hidden sheet."""
        if key not in self._asides:
            sheet, row, name = "chart_data", len(self._asides) + 1, f"words {key}"
            self.paint.put(self.ws[sheet], f"P{row}", key, "label")
            self.locate(name, sheet, absolute(f"Q{row}"), self.formula(sheet, f"Q{row}", tree, "label"))
            self._asides[key] = ref(name)
        return self._asides[key]

    def holder(self, id: str) -> Row | Input:
        """The row or input called ``id``."""
        return self.plan.rows.get(id) or self.plan.inputs[id]

    # -- places and formulas -------------------------------------------------------------------------------------------
    def locate(self, name: str, sheet: str, cells: str, value: Any = None, *, case: str = "") -> None:
        """Make known where ``name`` stands (for a series, its first year), and with ``value`` what it shows."""
        self._places[name, case] = f"{quoted(self.ws[sheet].title)}!{cells}"
        if value is not None:
            self.shown[name] = value

    def place(self, name: str, case: str = "") -> str:
        """Where a located name stands, with its sheet."""
        return self._places[name, case]

    def label(self, id: str) -> str:
        """What a row, an input or a choice is called."""
        if id == YEAR:
            return self.say(words.HEAD["year"])
        return self.say(self.plan.choices[id].label if id in self.plan.choices else self.holder(id).label)

    def here(self, sheet: str, cell: str, value: Any) -> Cell:
        """A cell that formulas of the same sheet refer to."""
        name = f"{sheet} {cell}"
        self.locate(name, sheet, cell, value)
        return ref(name)

    def name(self, id: str, sheet: str, cell: str) -> None:
        """A defined name for the value in use: formulas of the Dashboard read like sentences."""
        target = f"{quoted(self.ws[sheet].title)}!{absolute(cell)}"
        self.book.defined_names[defined_name(id)] = DefinedName(defined_name(id), attr_text=target)

    def named(self, id: str, sheet: str, cell: str, value: Any) -> None:
        """A value that every sheet refers to by its defined name."""
        self.shown[id] = value
        self.name(id, sheet, cell)

    def ready(
        self, sheet: str, at: str, text: str, value: Any, role: str, fmt: str = "", *, to: str = "", **align: Any
    ) -> Any:
        """Write a formula that is spelled already, with what it shows."""
        ws = self.ws[sheet]
        self.paint.formula(ws, at, text, role, fmt, to=to, **align)
        self.cache[ws.title, at] = value
        return value

    def write_row(self, sheet: str, row: int, cells: Sequence[tuple[str, str, Any, str, str]]) -> None:
        """Formulas of a long table: column, text, what it shows, role and number format, in the order of columns.

        They go into the file behind what stands in the row already, past openpyxl, whose cells cost ten times as much.
        """
        style = self.paint.style_id
        self.rows.setdefault(self.ws[sheet].title, {})[row] = [
            (f"{column}{row}", style(role, fmt), text, value) for column, text, value, role, fmt in cells
        ]

    def formula(
        self,
        sheet: str,
        at: str,
        tree: Cell,
        role: str,
        fmt: str = "",
        *,
        case: str = IN_USE,
        year: int | None = None,
        to: str = "",
        **align: Any,
    ) -> Any:
        """Write a tree as a formula; returns (and caches) what it shows."""
        values = self.shown if case == IN_USE else self.results[case]
        text = spell(tree, self.address(sheet, case), year)
        return self.ready(sheet, at, text, evaluate(tree, values, year), role, fmt, to=to, **align)

    @property
    def calls_functions(self) -> bool:
        """Whether rows are calls of their functions, solvers too: live where the add-in is."""
        return self.edition == "udf"

    @cached_property
    def rows_shown(self) -> list[Row]:
        """Rows of Calculation and Cash flow. Where functions are called, only What-if needs what they call inside."""
        plan = self.plan
        spelled = plan.ancestors(id for w in plan.template.what_ifs for id in w.targets)
        return [r for r in plan.rows.values() if not (r.helper and self.calls_functions) or r.id in spelled]

    def compute(self, row: Row, sheet: str, at: str, role: str, fmt: str, *, case: str) -> None:
        """Write a row of the plan, one over the years from ``at`` to the right: spelled out, or as one call."""
        cells = [shifted(at, year, year) for year in range(row.length)] or [at]
        if not self.calls_functions or row.helper:
            for year, cell in enumerate(cells):
                self.formula(sheet, cell, row.tree, role, fmt, case=case, year=year if row.length else None)
            return
        result = self.results[case][row.id]
        first, *spilled = result if row.length else [result]
        self.ready(sheet, at, self._call(row, sheet, case), first, role, fmt)
        for cell, value in zip(cells[1:], spilled, strict=True):
            self.paint.put(self.ws[sheet], cell, value if math.isfinite(value) else "#NUM!", role, fmt)
        if spilled or self.dialect != "libreoffice":  # which keeps the value in the file of a single cell only
            self.arrays[self.ws[sheet].title, at] = f"{at}:{cells[-1]}" if spilled else at

    def _call(self, row: Row, sheet: str, case: str) -> str:
        """The call of a row's function; of several results the one that the row shows."""
        address, last = self.address(sheet, case), self.plan.years - 1
        texts = []
        for p, source in zip(row.formula.parameters, row.args, strict=True):
            if p.record:  # by the key of the entry that its facts come from
                texts.append(address(source[0].rpartition(".")[0]))
            elif isinstance(source, tuple):
                texts.append(_side_by_side([address(s) for s in source]))
            else:
                texts.append(address(source, 0, last) if self.plan.length(source) else address(source))
        call = f"{DIALECTS[self.dialect]}{row.formula.name.upper()}({','.join(texts)})"
        # LibreOffice holds a text of an add-in equal to no other text, until INDEX has had it
        text = self.dialect == "libreoffice" and not row.quantity.numeric
        return f"INDEX({call},{row.result + 1})" if row.formula.spills or text else call

    def say_at(self, sheet: str, at: str, text: Text, role: str, *, to: str = "", **align: Any) -> None:
        """Write a text; with slots it becomes a formula."""
        tree = self.speaker.say(text)
        if tree.op == "text":
            self.paint.put(self.ws[sheet], at, tree.args[0], role, to=to, **align)
        else:
            self.formula(sheet, at, tree, role, to=to, **align)

    def show_at(self, sheet: str, at: str, id: str, show: str, role: str, *, to: str = "", **align: Any) -> Any:
        """Write a row's value the way ``show`` says."""
        tree, fmt = self.speaker.cell(id, show)
        row = self.plan.rows.get(id)
        if row and row.formula.undefined:  # a page to decide on shows no error code
            tree = chosen(Cell("ISNUMBER", ref(id)), tree, self.say(words.NO_ANSWER))
        value = self.formula(sheet, at, tree, role, fmt, to=to, **align)
        if show.endswith("money"):
            self.whole_money(sheet, f"{at}:{to}" if to else at, show.startswith("+"))
        return value

    def whole_money(self, sheet: str, span: str, signed: bool = False) -> None:
        """Without decimals where the money unit has none."""
        style = NumberFormat(numFmtId=190, formatCode=number_format("+n" if signed else "n", self.lang))
        rule = Rule(type="expression", formula=["money_decimals=0"], dxf=DifferentialStyle(numFmt=style))
        self.ws[sheet].conditional_formatting.add(span, rule)

    def address(self, sheet: str, case: str) -> Address:
        """How formulas on ``sheet`` refer to names in a case; the value in use goes by its defined name."""
        own = f"{quoted(self.ws[sheet].title)}!"

        def address(name: str, first: int | None = None, last: int | None = None) -> str:
            place = self._places.get((name, case)) or self._places.get((name, ""))
            if place is None:
                return defined_name(name)
            place = place.removeprefix(own)
            if first is None or last is None or ":" in place:  # a range is read as it stands
                return place
            return shifted(place, first, last)

        return address

    # -- parts that sheets share ---------------------------------------------------------------------------------------
    def open(self, sheet: str, widths: dict[str, float]) -> Worksheet:
        """Column widths, title and the line under it."""
        ws = self.ws[sheet]
        self.widths(ws, widths)
        self.paint.put(ws, "B1", ws.title, "title")
        self.paint.put(ws, "B2", self.say(words.INTRO[sheet]), "note")
        ws.row_dimensions[1].height, ws.row_dimensions[2].height = 30, 22
        return ws

    def widths(self, ws: Worksheet, widths: dict[str, float]) -> None:
        for columns, width in widths.items():
            for column in columns.split():
                ws.column_dimensions[column].width = width

    def head(self, sheet: str, row: int, heads: Iterable[tuple[str, str, str]], height: float = 22) -> None:
        """Column heads: column, key of ``words.HEAD`` (or the text itself), role."""
        for column, key, role in heads:
            text = self.say(words.HEAD[key]) if key in words.HEAD else key
            self.paint.put(self.ws[sheet], f"{column}{row}", text, role)
        self.ws[sheet].row_dimensions[row].height = height

    def group(self, sheet: str, row: int, title: str, columns: Sequence[str]) -> None:
        for column in columns:
            self.paint.put(self.ws[sheet], f"{column}{row}", title if column == columns[0] else None, "group")
        self.ws[sheet].row_dimensions[row].height = 24

    def blank(self, sheet: str, row: int, columns: Iterable[str], role: str) -> None:
        for column in columns:
            self.paint.put(self.ws[sheet], f"{column}{row}", None, role)

    def source(self, source: str) -> str:
        """A reference as it is cited, or the user's own words."""
        references = catalog.references()
        if source in references:
            self.cited[source] = None
            return references[source].cited
        return self.say(words.SAYS[source]) if source in words.SAYS else source

    def mark_alerts(self, sheet: str, span: str, first: str) -> None:
        """Checks that fail turn red; those to note turn dark."""
        bad, note = (self.say(mark)[0] for mark in (words.FAIL, words.WARN))
        self.alert(sheet, span, f'LEFT({first},1)="{bad}"')
        self.embolden(sheet, span, f'LEFT({first},1)="{note}"')

    def alert(self, sheet: str, span: str, condition: str) -> None:
        """Red where a condition holds."""
        red = {"font": Font(color=ALERT, bold=True), "fill": PatternFill(bgColor=ALERT_PALE)}
        self.ws[sheet].conditional_formatting.add(span, FormulaRule([condition], **red))

    def embolden(self, sheet: str, span: str, condition: str) -> None:
        """Bold where a condition holds."""
        self.ws[sheet].conditional_formatting.add(span, FormulaRule([condition], font=Font(bold=True, color=INK)))

    def validate(
        self, sheet: str, at: str, kind: str, first: str, title: str, message: str, second: str | None = None
    ) -> None:
        """What cells accept, said in the workbook's language before and after typing."""
        rule = DataValidation(type=kind, formula1=first, formula2=second, allow_blank=False)
        rule.operator = "between" if second is not None else None
        rule.showErrorMessage = rule.showInputMessage = True
        rule.errorTitle = rule.promptTitle = title[:32]
        rule.error = rule.prompt = message
        self.ws[sheet].add_data_validation(rule)
        for cells in at.split():
            rule.add(cells)

    def page(
        self,
        sheet: str,
        last_column: str,
        last_row: int,
        *,
        title_rows: str = "",
        one_page: bool = False,
        portrait: bool = False,
        pages_wide: int = 1,
    ) -> None:
        """Print set-up: A4, fitted to the width."""
        ws = self.ws[sheet]
        ws.sheet_view.showGridLines = False
        ws.print_area = f"A1:{last_column}{last_row}"
        ws.page_setup.paperSize, ws.page_setup.orientation = PAPER_A4, "portrait" if portrait else "landscape"
        ws.sheet_properties.pageSetUpPr.fitToPage = True
        ws.page_setup.fitToWidth = pages_wide
        ws.page_setup.fitToHeight = int(one_page or (last_row <= TALL and pages_wide == 1))
        margins = ws.page_margins
        margins.left = margins.right = 0.5
        margins.top, margins.bottom, margins.header, margins.footer = 0.65, 0.6, 0.3, 0.3
        ws.print_options.horizontalCentered = True
        gap = "　" if self.lang == "ja" else " · "
        subject = f"{self.say(self.plan.scenario.title)}{gap}{ws.title}"
        dates = self.say(words.PRICES_AS_OF).format(self.plan.scenario.as_of.isoformat())
        parts = (
            (ws.oddHeader.left, subject.replace("&", "&&")),
            (ws.oddHeader.right, self.say(words.CONFIDENTIAL)),
            (ws.oddFooter.left, dates),
            (ws.oddFooter.right, "&P / &N"),
        )
        for part, text in parts:
            part.text, part.font, part.size, part.color = text, f"{self.look.face},Regular", 8, MUTED
        if title_rows:
            ws.print_title_rows = title_rows


def quoted(title: str) -> str:
    """A sheet's name as formulas write it."""
    return title if re.fullmatch(r"[A-Za-z_]\w*", title, re.ASCII) else "'" + title.replace("'", "''") + "'"


def defined_name(id: str) -> str:
    """The defined name of a row's value in use."""
    return id.replace(".", "_")


def _side_by_side(cells: Sequence[str]) -> str:
    """Cells from anywhere as one row: no host hands a union such as (A1,C7) over to a function of ours."""
    numbers = ",".join(str(i) for i in range(1, len(cells) + 1))
    return f"CHOOSE({{{numbers}}},{','.join(cells)})" if len(cells) > 1 else cells[0]


def split(cell: str) -> tuple[str, int]:
    """Column and row of a cell."""
    parts = re.fullmatch(r"\$?([A-Z]+)\$?(\d+)", cell)
    assert parts, cell
    return parts[1], int(parts[2])


def absolute(cells: str) -> str:
    """``B6:B9`` as ``$B$6:$B$9``."""
    return ":".join("${}${}".format(*split(cell)) for cell in cells.split(":"))


def shifted(place: str, first: int, last: int) -> str:
    """The cells ``first`` to ``last`` columns right of a place."""
    sheet, mark, cell = place.rpartition("!")
    column, row = split(cell)
    start = column_index_from_string(column)
    cells = dict.fromkeys(f"{letter(start + i)}{row}" for i in (first, last))
    return f"{sheet}{mark}{':'.join(cells)}"
