"""What a function wizard shows of a function: read from the registry and the vocabulary, in the user's language."""

from __future__ import annotations

from xlllm import locale
from xlllm.arguments import Parameter
from xlllm.handbook import bounds
from xlllm.registry import Formula
from xlllm.values import typed

LONGEST_HELP = 255
"""Characters of a description or of an argument's help that Excel shows."""


def description(formula: Formula, lang: str) -> str:
    """What a function computes, and in which unit."""
    units = list(dict.fromkeys(locale.text(q, "unit", lang) for q in formula.results))
    return f"{locale.title(formula, lang)} [{', '.join(units)}]"


def argument_help(p: Parameter, lang: str) -> str:
    """What an argument is, its unit, what is allowed and what it is if left out."""
    if p.record:
        return f"{locale.record(p.name, 'label', lang)}: {locale.record(p.name, 'help', lang)}"
    assert p.quantity
    q = p.quantity
    unit = "" if q.unit in ("text", "any", "TRUE/FALSE") else locale.text(q, "unit", lang)
    allowed = "; ".join(x for x in (unit, bounds(q)) if x)
    default = p.same_as or ("" if p.required or p.default is None else typed(p.default))
    brackets = f" ({allowed})" if allowed else ""
    text = f"{locale.text(q, 'label', lang)}{brackets}{f' [{default}]' if default else ''}"
    help = f"{text}: {locale.text(q, 'help', lang)}"
    return help if len(help) <= LONGEST_HELP else text


def category(shelf: str, lang: str) -> str:
    """Where the function wizard lists a shelf: numbered, so that its alphabetical order is that of the handbook."""
    among = "scaling" if shelf == "fitting" else shelf
    numbered = [s for s in locale.SHELVES if s not in ("fitting", "lookups")]
    number = f"{numbered.index(among) + 1} " if among in numbered else ""
    return f"xlllm {number}{locale.shelf(among, lang).replace('：', ':').partition(':')[0]}"
