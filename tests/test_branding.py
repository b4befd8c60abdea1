"""The look of a house: its colours where ours were, its typeface, its logo; nothing that nobody could read."""

import io
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from edited import LANGUAGES, book, made

from xlllm.errors import FileError, InputError, TemplateError, XlllmError
from xlllm.plan import build
from xlllm.template import load_scenario
from xlllm.workbook import branding
from xlllm.workbook.branding import Branding, contrast, lighter, load_look, size
from xlllm.workbook.check import check
from xlllm.workbook.report import Report
from xlllm.workbook.styles import ACCENT, ACCENT_MID, ACCENT_PALE, plain_look


def png(width: int = 200, height: int = 80) -> bytes:
    """A picture in one colour."""
    raw = b"".join(b"\0" + bytes([122, 31, 92]) * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(raw)), (b"IEND", b""))
    body = b"".join(len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4) for kind, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


def brand(folder: Path, text: str) -> Path:
    path = folder / "house.toml"
    path.write_text(text, "utf-8")
    return path


def report(path: Path, lang: str = "en") -> Report:
    return Report(build(load_scenario("llama-65b")), lang, look=load_look(path, lang))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_empty_file_changes_nothing(lang: str, tmp_path: Path) -> None:
    assert load_look(brand(tmp_path, ""), lang) == plain_look(lang)
    assert report(brand(tmp_path, ""), lang).xlsx == made(lang=lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_house_of_its_own(lang: str, tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(png())
    path = brand(tmp_path, 'accent = "#7a1f5c"\nfont_en = "Georgia"\nfont_ja = "Meiryo"\nlogo = "logo.png"\n')
    xlsx = report(path, lang).xlsx
    assert xlsx == report(path, lang).xlsx, "the same bytes every time"
    with zipfile.ZipFile(io.BytesIO(xlsx)) as file:
        styles = file.read("xl/styles.xml").decode()
        everything = b"".join(file.read(n) for n in file.namelist() if n.endswith(".xml")).decode()
        assert file.read("xl/media/image1.png") == png()
    assert "7A1F5C" in styles
    assert not [c for c in (ACCENT, ACCENT_MID, ACCENT_PALE) if c in everything]
    assert {"en": "Georgia", "ja": "Meiryo"}[lang] in styles
    found = check(book(xlsx), as_of=load_scenario("llama-65b").as_of)
    assert {f.code for f in found.findings} == {"check_noted"}, "the contents are the same"


def test_the_logo_stands_on_the_first_sheet_and_can_be_read_aloud(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(png())
    made = report(brand(tmp_path, 'logo = "logo.png"'))
    with zipfile.ZipFile(io.BytesIO(made.xlsx)) as file:
        drawings = [file.read(n).decode() for n in file.namelist() if re.match("xl/drawings/drawing", n)]
        of_first = file.read("xl/worksheets/_rels/sheet1.xml.rels").decode()
    with_logo = [d for d in drawings if 'descr="Logo"' in d]
    assert len(with_logo) == 1
    assert "drawing1.xml" in of_first
    assert with_logo[0] == drawings[0]
    assert re.search(r"from><(?:xdr:)?col>3</(?:xdr:)?col>", with_logo[0])
    height = re.search(r'ext cx="\d+" cy="(\d+)"', with_logo[0])
    assert height
    assert int(height[1]) <= 52 * 9525
    assert all('descr="' in d for d in drawings)


@pytest.mark.parametrize(("width", "height"), [(3000, 10), (10, 3000), (1, 1)])
def test_a_logo_keeps_its_shape_and_its_place(width: int, height: int) -> None:
    picture = branding.Picture(png(width, height))
    assert 1 <= picture.width <= branding.WIDE
    assert 1 <= picture.height <= branding.HIGH


def test_no_pillow_is_needed() -> None:
    code = """
import sys
sys.modules["PIL"] = None
from xlllm.workbook.branding import Picture
from tests_png import png
"""
    code = code.replace("from tests_png import png\n", f"assert Picture({png()!r})._data() == {png()!r}\n")
    subprocess.run([sys.executable, "-c", code], check=True)


def test_shades_are_derived_or_given(tmp_path: Path) -> None:
    look = load_look(brand(tmp_path, 'accent = "#1B4F72"'), "en")
    for derived, ours in ((look.accent_mid, ACCENT_MID), (look.accent_pale, ACCENT_PALE)):
        near = [abs(a - b) for a, b in zip(bytes.fromhex(derived), bytes.fromhex(ours), strict=True)]
        assert max(near) < 16, "about those that were chosen by eye"
    given = 'accent = "#1B4F72"\naccent_mid = "#808080"\naccent_pale = "#EEEEEE"'
    look = load_look(brand(tmp_path, given), "en")
    assert (look.accent_mid, look.accent_pale) == ("808080", "EEEEEE")


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("000000", "FFFFFF") == pytest.approx(21)
    assert contrast("FFFFFF", "777777") == pytest.approx(4.48, abs=0.01)
    assert contrast("767676", "FFFFFF") == pytest.approx(4.54, abs=0.01)
    assert lighter("000000", 0.5) == "808080"
    assert lighter("1B4F72", 0) == "1B4F72"


MISTAKES: dict[str, tuple[str, type[XlllmError], str]] = {
    "a pale accent": ('accent = "#777777"', InputError, "house.toml: accent #777777 has a contrast of 4.48:1 with wh"),
    "yellow": ('accent = "#FFD400"', InputError, "4.5:1 is the least that people can read: choose a darker one"),
    "a dark ground": ('accent_pale = "#303030"', InputError, "accent_pale #303030 has a contrast of 1.11:1 with text"),
    "no colour": ('accent = "blue"', TemplateError, "house.toml: accent: must be"),
    "a key": ('lgo = "a.png"', TemplateError, "house.toml: lgo: unknown key; did you mean logo? (line 1)"),
    "a typeface": ("font_en = 'Ari\"al'", TemplateError, "font_en: must be the name of a typeface"),
    "header code": ('font_ja = "A&B"', TemplateError, "font_ja: must be the name of a typeface"),
    "no TOML": ("accent = =", TemplateError, "house.toml: not valid TOML: Invalid value (at line 1"),
    "no logo": ('logo = "none.png"', FileError, "none.png: no such file; the logo's path is read from the branding"),
    "a folder": ('logo = "."', FileError, "cannot be read"),
    "a picture of another kind": ('logo = "a.jpg"', FileError, "a.jpg is no PNG; save the logo as PNG"),
    "a damaged picture": ('logo = "cut.png"', FileError, "cut.png is a damaged PNG"),
    "a large picture": ('logo = "large.png"', FileError, "large.png: a logo has at most 1 MB: make the picture small"),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_says_what_to_do(what: str, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "cut.png").write_bytes(png()[:-8])
    (tmp_path / "large.png").write_bytes(png() + bytes(branding.LARGEST_LOGO))
    text, kind, says = MISTAKES[what]
    with pytest.raises(kind) as caught:
        load_look(brand(tmp_path, text), "en")
    assert says in caught.value.message


def test_no_branding_file(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        load_look(tmp_path / "none.toml", "en")


@pytest.mark.parametrize("damage", [png()[:20], png()[:-12], png() + b"x", png().replace(b"IHDR", b"IHDX"), b""])
def test_what_is_no_whole_picture_has_no_size(damage: bytes) -> None:
    assert size(png(3, 5)) == (3, 5)
    with pytest.raises(ValueError, match="PNG"):
        size(damage)


def test_every_key_is_explained() -> None:
    assert all(field.description for field in Branding.model_fields.values())
