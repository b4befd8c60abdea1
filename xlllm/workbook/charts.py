"""Charts native to the file. Titles and legends are cells above them: live, aligned, legible in print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.data_source import AxDataSource, StrRef
from openpyxl.chart.label import DataLabel, DataLabelList
from openpyxl.chart.layout import Layout, ManualLayout
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties
from openpyxl.drawing.text import Font as Face
from openpyxl.worksheet.worksheet import Worksheet

from xlllm.workbook.styles import GRID, INK, MUTED, RULE, Look

_EMU_PER_POINT = 12700
_NO_LABELS = {"showVal": False, "showCatName": False, "showLegendKey": False, "showPercent": False}


def bridge(data: Worksheet, first: int, last: int, look: Look) -> BarChart:
    """A waterfall: columns B unseen base, C part, D total of rows ``first`` to ``last``; labels in column A."""
    chart = _bars(data, first, last, ((2, None), (3, look.accent_mid), (4, look.accent)), look)
    chart.y_axis.scaling.min = 0
    return chart


def bars(data: Worksheet, first: int, last: int, look: Look) -> BarChart:
    """Bars: column B the plain ones, C the emphasised one; labels with their number in column A."""
    return _bars(data, first, last, ((2, look.accent_mid), (3, look.accent)), look)


def stack(data: Worksheet, first: int, last: int, parts: int, look: Look) -> BarChart:
    """Bars of up to three parts: columns B to D; labels with their total in column A."""
    colours = (look.accent, look.accent_mid, RULE)
    return _bars(data, first, last, [(2 + i, colours[i]) for i in range(parts)], look)


def _bars(data: Worksheet, first: int, last: int, columns: Sequence[tuple[int, str | None]], look: Look) -> BarChart:
    chart = BarChart()
    chart.type, chart.grouping, chart.overlap, chart.gapWidth = "bar", "stacked", 100, 45
    for column, colour in columns:
        chart.add_data(Reference(data, min_col=column, min_row=first, max_row=last))
        series = chart.series[-1]
        series.invertIfNegative = False
        series.graphicalProperties = (
            GraphicalProperties(solidFill=colour, ln=_line())
            if colour
            else GraphicalProperties(noFill=True, ln=_line())
        )
    _categories(chart, data, first, last)
    _base(chart, look, (0.36, 0.02, 0.61, 0.96))
    chart.x_axis.scaling.orientation = "maxMin"
    chart.x_axis.txPr = _text(look, INK)
    chart.x_axis.tickLblPos = "low"
    chart.y_axis.delete = True
    return chart


def tornado(data: Worksheet, first: int, last: int, look: Look) -> BarChart:
    """Changes at the low (column B) and high (C) value of each input; D and E make room for the labels."""
    chart = BarChart()
    chart.type, chart.grouping, chart.overlap, chart.gapWidth = "bar", "clustered", 100, 45
    for column, colour in ((2, look.accent_mid), (3, look.accent), (4, None), (5, None)):
        chart.add_data(Reference(data, min_col=column, min_row=first, max_row=last))
        series = chart.series[-1]
        series.invertIfNegative = False
        if colour is None:
            series.graphicalProperties = GraphicalProperties(noFill=True, ln=_line())
            continue
        series.graphicalProperties = GraphicalProperties(solidFill=colour, ln=_line())
        series.dLbls = DataLabelList(
            dLblPos="outEnd", showVal=True, showSerName=False, showCatName=False, showLegendKey=False,
            showPercent=False, txPr=_text(look, INK),
        )  # fmt: skip
    _categories(chart, data, first, last)
    _base(chart, look, (0.36, 0.02, 0.62, 0.96))
    chart.x_axis.scaling.orientation, chart.x_axis.tickLblPos = "maxMin", "low"
    chart.x_axis.txPr = _text(look, INK)
    chart.y_axis.delete = True
    return chart


def histogram(data: Worksheet, first: int, last: int, look: Look) -> BarChart:
    """Counts by bin: column B below 0, C from 0 on; labels in column A."""
    chart = BarChart()
    chart.type, chart.grouping, chart.overlap, chart.gapWidth = "col", "stacked", 100, 12
    for column, colour in ((2, look.accent_mid), (3, look.accent)):
        chart.add_data(Reference(data, min_col=column, min_row=first, max_row=last))
        series = chart.series[-1]
        series.invertIfNegative = False
        series.graphicalProperties = GraphicalProperties(solidFill=colour, ln=_line())
    _categories(chart, data, first, last)
    _base(chart, look, (0.02, 0.04, 0.96, 0.82))
    chart.y_axis.delete = True
    chart.y_axis.scaling.min = 0
    return chart


def lines(data: Worksheet, head: int, last: int, look: Look) -> LineChart:
    """Three lines over the years: columns B low, C base, D high; the last point carries the series' name."""
    styles = ((MUTED, 1.5, "sysDash"), (look.accent, 2.5, None), (look.accent_mid, 1.5, None))
    return _lines(data, head, last, styles, f'#,##0;"{look.minus}"#,##0;0', look)


def curve(data: Worksheet, head: int, last: int, count: int, fmt: str, look: Look) -> LineChart:
    """One to three lines over the values of an input."""
    styles = ((look.accent, 2.5, None), (look.accent_mid, 2, "sysDash"), (MUTED, 1.5, "dash"))[:count]
    return _lines(data, head, last, styles, fmt, look)


def _lines(
    data: Worksheet, head: int, last: int, styles: Sequence[tuple[str, float, str | None]], fmt: str, look: Look
) -> LineChart:
    chart = LineChart()
    for i, (colour, points, dash) in enumerate(styles):
        chart.add_data(Reference(data, min_col=2 + i, min_row=head, max_row=last), titles_from_data=True)
        series = chart.series[-1]
        series.smooth, series.marker.symbol = False, "none"
        series.graphicalProperties = GraphicalProperties(ln=_line(colour, points, dash))
        text = _text(look, INK, bold=points > 2)
        end = DataLabel(idx=last - head - 1, showSerName=True, dLblPos="r", txPr=text, **_NO_LABELS)
        series.dLbls = DataLabelList(dLbl=[end], showSerName=False, **_NO_LABELS)
    _categories(chart, data, head + 1, last)
    _base(chart, look, (0.08, 0.05, 0.72, 0.84))
    chart.x_axis.tickLblPos, chart.x_axis.tickLblSkip = "low", 1
    chart.y_axis.number_format = fmt
    chart.y_axis.numFmt.sourceLinked = False
    chart.y_axis.majorGridlines = ChartLines(spPr=GraphicalProperties(ln=_line(GRID, 0.5)))
    chart.y_axis.graphicalProperties = GraphicalProperties(ln=_line())
    chart.y_axis.crossBetween = "midCat"
    return chart


def place(ws: Worksheet, chart: Any, from_col: int, from_row: int, to_col: int, to_row: int) -> None:
    """Anchor to cells at both corners, so that the chart keeps to the grid in every program."""
    start, end = AnchorMarker(col=from_col - 1, row=from_row - 1), AnchorMarker(col=to_col, row=to_row)
    chart.anchor = TwoCellAnchor(editAs="twoCell", _from=start, to=end)
    ws.add_chart(chart)


def _text(look: Look, colour: str = MUTED, bold: bool = False) -> RichText:
    face = Face(typeface=look.face)
    look = CharacterProperties(sz=900, b=bold, solidFill=colour, latin=face, ea=face)
    return RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=look), endParaRPr=look)])


def _line(colour: str | None = None, points: float = 0.75, dash: str | None = None) -> LineProperties:
    if colour is None:
        return LineProperties(noFill=True)
    return LineProperties(solidFill=colour, w=int(points * _EMU_PER_POINT), prstDash=dash)


def _base(chart: Any, look: Look, plot: tuple[float, float, float, float]) -> None:
    chart.legend, chart.title, chart.style = None, None, None
    chart.graphical_properties = GraphicalProperties(noFill=True, ln=_line())
    chart.plot_area.graphicalProperties = GraphicalProperties(noFill=True, ln=_line())
    x, y, w, h = plot
    chart.layout = Layout(ManualLayout(layoutTarget="inner", xMode="edge", yMode="edge", x=x, y=y, w=w, h=h))
    chart.roundedCorners = chart.varyColors = False
    for axis in (chart.x_axis, chart.y_axis):
        axis.delete, axis.title, axis.majorGridlines = False, None, None
        axis.majorTickMark = axis.minorTickMark = "none"
        axis.txPr = _text(look)
        axis.graphicalProperties = GraphicalProperties(ln=_line(MUTED))


def _categories(chart: Any, data: Worksheet, first: int, last: int) -> None:
    for series in chart.series:
        series.cat = AxDataSource(strRef=StrRef(str(Reference(data, min_col=1, min_row=first, max_row=last))))
