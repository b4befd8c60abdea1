"""Where keys stand in a TOML file, and scenarios written as one."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from xlllm import toml

ROOT = Path(__file__).parent.parent
FILES = sorted([*ROOT.glob("templates/**/*.toml"), *ROOT.glob("xlllm/**/*.toml"), *ROOT.glob("tests/**/*.toml")])

TRICKY = '''
# a comment = [ "{
a = 1
b.c = "x # no comment"   # a comment
"d e" = [1, [2,
  3], { f = "]", g = { h = 1 } }, # a comment ]
]
text = """
not = "a key"
[not.a.table]"""
literal = \'\'\'
[nor.this]\'\'\'
date = 2024-01-01T00:00:00Z
[t]
u = \'\\\'
[t."v.w"]
x = "\\"]"
[[list]]
y = 1
[[list]]
y = 2
[list.z]
q = 3
[[list.inner]]
r = 4
[[list.inner]]
r = 5
'''


def places(data: Any, place: tuple[str, ...] = ()) -> set[str]:
    found = {".".join(place)} if place else set()
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return found.union(*(places(part, (*place, str(key))) for key, part in items))


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_every_key_of_every_file_of_ours_has_a_line(path: Path) -> None:
    text = path.read_text("utf-8")
    found, rows = toml.lines(text), text.splitlines()
    wanted = places(tomllib.loads(text))
    assert wanted <= found.keys()
    for place in wanted:
        last = place.rpartition(".")[2]
        assert last.isdigit() or last in rows[found[place] - 1], place


def test_a_tricky_file() -> None:
    found, rows = toml.lines(TRICKY), TRICKY.splitlines()
    assert places(tomllib.loads(TRICKY)) <= found.keys()
    assert not [p for p in found if p.startswith(("not", "nor"))]
    for place, text in {
        "b.c": "b.c =", "d e.1.1": "  3]", "d e.2.g.h": "  3]", "t.v.w.x": "x =", "list.1.y": "y = 2",
        "list.1.z.q": "q = 3", "list.1.inner.1.r": "r = 5", "date": "date =", "t.u": "u =",
    }.items():  # fmt: skip
        assert rows[found[place] - 1].startswith(text), place


def test_what_is_written_reads_back() -> None:
    values = {"schema": 1.0, "title": {"en": 'a "b"\n', "ja": "予算 \\ \x7f"}, "odd key": "#"}
    tables = {
        "inputs": {
            "gpus": 2048.0,
            "share": 0.1 + 0.2,
            "big": 6.52e10,
            "flag": True,
            "law.x": {"value": "70B", "note": {"en": "", "ja": "注"}},
        }
    }
    text = toml.written("ab\x7fo\nut", values, tables, {"inputs.share": "Group"})
    assert tomllib.loads(text) == values | tables
    lines = text.splitlines()
    assert lines[0] == "# abo ut"
    assert "gpus = 2048" in lines
    assert lines[lines.index("# Group") + 1].startswith("share = ")
    assert '"law.x" = { value = "70B", note = { en = "", ja = "注" } }' in lines
