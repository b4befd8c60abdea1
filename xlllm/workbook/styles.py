"""The look: one ink, one accent, one alert; a named style for every role a cell can play."""

from __future__ import annotations

from copy import copy
from typing import Any, NamedTuple

from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Protection, Side
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from xlllm.errors import InputError
from xlllm.quantities import Quantity
from xlllm.values import printable, shown

INK, MUTED, RULE, GRID, WHITE = "1F2A33", "5F6B76", "CBD2D9", "E3E7EB", "FFFFFF"
ACCENT, ACCENT_MID, ACCENT_PALE = "1B4F72", "8FB0C6", "E4EDF3"
ALERT, ALERT_PALE = "B3261E", "FBEAE8"
FORM = "F3F5F7"
INPUT_INK, INPUT_FILL, LINK_INK, INPUT_TAB = "0B45B8", "FFF9E0", "1B6B3A", "E8C547"
FACE = {"en": "Arial", "ja": "Yu Gothic"}


class Look(NamedTuple):
    """What a house may change: its colours, its typeface, its logo."""

    lang: str
    face: str
    accent: str = ACCENT
    accent_mid: str = ACCENT_MID
    accent_pale: str = ACCENT_PALE
    logo: bytes = b""

    def colour(self, colour: str) -> str:
        """A colour of the palette as this house has it."""
        return {ACCENT: self.accent, ACCENT_MID: self.accent_mid, ACCENT_PALE: self.accent_pale}.get(colour, colour)

    @property
    def minus(self) -> str:
        return MINUS[self.lang]


def plain_look(lang: str) -> Look:
    return Look(lang, FACE[lang])


MINUS = {"en": "−", "ja": "▲"}  # U+2212 is full-width in Japanese fonts; ▲ is the custom of Japanese accounts


def side(colour: str, style: Any = "thin") -> Side:
    return Side(style=style, color=colour)


def fill(colour: str) -> PatternFill:
    return PatternFill("solid", start_color=colour, end_color=colour)


class Role(NamedTuple):
    size: float = 10
    bold: bool = False
    ink: str = INK
    fill: str = ""
    align: str = "left"
    indent: int = 0
    top: Side | None = None
    bottom: Side | None = None
    wrap: bool = False
    vertical: str = "center"


_HAIR = side(RULE, "hair")
ROLES = {
    "decision": Role(15, True, wrap=True),
    "badge": Role(11, True, ACCENT, align="center", wrap=True),
    "title": Role(16, True),
    "heading": Role(11, True),
    "note": Role(9, ink=MUTED),
    "group": Role(10, True, ACCENT, bottom=side(ACCENT), vertical="bottom"),
    "head": Role(9, True, MUTED, bottom=side(INK), wrap=True),
    "head_right": Role(9, True, MUTED, align="right", indent=1, bottom=side(INK), wrap=True),
    "head_unit": Role(9, True, MUTED, indent=1, bottom=side(INK), wrap=True),
    "label": Role(bottom=_HAIR),
    "helper": Role(9, ink=MUTED, indent=2, bottom=_HAIR),
    "unit": Role(9, ink=MUTED, indent=1, bottom=_HAIR),
    "row_note": Role(9, ink=MUTED, bottom=_HAIR),
    "wrapped_note": Role(9, ink=MUTED, bottom=_HAIR, wrap=True),
    "input": Role(ink=INPUT_INK, fill=INPUT_FILL, align="right", indent=1, bottom=_HAIR),
    "sample": Role(ink=INPUT_INK, fill=INPUT_FILL, align="right", indent=1, bottom=_HAIR),
    "calc": Role(align="right", indent=1, bottom=_HAIR),
    "in_use": Role(bold=True, align="right", indent=1, bottom=_HAIR),
    "follows": Role(ink=MUTED, align="right", indent=1, bottom=_HAIR),
    "helper_calc": Role(9, ink=MUTED, align="right", indent=1, bottom=_HAIR),
    "link": Role(ink=LINK_INK, align="right", indent=1, bottom=_HAIR),
    "output": Role(bold=True, fill=ACCENT_PALE, align="right", indent=1, bottom=_HAIR),
    "output_label": Role(bold=True, fill=ACCENT_PALE, bottom=_HAIR),
    "output_unit": Role(9, ink=MUTED, fill=ACCENT_PALE, indent=1, bottom=_HAIR),
    "output_note": Role(9, ink=MUTED, fill=ACCENT_PALE, bottom=_HAIR),
    "check": Role(bold=True, ink=ACCENT, align="right", indent=1, bottom=_HAIR),
    "card_label": Role(9, ink=MUTED, top=side(ACCENT, "medium")),
    "card_value": Role(22, True),
    "cover_title": Role(24, True),
    "body": Role(wrap=True),
    "log": Role(ink=INPUT_INK, fill=INPUT_FILL, bottom=_HAIR),
    "origin": Role(9, ink=INPUT_INK, bottom=_HAIR),
    "origin_unit": Role(9, ink=INPUT_INK, indent=1, bottom=_HAIR),
    "legend_accent": Role(9, ink=ACCENT),
    "legend_mid": Role(9, ink=ACCENT_MID),
    "legend_rule": Role(9, ink=MUTED),
    "own": Role(ink=INPUT_INK, fill=INPUT_FILL, align="right", indent=1, bottom=_HAIR),
    "heat": Role(align="center", bottom=_HAIR),
    "mark": Role(bold=True, ink=ACCENT, bottom=_HAIR),
    "form_label": Role(bold=True, fill=FORM, indent=1, top=side(RULE), bottom=side(RULE)),
    "form_text": Role(wrap=True, indent=1, top=side(RULE), bottom=side(RULE)),
    "stamp": Role(9, ink=MUTED, align="center"),
    "stamp_box": Role(align="center"),
}


UNLOCKED = frozenset({"input", "own", "log", "origin", "origin_unit", "stamp_box"})
"""Roles of cells that the reader changes."""


class Painter:
    """Writes values in roles; every combination of role, format and override is styled once and reused."""

    def __init__(self, book: Workbook, look: Look) -> None:
        self.book, self.look = book, look
        self._stamps: dict[tuple[Any, ...], Any] = {}
        self._ids: dict[tuple[str, str], int] = {}

    def put(self, ws: Worksheet, ref: str, value: Any, role: str, fmt: str = "", *, to: str = "", **align: Any) -> Any:
        """Write ``value`` at ``ref``, merged up to ``to``. Text is kept as text: it never becomes a formula."""
        cell = ws[ref]
        stamp = self._stamp(cell, role, fmt, tuple(sorted(align.items())))
        if to:
            for row in ws[f"{ref}:{to}"]:
                for other in row:
                    other._style = stamp
            ws.merged_cells.add(f"{ref}:{to}")  # merge_cells would style every edge anew, slowly
        else:
            cell._style = stamp
        if isinstance(value, str):
            self._put_text(cell, value)
        elif value is not None:
            cell.value = value
        return cell

    def _put_text(self, cell: Any, text: str) -> None:
        try:
            cell.value = printable(text)
        except ValueError as error:
            raise InputError(f"a cell must be {error}: got {shown(text)}") from None
        cell.data_type = "s"
        if text[:1] in tuple("=+-@"):  # stays text even when somebody edits the cell
            cell._style = copy(cell._style)
            cell.quotePrefix = True

    def formula(
        self, ws: Worksheet, ref: str, text: str, role: str, fmt: str = "", *, to: str = "", **align: Any
    ) -> None:
        self.put(ws, ref, None, role, fmt, to=to, **align).value = f"={text}"

    def style_id(self, role: str, fmt: str) -> int:
        """The number of a style in the file."""
        key = (role, fmt)
        if key not in self._ids:
            scratch = Cell(self.book.worksheets[0], row=1, column=1)
            scratch._style = self._stamp(scratch, role, fmt, ())
            self._ids[key] = scratch.style_id
        return self._ids[key]

    def _stamp(self, cell: Any, role: str, fmt: str, align: tuple[tuple[str, Any], ...]) -> Any:
        key = (role, fmt, align)
        if key not in self._stamps:
            name = f"x {role}" if self.look.lang == "en" else f"x {role} {self.look.lang}"
            if name not in self.book.named_styles:
                self.book.add_named_style(named_style(name, ROLES[role], self.look, locked=role not in UNLOCKED))
            cell.style = name
            if fmt:
                cell.number_format = fmt
            if align:
                base = {k: getattr(cell.alignment, k) for k in ("horizontal", "vertical", "wrap_text", "indent")}
                cell.alignment = Alignment(**{**base, **dict(align)})
            self._stamps[key] = cell._style
        return self._stamps[key]


def named_style(name: str, role: Role, look: Look, *, locked: bool) -> NamedStyle:
    def edge(line: Side | None) -> Side | None:
        return line and side(look.colour(line.color.rgb[2:]), line.style)

    style = NamedStyle(name)
    style.font = Font(name=look.face, size=role.size, bold=role.bold, color=look.colour(role.ink))
    style.alignment = Alignment(horizontal=role.align, vertical=role.vertical, wrap_text=role.wrap, indent=role.indent)
    style.border = Border(top=edge(role.top), bottom=edge(role.bottom))
    style.protection = Protection(locked=locked)
    if role.fill:
        style.fill = fill(look.colour(role.fill))
    return style


# -- number formats ---------------------------------------------------------------------------------------------------
COUNT = '[>=1000000000000]0.00,,,,"T";[>=1000000000]0.0,,,"B";#,##0'
SMALL_MONEY = '[>=1000000]"$"0.00,,"M";[>=1000]"$"#,##0,"k";"$"0.00'
SMALL_MONEY_JA = '[>=1000000]0.00,,"百万ドル";[>=1000]#,##0,"千ドル";0.00"ドル"'
SCIENTIFIC, SHARE, WHOLE = "0.00E+00", "0.0%", "#,##0"
AMOUNTS = frozenset({"USD", "USD/year", "USD/person-year"})
"""Units of money in thousands and millions; a price such as USD/h shows its cents."""
_BY_UNIT = {
    "FLOP": SCIENTIFIC, "FLOP/s": SCIENTIFIC, "share": SHARE, "GPU-hours": WHOLE, "days": "0.0", "GB": "#,##0.0",
    "kWh": WHOLE, "kg CO2e": WHOLE, "nats/token": "0.0000", "GPUs": WHOLE, "years": "0.0", "×": "0.00",
    "tokens/parameter": "0.0", "nats/USD": SCIENTIFIC, "exponent": "0.0000", "coefficient": "#,##0.00", "W": WHOLE,
    "g/kWh": WHOLE, "USD/FLOP": SCIENTIFIC, "people": "0.0", "months": "0.0", "bytes": "0", "bits": "0.0#",
    "bytes/value": "0.00", "year": "0", "l": WHOLE, "tokens/s": WHOLE, "h": WHOLE,
}  # fmt: skip
ANY = "[>=1000]#,##0;[>=10]0.0#;0.0###"
CENTS = {"USD/kWh": 4, "JPY/kWh": 1}
"""Decimals of prices other than two."""


def number_format(q: Quantity, lang: str) -> str:
    """How a quantity is shown in a table, by its unit."""
    minus, ja = MINUS[lang], lang == "ja"
    if q.kind == "flag":
        return '"TRUE";;"FALSE"'  # for programs that show 1 and 0
    if q.kind in ("choice", "text"):
        return "General"
    if q.unit in AMOUNTS or (q.unit.startswith("USD/") and q.unit != "USD/FLOP"):
        decimals = 0 if q.unit in AMOUNTS else CENTS.get(q.unit, 2)
        number = "#,##0" + ("." + "0" * decimals if decimals else "")
        return f'{number};"{minus}"{number}' if ja else f'"$"{number};"{minus}$"{number}'
    if q.name in ("deviation",):
        return f'+0.0%;"{minus}"0.0%'
    if q.unit in ("parameters", "tokens", "sequences") and q.counted:
        return COUNT
    if q.unit == "parameters":
        return '[>=1000000000]#,##0.000,,,"B";#,##0'
    return _BY_UNIT.get(q.unit, WHOLE if q.kind == "whole" else ANY)


def input_format(q: Quantity, lang: str) -> str:
    """Typed money shows its thousands: 250k, not 0.25M."""
    if q.unit in AMOUNTS:
        return SMALL_MONEY_JA if lang == "ja" else SMALL_MONEY
    return number_format(q, lang)
