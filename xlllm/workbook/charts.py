"""Charts native to the file. Titles and legends are cells above them: live, aligned, legible in print."""

from __future__ import annotations

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

from xlllm.workbook.styles import ACCENT, ACCENT_MID, FACE, GRID, INK, MINUS, MUTED

_EMU_PER_POINT = 12700
_NO_LABELS = {"showVal": False, "showCatName": False, "showLegendKey": False, "showPercent": False}


def bridge(data: Worksheet, first: int, last: int, lang: str) -> BarChart:
    """A waterfall: columns B unseen base, C part, D total of rows ``first`` to ``last``; labels in column A."""
    chart = BarChart()
    chart.type, chart.grouping, chart.overlap, chart.gapWidth = "bar", "stacked", 100, 45
    for column, colour in ((2, None), (3, ACCENT_MID), (4, ACCENT)):
        chart.add_data(Reference(data, min_col=column, min_row=first, max_row=last))
        series = chart.series[-1]
        series.invertIfNegative = False
        series.graphicalProperties = (
            GraphicalProperties(solidFill=colour, ln=_line())
            if colour
            else GraphicalProperties(noFill=True, ln=_line())
        )
    _categories(chart, data, first, last)
    _base(chart, lang, (0.34, 0.02, 0.63, 0.96))
    chart.x_axis.scaling.orientation = "maxMin"
    chart.x_axis.txPr = _text(lang, INK)
    chart.y_axis.delete = True
    chart.y_axis.scaling.min = 0
    return chart


def cash(data: Worksheet, head: int, last: int, lang: str) -> LineChart:
    """Three lines over the years: columns B low, C base, D high; the last point carries the series' name."""
    chart = LineChart()
    lines = ((2, MUTED, 1.5, "sysDash"), (3, ACCENT, 2.5, None), (4, ACCENT_MID, 1.5, None))
    for column, colour, points, dash in lines:
        chart.add_data(Reference(data, min_col=column, min_row=head, max_row=last), titles_from_data=True)
        series = chart.series[-1]
        series.smooth, series.marker.symbol = False, "none"
        series.graphicalProperties = GraphicalProperties(ln=_line(colour, points, dash))
        text = _text(lang, INK, bold=column == 3)
        end = DataLabel(idx=last - head - 1, showSerName=True, dLblPos="r", txPr=text, **_NO_LABELS)
        series.dLbls = DataLabelList(dLbl=[end], showSerName=False, **_NO_LABELS)
    _categories(chart, data, head + 1, last)
    _base(chart, lang, (0.06, 0.05, 0.79, 0.84))
    chart.x_axis.tickLblPos, chart.x_axis.tickLblSkip = "low", 1
    chart.y_axis.number_format = f'0;"{MINUS[lang]}"0;0'
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


def _text(lang: str, colour: str = MUTED, bold: bool = False) -> RichText:
    face = Face(typeface=FACE[lang])
    look = CharacterProperties(sz=900, b=bold, solidFill=colour, latin=face, ea=face)
    return RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=look), endParaRPr=look)])


def _line(colour: str | None = None, points: float = 0.75, dash: str | None = None) -> LineProperties:
    if colour is None:
        return LineProperties(noFill=True)
    return LineProperties(solidFill=colour, w=int(points * _EMU_PER_POINT), prstDash=dash)


def _base(chart: Any, lang: str, plot: tuple[float, float, float, float]) -> None:
    chart.legend, chart.title, chart.style = None, None, None
    chart.graphical_properties = GraphicalProperties(noFill=True, ln=_line())
    chart.plot_area.graphicalProperties = GraphicalProperties(noFill=True, ln=_line())
    x, y, w, h = plot
    chart.layout = Layout(ManualLayout(layoutTarget="inner", xMode="edge", yMode="edge", x=x, y=y, w=w, h=h))
    chart.roundedCorners = chart.varyColors = False
    for axis in (chart.x_axis, chart.y_axis):
        axis.delete, axis.title, axis.majorGridlines = False, None, None
        axis.majorTickMark = axis.minorTickMark = "none"
        axis.txPr = _text(lang)
        axis.graphicalProperties = GraphicalProperties(ln=_line(MUTED))


def _categories(chart: Any, data: Worksheet, first: int, last: int) -> None:
    for series in chart.series:
        series.cat = AxDataSource(strRef=StrRef(str(Reference(data, min_col=1, min_row=first, max_row=last))))
