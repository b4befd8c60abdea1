"""The last pass over a file that openpyxl wrote: cached values, spills, order of styles, alt texts, settled bytes.

openpyxl writes no value beside a formula, so that previews and phones would show blanks; it knows no formula that
spills; it orders the children of fonts in a way the schema rejects; it stamps the current time; and it has no alt text
for charts.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import re
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from openpyxl import Workbook

_CELL = re.compile(r'<c r="([A-Z]+\d+)"([^>]*)>(<f>.*?</f>)<v ?/?>(?:</v>)?</c>', re.DOTALL)
_ROW = re.compile(r'<row r="(\d+)".*?</row>', re.DOTALL)
_DIMENSION = re.compile(r"<dimension [^>]*/>")
_FONT = re.compile(r"<font>(.*?)</font>", re.DOTALL)
_FONT_CHILD = re.compile(r"<(\w+)\b[^>]*?/>|<(\w+)\b[^>]*>.*?</\2>", re.DOTALL)
_FONT_ORDER = ("b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign", "sz", "color", "name",
               "family", "charset", "scheme")  # fmt: skip
_STAMP = re.compile(r"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_FRAME = re.compile(r'(<(?:xdr:)?cNvPr id="\d+" name="[^"]*")( descr="[^"]*")?')
_METADATA = "xl/metadata.xml"
_METADATA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheetMetadata+xml"
_METADATA_LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sheetMetadata"
_DYNAMIC = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<metadata xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" \
xmlns:xda="http://schemas.microsoft.com/office/spreadsheetml/2017/dynamicarray">\
<metadataTypes count="1"><metadataType name="XLDAPR" minSupportedVersion="120000" copy="1" pasteAll="1" \
pasteValues="1" merge="1" splitFirst="1" rowColShift="1" clearFormats="1" clearComments="1" assign="1" coerce="1" \
cellMeta="1"/></metadataTypes><futureMetadata name="XLDAPR" count="1"><bk><extLst>\
<ext uri="{bdbb8cdc-fa1e-496e-a857-3c3f30c029c3}"><xda:dynamicArrayProperties fDynamic="1" fCollapsed="0"/></ext>\
</extLst></bk></futureMetadata><cellMetadata count="1"><bk><rc t="1" v="0"/></bk></cellMetadata></metadata>"""
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def finish(
    book: Workbook,
    cache: Mapping[tuple[str, str], Any],
    alt_texts: Mapping[str, Sequence[str]],
    date: dt.date,
    rows: Mapping[str, Mapping[int, Sequence[tuple[str, int, str, Any]]]] | None = None,
    arrays: Mapping[tuple[str, str], str] | None = None,
    *,
    only_values: bool = False,
) -> bytes:
    """The bytes of the finished file; the same plan gives the same bytes.

    ``cache`` holds the value of every formula cell by sheet title and cell; ``alt_texts`` those of each sheet's charts;
    ``date`` stands as the date of creation and change; ``rows`` are cells that openpyxl never saw: by sheet and row
    their place, style, formula and value. ``arrays`` are the ranges of formulas that spill. With ``only_values`` no
    formula remains.
    """
    raw = io.BytesIO()
    book.save(raw)
    with zipfile.ZipFile(raw) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    for ws in book.worksheets:
        path = ws.path.lstrip("/")
        xml = _with_values(parts[path].decode(), ws.title, cache, arrays or {}, only_values)
        parts[path] = (_with_rows(xml, rows[ws.title], only_values) if rows and ws.title in rows else xml).encode()
        if ws.title in alt_texts:
            drawing = ws._drawing.path.lstrip("/")
            parts[drawing] = _described(parts[drawing].decode(), alt_texts[ws.title]).encode()
    parts["xl/styles.xml"] = _FONT.sub(_ordered_font, parts["xl/styles.xml"].decode()).encode()
    if arrays:
        parts |= _with_metadata(parts)
    stamp = f"{date.isoformat()}T00:00:00Z"
    parts["docProps/core.xml"] = _STAMP.sub(rf"\g<1>{stamp}", parts["docProps/core.xml"].decode()).encode()
    return _zipped(parts)


def _with_values(
    xml: str,
    title: str,
    cache: Mapping[tuple[str, str], Any],
    arrays: Mapping[tuple[str, str], str],
    only_values: bool,
) -> str:
    def valued(m: re.Match[str]) -> str:
        at, attributes, formula = m[1], re.sub(r' t="\w+"', "", m[2]), m[3]
        kind, text = _cached(cache[title, at])
        if span := arrays.get((title, at)):  # as Excel itself writes a call of a function that it does not know
            kind, formula = f'{kind} cm="1"', formula.replace("<f>", f'<f t="array" ref="{span}">', 1)
        return f'<c r="{at}"{attributes}{kind}>{"" if only_values else formula}<v>{text}</v></c>'

    return _CELL.sub(valued, xml)


def _with_metadata(parts: Mapping[str, bytes]) -> dict[str, bytes]:
    """The part that ``cm="1"`` of a cell points to, which makes an array formula a dynamic one, announced as such."""
    types, links = "[Content_Types].xml", "xl/_rels/workbook.xml.rels"
    return {
        _METADATA: _DYNAMIC.encode(),
        types: parts[types].replace(
            b"</Types>", f'<Override PartName="/{_METADATA}" ContentType="{_METADATA_TYPE}"/></Types>'.encode()
        ),
        links: parts[links].replace(
            b"</Relationships>",
            f'<Relationship Id="rIdMetadata" Type="{_METADATA_LINK}" Target="/{_METADATA}"/></Relationships>'.encode(),
        ),
    }


def _with_rows(xml: str, rows: Mapping[int, Sequence[tuple[str, int, str, Any]]], only_values: bool) -> str:
    """Cells behind those that their rows have already."""

    def filled(m: re.Match[str]) -> str:
        if int(m[1]) not in rows:
            return m[0]
        cells = []
        for at, style, formula, value in rows[int(m[1])]:
            kind, text = _cached(value)
            f = "" if only_values else f"<f>{escape(formula)}</f>"
            cells.append(f'<c r="{at}" s="{style}"{kind}>{f}<v>{text}</v></c>')
        return f"{m[0].removesuffix('</row>')}{''.join(cells)}</row>"

    return _DIMENSION.sub("", _ROW.sub(filled, xml))  # the used range is theirs to find who read the file


def _cached(value: Any) -> tuple[str, str]:
    """The type attribute and the text of a cached value."""
    if isinstance(value, bool):
        return ' t="b"', str(int(value))
    if isinstance(value, str):
        return ' t="str"', escape(value)
    if not math.isfinite(value):
        return ' t="e"', "#NUM!"
    return "", repr(value)


def _ordered_font(m: re.Match[str]) -> str:
    children = [c[0] for c in _FONT_CHILD.finditer(m[1])]
    return (
        f"<font>{''.join(sorted(children, key=lambda c: _FONT_ORDER.index(c[1:].split(' ')[0].split('/')[0])))}</font>"
    )


def _described(drawing: str, texts: Sequence[str]) -> str:
    remaining = iter(texts)
    return _FRAME.sub(lambda m: f"{m[1]} descr={quoteattr(next(remaining))}", drawing)


def _zipped(parts: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    first = "[Content_Types].xml"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as target:
        for name in [first, *sorted(n for n in parts if n != first)]:
            info = zipfile.ZipInfo(name, _ZIP_EPOCH)
            info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, 0o600 << 16, 3
            target.writestr(info, parts[name])
    return out.getvalue()
