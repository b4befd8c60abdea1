"""The look of a house: its accent, its typeface, its logo, from a small TOML file."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Annotated

from openpyxl.drawing.image import Image
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, OneCellAnchor
from openpyxl.drawing.xdr import XDRPositiveSize2D
from openpyxl.utils import column_index_from_string
from openpyxl.utils.units import pixels_to_EMU
from openpyxl.worksheet.worksheet import Worksheet
from pydantic import AfterValidator, Field

from xlllm.errors import FileError, InputError
from xlllm.template import Printable, Strict, load_file
from xlllm.workbook.styles import FACE, INK, WHITE, Look

LEAST_CONTRAST = 4.5
"""Of small text on white: WCAG 2.2, level AA."""
LARGEST_LOGO = 1 << 20
MID, PALE = 0.55, 0.9
"""How far from the accent to white the lighter two of its shades are."""
HIGH, WIDE, GAP = 52, 300, 4
"""Pixels that a logo takes at most on the first sheet, and that it stays away from the top."""
DIGIT, PADDING = 7, 5
"""Pixels of a digit, in which column widths are counted, and around a column's text."""
_PNG = b"\x89PNG\r\n\x1a\n"


def _face(name: str) -> str:
    if set(name) & set('"&,<>') or not 0 < len(name.strip()) <= 31:
        raise ValueError("the name of a typeface, of at most 31 characters")
    return name.strip()


Colour = Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")]
Face = Annotated[Printable, AfterValidator(_face)]


class Branding(Strict):
    """What a house may change."""

    accent: Colour | None = Field(None, description="Colour of headings, bars and marks: #1B4F72")
    accent_mid: Colour | None = Field(None, description="Lighter shade; without it, derived from the accent")
    accent_pale: Colour | None = Field(None, description="Shade behind results; without it, derived from the accent")
    font_en: Face | None = Field(None, description="Typeface of English workbooks")
    font_ja: Face | None = Field(None, description="Typeface of Japanese workbooks")
    logo: Printable = Field("", description="A PNG of at most 1 MB; its path from this file")


def load_look(path: Path, lang: str) -> Look:
    """The look that a branding file describes.

    Raises
    ------
    TemplateError
        The file names what nobody can change, or no colour; with line and key.
    InputError
        A colour on which, or in which, nobody could read.
    FileError
        The logo is missing, too large or no PNG.
    """
    brand = load_file(Branding, path)
    plain = Look(lang, FACE[lang])
    look = plain._replace(face=(brand.font_ja if lang == "ja" else brand.font_en) or plain.face)
    if brand.accent:
        accent = brand.accent[1:].upper()
        _readable(path, "accent", accent, WHITE)
        look = look._replace(accent=accent, accent_mid=lighter(accent, MID), accent_pale=lighter(accent, PALE))
    if brand.accent_mid:
        look = look._replace(accent_mid=brand.accent_mid[1:].upper())
    if brand.accent_pale:
        look = look._replace(accent_pale=brand.accent_pale[1:].upper())
    _readable(path, "accent_pale", look.accent_pale, INK)
    return look._replace(logo=_logo(path.parent / brand.logo) if brand.logo else b"")


def _readable(path: Path, key: str, colour: str, other: str) -> None:
    ratio = contrast(colour, other)
    if ratio < LEAST_CONTRAST:
        ground, way = ("white", "a darker") if other == WHITE else ("text", "a lighter")
        raise InputError(
            f"{path.name}: {key} #{colour} has a contrast of {ratio:.2f}:1 with {ground}; "
            f"{LEAST_CONTRAST}:1 is the least that people can read: choose {way} one"
        )


def lighter(colour: str, share: float) -> str:
    """A colour on its way to white."""
    return "".join(f"{round(c + (255 - c) * share):02X}" for c in _channels(colour))


def contrast(a: str, b: str) -> float:
    """The contrast of two colours as WCAG defines it, from 1 to 21."""
    light, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    shares = (c / 255 for c in _channels(colour))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour))


# -- the logo ----------------------------------------------------------------------------------------------------------
def _logo(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_LOGO:
            raise FileError(f"{path}: a logo has at most 1 MB: make the picture smaller")
        data = path.read_bytes()
    except FileNotFoundError:
        raise FileError(f"{path}: no such file; the logo's path is read from the branding file's folder") from None
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror or error}") from None
    try:
        size(data)
    except ValueError as error:
        raise FileError(f"{path} {error}; save the logo as PNG") from None
    return data


def size(png: bytes) -> tuple[int, int]:
    """Width and height of a whole PNG. Raises ValueError if it is none."""
    if not png.startswith(_PNG):
        raise ValueError("is no PNG")
    at, kinds = len(_PNG), []
    while at + 12 <= len(png):
        length, kind = int.from_bytes(png[at : at + 4]), png[at + 4 : at + 8]
        end = at + 12 + length
        if zlib.crc32(png[at + 4 : end - 4]) != int.from_bytes(png[end - 4 : end]):
            break
        kinds.append(kind)
        at = end
        if kind == b"IEND":
            break
    if at != len(png) or kinds[:1] != [b"IHDR"] or kinds[-1:] != [b"IEND"]:
        raise ValueError("is a damaged PNG")
    width, height = (int.from_bytes(png[i : i + 4]) for i in (16, 20))
    if not (width and height):
        raise ValueError("is an empty PNG")
    return width, height


class Picture(Image):  # type: ignore[misc]
    """A PNG as it is: openpyxl's own class would need Pillow to look at it."""

    def __init__(self, png: bytes) -> None:
        width, height = size(png)
        scale = min(HIGH / height, WIDE / width)
        self.ref, self.format = png, "png"
        self.width, self.height = max(1, round(width * scale)), max(1, round(height * scale))

    def _data(self) -> bytes:
        return bytes(self.ref)


def place(ws: Worksheet, png: bytes, column: str) -> None:
    """A logo in the first row, ending where a column does."""
    picture = Picture(png)
    wide = round(ws.column_dimensions[column].width * DIGIT) + PADDING
    across = pixels_to_EMU(max(0, wide - picture.width))
    start = AnchorMarker(col=column_index_from_string(column) - 1, colOff=across, row=0, rowOff=pixels_to_EMU(GAP))
    extent = XDRPositiveSize2D(pixels_to_EMU(picture.width), pixels_to_EMU(picture.height))
    picture.anchor = OneCellAnchor(_from=start, ext=extent)
    ws.add_image(picture)
