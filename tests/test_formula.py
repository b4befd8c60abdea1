"""What a formula means, however a program spells it."""

import pytest

from xlllm.workbook.formula import Name, Place, meaning, moved, numbers, references, spelled_alike, tokens

ALIKE = [
    ("=A1+B2", "= $A$1 + b2"),
    ("='Cash flow'!A1", "='Cash flow'!$A$1"),
    ("='グラフ'!A1", "=グラフ!A1"),
    ("=1E-12*A1", "=0.000000000001*A1"),
    ("=IF(A1,TRUE,FALSE)", "=IF(A1,TRUE(),FALSE())"),
    ("=A1+(B1+C1)", "=A1+B1+C1"),
    ("=A1*(B1/C1)", "=A1*B1/C1"),
    ("=(-1E-12)*ABS(A1)", "=-1E-12*ABS(A1)"),
    ("=2^{0,1,2}", "=2^({0,1,2})"),
    ('=("a"&B1)&"c"', '="a"&B1&"c"'),
    ("=_xlfn.STDEV.S(A1:A9)", "=STDEV.S(A1:A9)"),
    ("=A1-(B1-C1)", "=A1-B1+C1"),
    ("=+A1", "=A1"),
    ("=A1*50%", "=(A1)*50%"),
]
DIFFERENT = [
    ("=A1+B2", "=A1-B2"),
    ("=A1+B2", "=A1+B3"),
    ("=A1*2", "=A1*2.0000001"),
    ("=-2^2", "=-(2^2)"),
    ("=2^3^2", "=2^(3^2)"),
    ("=A1-B1-C1", "=A1-(B1-C1)"),
    ("=A1/B1/C1", "=A1/(B1/C1)"),
    ('="a b"', '="ab"'),
    ('="A"&A1', '="a"&A1'),
    ("=SUM(A1:A3)", "=SUM(A1,A3)"),
    ("=SUM(A1,,A2)", "=SUM(A1,A2)"),
    ("={1,2;3,4}", "={1,2,3,4}"),
    ("=Inputs!A1", "=Facts!A1"),
    ("=A1<B1", "=A1<=B1"),
    ("=IF(A1,B1)", "=IF(A1,B1,0)"),
]


@pytest.mark.parametrize(("a", "b"), ALIKE)
def test_spelling_does_not_count(a: str, b: str) -> None:
    assert meaning(tokens(a, "S")) == meaning(tokens(b, "S"))


@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_meaning_does(a: str, b: str) -> None:
    assert meaning(tokens(a, "S")) != meaning(tokens(b, "S"))
    assert not spelled_alike(a, b)


@pytest.mark.parametrize(("a", "b"), ALIKE[:4])
def test_the_quick_look_agrees(a: str, b: str) -> None:
    assert spelled_alike(a, b)


@pytest.mark.parametrize("text", ["=", "=)", "=A1+", "=SUM(", "=" + "(" * 5000, "={1,", "=1 2", "=A1 B1", '="open'])
def test_what_cannot_be_read_is_only_like_itself(text: str) -> None:
    pieces = tokens(text, "S")
    assert meaning(pieces) == meaning(list(pieces))
    assert meaning(pieces) != meaning(tokens("=A1+1", "S"))


def test_references() -> None:
    found = set(references(tokens("=SUM('Cash flow'!A1:B2)+gpus*C3+LOG10(A1)", "S")))
    flow = {Place("Cash flow", r, c) for r in (1, 2) for c in (1, 2)}
    assert found == flow | {Place("S", 3, 3), Place("S", 1, 1), Name("SUM"), Name("GPUS"), Name("LOG10")}


def test_cells_that_moved() -> None:
    pieces = moved(tokens("=SUM(Inputs!A1:A3)*B1", "S"), lambda p: p._replace(row=p.row + 1))
    assert pieces == tokens("=SUM(Inputs!A2:A4)*B2", "S")


def test_numbers() -> None:
    assert numbers(tokens('=A1*1.37+IF(B2,1e6,"5")', "S")) == [1.37, 1e6]
