"""The command: ``xlllm --help``."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

import xlllm
from xlllm.errors import FileError, InputError, MissingProgramError, NotInCatalogError, TemplateError, XlllmError
from xlllm.files import refuse_existing, write_whole
from xlllm.quantities import VOCABULARY
from xlllm.registry import bare_name
from xlllm.values import figure, shown

if TYPE_CHECKING:
    from rich.console import Console

    from xlllm.choose import Question
    from xlllm.compare import Comparison
    from xlllm.handbook import Entry
    from xlllm.hosts.doctor import Verdict
    from xlllm.plan import Plan
    from xlllm.template import Scenario, Template
    from xlllm.workbook.check import Finding
    from xlllm.workbook.report import Report

CHECK_FAILED = 1
MOST_LINES = 25
"""Findings of one kind that a table shows; --json shows them all."""
BOOKS = (".xlsx", ".xlsm")
NARROW, LONG_KEY, GAP = 80, 24, 3  # columns of a terminal, of a key before it folds, between two columns
INTERRUPTED = 130
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

app = typer.Typer(
    name="xlllm",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="""What to spend on a language model, and on what: live budget workbooks from sourced formulas.

    Start with a workbook, open it in any spreadsheet, change the yellow cells:

        xlllm new training_budget -o budget.xlsx

        xlllm new training_budget -o 予算.xlsx --lang ja
    """,
    epilog="Exit codes: 0 done · 1 a check failed · 2 usage or input error · 3 fact missing or stale · "
    "4 no convergence · 5 optional program missing.",
)


class Lang(StrEnum):
    en = "en"
    ja = "ja"


class Kind(StrEnum):
    gpu = "gpu"
    model = "model"
    run = "run"
    law = "law"
    ability = "ability"
    grid = "grid"
    format_ = "format"
    tokenizer = "tokenizer"
    api_price = "api_price"
    gpu_price = "gpu_price"
    team = "team"


class Edition(StrEnum):
    native = "native"
    udf = "udf"
    values = "values"


class Dialect(StrEnum):
    vba = "vba"
    officejs = "officejs"
    libreoffice = "libreoffice"


class AddinHost(StrEnum):
    libreoffice = "libreoffice"
    lite = "lite"


class What(StrEnum):
    scenario = "scenario"
    template = "template"


LangOption = Annotated[Lang, typer.Option("--lang", "-l", help="Language of the workbook.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace the output file if it exists.")]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]
EditionOption = Annotated[
    Edition,
    typer.Option(
        "--edition",
        help="native: plain formulas, for every spreadsheet. udf: calls of the LLM_ functions. values: no formulas.",
    ),
]
DialectOption = Annotated[
    Dialect | None,
    typer.Option("--dialect", help="How the udf edition calls the functions: vba if nothing is said."),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
TemplateOption = Annotated[
    Path | None, typer.Option("--template", "-t", help="A template of your own (TOML) in place of one of ours.")
]
BrandingOption = Annotated[
    Path | None, typer.Option("--branding", "-b", help="Colours, typeface and logo of your house (TOML).")
]
BookArgument = Annotated[Path, typer.Argument(help="A workbook that xlllm made.", show_default=False)]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"xlllm {xlllm.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Options that stand before the command."""


@app.command(epilog="Example: xlllm new training_budget -o budget.xlsx --lang ja")
def new(
    output: Annotated[Path, typer.Option("--output", "-o", help="The .xlsx file to make.", show_default=False)],
    template: Annotated[
        str, typer.Argument(help="Which workbook; `xlllm templates` lists them.", show_default=False)
    ] = "",
    lang: LangOption = Lang.en,
    scenario: Annotated[
        str, typer.Option("--scenario", "-s", help="Numbers to start from: a file, or the name of one of ours.")
    ] = "",
    edition: EditionOption = Edition.native,
    dialect: DialectOption = None,
    template_file: TemplateOption = None,
    branding: BrandingOption = None,
    force: ForceOption = False,
) -> None:
    """Make a workbook from a template, filled with an example to overwrite."""
    from xlllm.template import load_scenario, load_scenario_for, load_template  # pydantic loads when first needed

    _refuse_unwritable(output, ".xlsx", force=force)
    own = _own(template_file)
    if own and template not in ("", own.id):
        raise InputError(f"{template_file} is the template {own.id}, not {template}")
    if not own and not template:
        raise InputError("which workbook? xlllm templates lists them, xlllm choose finds the right one")
    wanted = own or load_template(template)
    if scenario:
        filled = load_scenario(scenario)
    else:
        filled = load_scenario_for(wanted, template_file.parent) if template_file else load_scenario(wanted.scenario)
    if filled.template != wanted.id:
        raise InputError(f"{scenario or wanted.scenario} fills the template {filled.template}, not {wanted.id}")
    report = _report(filled, lang, template_file, edition, dialect, branding)
    write_whole(output, report.xlsx, force=force)
    _say(f"{output}: {wanted.title.in_(lang)}. Open it in any spreadsheet and change the yellow cells.")


@app.command(epilog="Example: xlllm report my-case.toml -o my-case.xlsx --markdown -")
def report(
    scenario: Annotated[
        str, typer.Argument(help="A scenario file (TOML), or the name of one of ours.", show_default=False)
    ],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The .xlsx file to make.")] = None,
    json_file: Annotated[
        str, typer.Option("--json", help="Also write the figures as JSON; - is standard output.")
    ] = "",
    pdf_file: Annotated[
        Path | None, typer.Option("--pdf", help="Also print the workbook to a PDF, through LibreOffice.")
    ] = None,
    markdown_file: Annotated[
        str, typer.Option("--markdown", help="Also write the figures as Markdown; - is standard output.")
    ] = "",
    lang: LangOption = Lang.en,
    edition: EditionOption = Edition.native,
    dialect: DialectOption = None,
    template_file: TemplateOption = None,
    branding: BrandingOption = None,
    force: ForceOption = False,
) -> None:
    """Make a finished workbook from a scenario file, and its pages as PDF, its figures as JSON or Markdown.

    The exit code is 1 if a check of the workbook fails; the files are written all the same.
    """
    from xlllm.template import load_scenario  # pydantic and openpyxl load when first needed
    from xlllm.workbook import markdown, pdf

    if not (output or pdf_file or json_file or markdown_file):
        raise InputError("nothing to write: give -o FILE.xlsx, --pdf FILE, --json FILE or --markdown FILE")
    if json_file == markdown_file == "-":
        raise InputError("standard output takes one of --json and --markdown; give the other a file")
    if output:
        _refuse_unwritable(output, ".xlsx", force=force)
    if pdf_file:
        _refuse_unwritable(pdf_file, ".pdf", force=force)
        pdf.program()
    for file, suffix in ((json_file, ".json"), (markdown_file, ".md")):
        if file not in ("", "-"):
            _refuse_unwritable(Path(file), suffix, force=force)
    made = _report(load_scenario(scenario), lang, template_file, edition, dialect, branding)
    with _working("LibreOffice prints the pages") if pdf_file else nullcontext():
        pages = pdf.pdf(made.printable) if pdf_file else b""
    if output:
        write_whole(output, made.xlsx, force=force)
        _say(f"{output}: {made.decision.splitlines()[0]}")
    if pdf_file:
        write_whole(pdf_file, pages, force=force)
    if json_file:
        _put(json_file, json.dumps(made.summary, ensure_ascii=False, indent=2, allow_nan=False) + "\n", force=force)
    if markdown_file:
        _put(markdown_file, markdown.markdown(made), force=force)
    for warning in made.summary["warnings"]:
        _say(f"note: {warning}")
    if made.failed:
        raise typer.Exit(CHECK_FAILED)


@app.command(epilog="Example: xlllm choose --answer 1 --answer 1 --answer 3")
def choose(
    answers: Annotated[
        list[str] | None,
        typer.Option("--answer", "-a", help="The number of an answer; once for each question, in their order."),
    ] = None,
    lang: Annotated[
        Lang, typer.Option("--lang", "-l", help="Language of the questions and of the workbook.")
    ] = Lang.en,
) -> None:
    """Find the right template by three questions.

    They are asked on a terminal; elsewhere --answer gives the answers, or standard input, one a line.
    """
    from xlllm import choose as chooser  # pydantic loads when first needed
    from xlllm.template import load_template

    guide = chooser.load()
    given = list(answers or ())
    if len(given) > len(guide.questions):
        raise InputError(f"there are {len(guide.questions)} questions, and {len(given)} answers")
    picked: dict[str, str] = {}
    for n, question in enumerate(guide.questions):
        picked[question.id] = chooser.read(question, given[n], lang) if n < len(given) else _asked(question, lang)
    template = load_template(guide.template(picked))
    typer.echo(template.id)
    typer.echo(f"xlllm new {template.id} -o {template.id}.xlsx" + (f" --lang {lang}" if lang is not Lang.en else ""))
    _say(f"{template.title.in_(lang)}: {template.about.in_(lang)}")


def _asked(question: Question, lang: str) -> str:
    """A person's answer; what it cannot mean is asked again."""
    from xlllm import choose as chooser

    terminal = sys.stdin is not None and sys.stdin.isatty()
    if terminal:
        for line in ("", question.text.in_(lang), *(f"  {line}" for line in chooser.menu(question, lang))):
            _say(line)
    while True:
        if terminal:
            typer.echo(f"1-{len(question.answers)}: ", nl=False, err=True)
        said = sys.stdin.readline() if sys.stdin is not None else ""
        if not said:
            menu = "\n".join(chooser.menu(question, lang))
            raise InputError(f"{question.text.in_(lang)} Give --answer N, once for each question:\n{menu}")
        try:
            return chooser.read(question, said, lang)
        except InputError as error:
            if not terminal:
                raise
            _say(error.message.splitlines()[0])


@app.command(epilog="Example: xlllm extract budget.xlsx -o my-case.toml --force")
def extract(
    book: BookArgument,
    output: Annotated[
        str, typer.Option("--output", "-o", help="The scenario file (.toml) to make; - is standard output.")
    ],
    template_file: TemplateOption = None,
    force: ForceOption = False,
) -> None:
    """Read what people typed into a workbook back into a scenario file, with sources, dates and notes.

    Nothing in the workbook is executed. xlllm report makes the workbook again, with everything that follows.
    """
    from xlllm.workbook.book import read_book  # openpyxl loads when first needed
    from xlllm.workbook.extract import as_toml
    from xlllm.workbook.extract import extract as extracted

    if output != "-":
        _refuse_unwritable(Path(output), ".toml", force=force)
    found = extracted(read_book(book), _own(template_file))
    name = " ".join(_harmless(book.name).split())
    _put(output, as_toml(found, f"Read from {name} by xlllm extract."), force=force)
    made, now = found.made.scenario.inputs, found.scenario.inputs
    changed = [id for id in now if now[id] != made.get(id)]
    say = f"changed since the workbook was made: {', '.join(changed)}" if changed else "no input was changed"
    _say(f"{'-' if output == '-' else output}: {len(now)} inputs; {say}")
    for note in (*found.notes, *found.stays):
        _say(f"note: {note.at} {note.text}")


@app.command(epilog="Example: xlllm check budget.xlsx --as-of 2023-06-01")
def check(
    book: BookArgument,
    as_json: JsonOption = False,
    as_of: Annotated[
        str, typer.Option("--as-of", help="The day to which prices are aged: YYYY-MM-DD. Without it, today.")
    ] = "",
    template_file: TemplateOption = None,
) -> None:
    """Compare every cell of a workbook with the engine: formulas typed over, values that differ, old prices.

    The exit code is 1 if anything is wrong, 3 if nothing but the age of prices is, else 0.
    """
    from xlllm.workbook import check as checker  # openpyxl loads when first needed
    from xlllm.workbook.book import read_book

    day = _day(as_of)
    own = _own(template_file)
    with _working(f"{book.name} is compared with the engine"):
        read = read_book(book)
        done = checker.check(read, own, day)
    if as_json:
        typer.echo(json.dumps(checker.as_json(read, done), ensure_ascii=False, indent=2, allow_nan=False))
    else:
        _findings(done.findings)
    counts = [(done.count(s), s) for s in checker.SEVERITIES]
    said = ", ".join(f"{n} {s if s == checker.STALE or n == 1 else f'{s}s'}" for n, s in counts if n)
    _say(f"{book}: {said or 'every cell is as the engine makes it'}")
    if done.count(checker.ERROR):
        raise typer.Exit(CHECK_FAILED)
    if done.count(checker.STALE):
        raise typer.Exit(NotInCatalogError.exit_code)


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError(f"--as-of must be a day such as 2026-04-01: got {shown(text)}") from None


def _findings(findings: Sequence[Finding]) -> None:
    """A table, the worst first; of what is found over and over the first few."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    if not findings:
        return
    table = Table(box=SIMPLE_HEAD, show_header=True)
    for head in ("", "where", "what", "should be", "is"):
        table.add_column(head, overflow="fold")
    styles = {"error": "bold red", "stale": "yellow", "warning": "yellow", "note": "dim"}
    counted: dict[str, int] = {}
    for f in findings:
        counted[f.severity] = counted.get(f.severity, 0) + 1
        if counted[f.severity] <= MOST_LINES:
            texts = (
                _CONTROL.sub("\N{REPLACEMENT CHARACTER}", t) for t in (f.severity, f.place, f.message, f.was, f.now)
            )
            table.add_row(*texts, style=styles[f.severity])
    _console().print(table)
    for severity, count in counted.items():
        if count > MOST_LINES:
            _say(f"… and {count - MOST_LINES} more of severity {severity}: --json lists them all")


@app.command(epilog="Example: xlllm compare llama-65b my-case.toml")
def compare(
    a: Annotated[
        str, typer.Argument(help="A scenario (file or name of one of ours) or a workbook.", show_default=False)
    ],
    b: Annotated[str, typer.Argument(help="Another of the same template.", show_default=False)],
    as_json: JsonOption = False,
    lang: Annotated[Lang, typer.Option("--lang", "-l", help="Language of the labels.")] = Lang.en,
    template_file: TemplateOption = None,
) -> None:
    """Compare two scenarios or workbooks: inputs that differ, results, and what each input does alone."""
    from xlllm.compare import as_json as plain  # openpyxl loads when first needed
    from xlllm.compare import compare as compared

    own = _own(template_file)
    found = compared(_plan(a, own), _plan(b, own), lang)
    if as_json:
        typer.echo(json.dumps(plain(found), ensure_ascii=False, indent=2, allow_nan=False))
    else:
        _comparison(found, a, b, lang)
    if not found.inputs:
        _say("the two are the same")


def _comparison(found: Comparison, a: str, b: str, lang: str) -> None:
    from xlllm.workbook.words import CASES

    def text(value: Any) -> str:
        if value is None or value != value:
            return "–"
        large = isinstance(value, float) and 1e4 <= abs(value) < 1e15
        return f"{value:,.0f}" if large else figure(value, 6)

    def signed(value: Any) -> str:
        return ("+" if isinstance(value, float) and value > 0 else "") + text(value)

    names = [Path(n).name for n in (a, b)]
    if found.inputs:
        rows = [
            (d.label + (f" ({CASES[d.case].in_(lang)})" if d.case != "base" else ""), text(d.a), text(d.b), d.unit)
            for d in found.inputs
        ]
        _table("inputs that differ", ("input", *names, "unit"), rows)
    results = [(r.label, text(r.a), text(r.b), signed(r.change), r.unit) for r in found.results]
    _table("results in the base case", ("result", *names, "difference", "unit"), results)
    if found.effects:
        alone = [(e.label, text(e.value), signed(e.change)) for e in found.effects]
        title = f"{found.target.label} ({found.target.unit}) of {names[0]} with one input of {names[1]}"
        _table(title, ("input", "result", "change"), alone)


@app.command(epilog='Example: xlllm facts gpu "H100 SXM5 80GB"')
def facts(
    kind: Annotated[Kind, typer.Argument(help="Which catalogue.", show_default=False)],
    key: Annotated[str, typer.Argument(help="One entry; any alias works. Without it, all of them.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Show the facts behind the figures, each with its source and date."""
    from xlllm import catalog  # pydantic loads when first needed

    entries = [catalog.find(kind, key)] if key else list(catalog.load(kind).values())
    if as_json:
        rows = [
            {"kind": e.kind, "key": e.key, "unit": VOCABULARY[f.name].unit, **f.model_dump()}
            for e in entries
            for f in (*e.facts.values(), *e.earlier)
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    elif key:
        _table(
            f"{entries[0].kind}: {entries[0].key}",
            ("fact", "value", "unit", "source", "confidence"),
            [
                (f.name, figure(f.value), VOCABULARY[f.name].unit, f.cited, f.confidence)
                for f in entries[0].facts.values()
            ],
        )
        for note, names in _notes(entries[0]).items():
            _console().print(f"  {', '.join(names)}: {note}")
    else:
        fields = _fields_of_kind(entries)
        rows_of_text = [
            (e.key, *(figure(e.facts[f].value, 6) if f in e.facts else "–" for f in fields)) for e in entries
        ]
        _table(f"{kind}: {len(entries)} entries", ("key", *fields), rows_of_text)


class _Expressions(TyperCommand):
    """A command whose arguments may begin with a minus sign: -2^2 is no option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        known = [name for option in self.get_params(ctx) for name in option.opts if name.startswith("-")]
        return super().parse_args(
            ctx, [*(a for a in args if a in known), "--", *(a for a in args if a not in (*known, "--"))]
        )


@app.command("eval", cls=_Expressions, epilog="""Example: xlllm eval 'LLM_TRAIN_FLOPS("65.2B", 1.4e12)'""")
def evaluate(
    expressions: Annotated[
        list[str],
        typer.Argument(metavar="EXPR…", help="What one types into a cell; - reads one a line.", show_default=False),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object a line instead of plain text.")] = False,
) -> None:
    """Evaluate worksheet expressions, without a spreadsheet.

    The grammar is Excel's; the functions are those that `xlllm functions` lists, and nothing else can be reached.
    The exit code is 1 if any expression has an error.
    """
    from xlllm import expression, handbook  # the catalogue loads when first needed

    lines = (line for given in expressions for line in (_lines_of_input() if given == "-" else [given]))
    failed = False
    for outcome in map(expression.evaluate, lines):
        failed |= outcome.error is not None
        if as_json:
            typer.echo(json.dumps(expression.as_json(outcome), ensure_ascii=False, allow_nan=False))
            continue
        for row in handbook.cells(outcome):
            typer.echo("\t".join(row))
        for warning in outcome.warnings:
            _say(f"note: {warning}")
        if outcome.error:
            _say(f"{outcome.error.cell} {outcome.error.message}")
    if failed:
        raise typer.Exit(CHECK_FAILED)


def _lines_of_input() -> Iterator[str]:
    """The lines of standard input that hold anything."""
    return (line for raw in sys.stdin if (line := raw.strip()))


@app.command(epilog="Example: xlllm functions LLM_LOSS --lang ja")
def functions(
    name: Annotated[str, typer.Argument(help="One function, with or without LLM_. Without it, all of them.")] = "",
    as_json: JsonOption = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Markdown instead of a table.")] = False,
    lang: Annotated[Lang, typer.Option("--lang", "-l", help="Language of the texts.")] = Lang.en,
) -> None:
    """List the worksheet functions, or show one: arguments, units, bounds, equation, source, example."""
    from xlllm import handbook, locale, worksheet  # the catalogue loads when first needed

    if as_json and as_markdown:
        raise InputError("choose one of --json and --markdown")
    if name:
        page = handbook.entry(worksheet.function(f"LLM_{bare_name(name).upper()}"), lang)
        if as_json:
            typer.echo(json.dumps(handbook.as_json(page), ensure_ascii=False, indent=2))
        elif as_markdown:
            typer.echo(handbook.markdown_page(page, lang), nl=False)
        else:
            _page(page, lang)
    elif as_json:
        pages = [handbook.as_json(handbook.entry(f, lang)) for shelf in handbook.shelves().values() for f in shelf]
        typer.echo(json.dumps(pages, ensure_ascii=False, indent=2))
    elif as_markdown:
        typer.echo(handbook.markdown_table(lang), nl=False)
    else:
        for shelf, formulas in handbook.shelves().items():
            rows = [(f.worksheet_name, locale.title(f, lang)) for f in formulas]
            _table(locale.shelf(shelf, lang), ("", ""), rows)
        _say(handbook.WORDS[lang].one_in_full)


@app.command(epilog="Example: xlllm templates")
def templates() -> None:
    """List the workbooks that `xlllm new` makes."""
    from xlllm.template import load_template, template_names  # pydantic loads when first needed

    loaded = [load_template(name) for name in template_names()]
    _table("templates", ("name", "title", "題名"), [(t.id, t.title.en, t.title.ja) for t in loaded])


@app.command(epilog="Example: xlllm schema > scenario.schema.json")
def schema(what: Annotated[What, typer.Argument(help="Which kind of file.")] = What.scenario) -> None:
    """Print the JSON Schema of scenario or template files, for editors that check while you type."""
    from xlllm.template import Scenario, Template  # pydantic loads when first needed

    model = Scenario if what is What.scenario else Template
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema(by_alias=True)}
    typer.echo(json.dumps(schema, ensure_ascii=False, indent=2))


@app.command(epilog="Example: XLWINGS_LICENSE_KEY=noncommercial xlllm serve --workers 4")
def serve(
    host: Annotated[
        str, typer.Option("--host", help="Address to serve at; other machines reach 0.0.0.0.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes any that is free.")] = 8000,
    workers: Annotated[int, typer.Option("--workers", min=1, max=256, help="Processes that compute.")] = 1,
    lang: Annotated[
        Lang | None, typer.Option("--lang", "-l", help="Language of help texts; that of the system.")
    ] = None,
    time_limit: Annotated[float, typer.Option("--time-limit", min=0.1, help="Seconds a call may take.")] = 30.0,
    size_limit: Annotated[float, typer.Option("--size-limit", min=0.001, help="Megabytes a call may have.")] = 16.0,
    certificate: Annotated[Path | None, typer.Option("--certificate", help="For HTTPS: a certificate (PEM).")] = None,
    key: Annotated[Path | None, typer.Option("--key", help="For HTTPS: the key of the certificate (PEM).")] = None,
) -> None:
    """Serve the functions to Excel on the web, on Macs and on Windows, through xlwings Server.

    Needs pip install 'xlllm[server]', and your XLWINGS_LICENSE_KEY: xlwings Server is free for noncommercial use only.
    Other machines must send XLLLM_TOKEN, which people enter in the task pane, or sign in with Entra ID. Excel asks for
    HTTPS: give a certificate here, or stand a balancer that has one in front.
    """
    if lang:
        os.environ["XLLLM_LANG"] = lang
    try:
        from xlllm.hosts import server  # an optional library loads
    except ModuleNotFoundError as error:
        raise MissingProgramError(f"xlllm serve needs {error.name}: pip install 'xlllm[server]'") from None
    limits = server.Limits(time_limit, size_limit)
    address = server.Address(host, port, certificate, key)
    server.serve(address, workers, limits, lambda url: _say(f"{url}/manifest is the add-in for Excel; Ctrl+C ends"))


@app.command(epilog="Example: xlllm addin libreoffice -o xlllm.oxt")
def addin(
    host: Annotated[AddinHost, typer.Argument(help="Where the functions shall work.", show_default=False)],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The .oxt file to make; for lite a folder.")
    ] = None,
    install: Annotated[bool, typer.Option("--install", help="Add it to LibreOffice, replacing an older one.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take it out of LibreOffice.")] = False,
    force: ForceOption = False,
) -> None:
    """Make the add-in with which LibreOffice Calc answers `=LLM.TRAIN_FLOPS(70e9;1.4e12)`; install or remove it.

    For xlwings Lite, the free add-in for Excel on the web, on Macs and on Windows, make the two files of a workbook.
    """
    if host is AddinHost.lite:
        _lite_files(output, install or remove, force)
        return
    from xlllm.hosts.libreoffice import extension  # the catalogue loads when first needed

    if remove == bool(output or install):
        raise InputError("give -o FILE.oxt to make the add-in, --install to install it, or --remove alone")
    if remove:
        extension.remove()
        _say("The add-in is removed; restart LibreOffice.")
        return
    if output:
        _refuse_unwritable(output, ".oxt", force=force)
    made = extension.extension()
    if install:
        extension.install(made)
    if output:
        write_whole(output, made, force=force)
    _say(
        "The add-in is installed: restart LibreOffice and type =LLM.VERSION() into a cell."
        if install
        else f"{output}: open it with LibreOffice, then type =LLM.VERSION() into a cell."
    )


def _lite_files(folder: Path | None, installs: bool, force: bool) -> None:
    from xlllm.hosts.lite import files

    if folder is None or installs:
        raise InputError("give -o FOLDER for the two files; Excel's add-in store installs xlwings Lite")
    for name, content in files().items():
        write_whole(folder / name, content, force=force)
    _say(f"{folder}: open xlwings Lite in Excel, paste both files into its tabs of the same names and restart it.")


@app.command(epilog="Example: xlllm install --lang ja")
def install(
    lang: Annotated[
        Lang | None, typer.Option("--lang", "-l", help="Language of the function wizard; that of the system.")
    ] = None,
    dry_run: DryRunOption = False,
) -> None:
    """Add the functions to Excel on Windows: `=LLM_TRAIN_FLOPS(70e9, 1.4e12)` in any cell. Needs no administrator.

    The exit code is 1 if Excel lets no program write VBA; then it says what to do by hand.
    """
    from xlllm.hosts import excel  # the catalogue loads when first needed
    from xlllm.hosts.calls import language
    from xlllm.hosts.machine import Machine

    done = excel.install(Machine(), lang or language(), dry_run=dry_run)
    for line in done.lines:
        _say(line)
    if not done.complete:
        raise typer.Exit(CHECK_FAILED)
    _say("Nothing was changed." if dry_run else "Restart Excel and type =LLM_VERSION() into a cell.")


@app.command(epilog="Example: xlllm uninstall --dry-run")
def uninstall(dry_run: DryRunOption = False) -> None:
    """Remove from Excel on Windows what `xlllm install` added, and nothing else."""
    from xlllm.hosts import excel
    from xlllm.hosts.machine import Machine

    for line in excel.uninstall(Machine(), dry_run=dry_run):
        _say(line)


@app.command(epilog="Example: xlllm doctor --json")
def doctor(as_json: JsonOption = False) -> None:
    """Check whether the functions work in this computer's spreadsheets, and say what to do where they do not.

    The exit code is 1 if a check failed, 5 if there is no spreadsheet here, else 0.
    """
    from xlllm.hosts import doctor as doctors
    from xlllm.hosts.machine import Machine

    with _working("The spreadsheets are examined"):
        verdicts = list(doctors.examine(Machine()))
    if as_json:
        typer.echo(json.dumps([v._asdict() for v in verdicts], ensure_ascii=False, indent=2))
    else:
        _verdicts(verdicts)
    raise typer.Exit(doctors.exit_code(verdicts))


def _verdicts(verdicts: Sequence[Verdict]) -> None:
    """A line for each check, and under it what to do."""
    from rich.text import Text

    styles = {"good": "green", "failed": "bold red", "missing": "yellow", "unused": "dim"}
    width = max(len(v.what) for v in verdicts)
    console = _console()
    for v in verdicts:
        console.print(Text(f"{v.state.mark} ", style=styles[v.state]) + Text(f"{v.what:{width}}  {v.found}", ""))
        if v.mend:
            console.print(f"{'':{width + 4}}{v.mend}")


def _report(
    scenario: Scenario,
    lang: str,
    template_file: Path | None,
    edition: Edition,
    dialect: Dialect | None,
    branding: Path | None,
) -> Report:
    from xlllm.plan import build  # openpyxl loads when first needed
    from xlllm.workbook.branding import load_look
    from xlllm.workbook.report import Report

    if dialect and edition is not Edition.udf:
        raise InputError(f"--dialect {dialect} is for --edition udf; the {edition} edition calls no functions")
    look = load_look(branding, lang) if branding else None
    own, spoken = _own(template_file), (dialect or Dialect.vba).value
    try:
        plan = build(scenario, own) if own else build(scenario)
        return Report(plan, lang, edition=edition.value, dialect=spoken, look=look)
    except TemplateError as error:
        if template_file is None:
            raise
        raise TemplateError(_in_file(error.message, template_file)) from None


def _in_file(message: str, template_file: Path) -> str:
    """A message about a row of somebody's own template, with the file and the line."""
    name = message.partition(":")[0]
    if message.startswith(("inputs.", "the scenario", template_file.name)):
        return message
    lines = template_file.read_text("utf-8-sig").splitlines()
    found = next((n for n, line in enumerate(lines, 1) if f'"{name}"' in line), 0)
    return f"{template_file.name}: {message}" + (f" (line {found})" if found else "")


def _own(file: Path | None) -> Template | None:
    from xlllm.template import load_template_file  # pydantic loads when first needed

    return load_template_file(file) if file else None


def _plan(name: str, own: Template | None) -> Plan:
    """The plan of a scenario or of a workbook."""
    from xlllm.plan import Plan, build  # openpyxl loads when first needed
    from xlllm.template import load_scenario
    from xlllm.workbook.book import read_book
    from xlllm.workbook.extract import extract

    if not name.lower().endswith(BOOKS):
        return build(load_scenario(name), own)
    found = extract(read_book(Path(name)), own)
    for note in found.notes:
        _say(f"note: {name}: {note.at} {note.text}")
    return Plan(found.template, found.scenario)


def _working(on: str) -> AbstractContextManager[Any]:
    """A line on a terminal while something takes long; nothing where standard error is a file."""
    from rich.console import Console

    console = Console(stderr=True)
    return console.status(f"{on} …") if console.is_terminal else nullcontext()


def _put(file: str, text: str, *, force: bool) -> None:
    """Text to standard output or to a file."""
    if file == "-":
        typer.echo(text, nl=False)
    else:
        write_whole(Path(file), text.encode(), force=force)


def _refuse_unwritable(path: Path, suffix: str, *, force: bool) -> None:
    if path.suffix.lower() != suffix:
        raise FileError(f"{path}: the name must end in {suffix}")
    refuse_existing(path, force=force)


def _notes(entry: Any) -> dict[str, list[str]]:
    """What the facts of an entry add in words, each once, with the names of the facts."""
    notes: dict[str, list[str]] = {}
    for f in entry.facts.values():
        if f.note:
            notes.setdefault(f.note, []).append(f.name)
    return notes


def _fields_of_kind(entries: list[Any]) -> list[str]:
    """Facts that most entries have and a terminal has room for."""
    names = list(dict.fromkeys(f for e in entries for f, fact in e.facts.items() if not isinstance(fact.value, bool)))
    counts = {n: sum(n in e.facts for e in entries) for n in names}
    short = {n for n in names if all(len(figure(e.facts[n].value, 6)) <= 14 for e in entries if n in e.facts)}
    common = [n for n in names if counts[n] * 2 >= len(entries) and n in short]
    key = min(max(len(e.key) for e in entries), LONG_KEY)
    widths = [max(len(figure(e.facts[n].value, 6)) for e in entries if n in e.facts) for n in common]
    ends = accumulate((GAP + w for w in widths), initial=key + 2)
    return [n for n, end in zip(common, list(ends)[1:], strict=True) if end <= NARROW][:6]


def _table(title: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, show_header=any(heads))
    for i, head in enumerate(heads):
        numeric = bool(i) and all(r[i][:1].isdigit() or r[i] in ("–", "") or r[i][:1] == "-" for r in rows)
        whole = max((len(r[i]) for r in rows), default=0) if numeric else None  # the heading folds, no number does
        table.add_column(head, justify="right" if numeric else "left", overflow="fold", min_width=whole)
    for row in rows:
        table.add_row(*row)
    _console().print(table)


def _console() -> Console:
    """Standard output; what is printed there is never taken for mark-up."""
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    if not console.is_terminal:  # a file or a pipe gets whole lines
        console.width = 1000
    return console


def _page(page: Entry, lang: str) -> None:
    """One function as a page of a handbook."""
    from xlllm.handbook import WORDS

    words = WORDS[lang]
    console = _console()
    console.print(page.signature, style="bold")
    console.print(f"{page.title}\n\n{page.notes}\n")
    arguments = [
        (a.name, a.unit, a.bounds, "" if a.default is None else a.default or "–", f"{a.label}: {a.help}")
        for a in page.arguments
    ]
    if arguments:
        _table("", words.columns, arguments)
    facts: list[tuple[str, list[str]]] = [(words.gives, [f"{r.label} ({r.unit})" for r in page.returns])]
    facts += [(words.fitted, [f"{name} {text}" for name, text in page.fitted.items()])]
    facts += [(words.in_cells, page.native), (words.sources, page.sources)]
    facts += [(words.example, list(page.example))] if page.example else []
    for head, lines in facts:
        if lines:
            console.print(head, style="bold")
            console.print("\n".join(f"  {line}" for line in lines))


def _say(text: str) -> None:
    """A line on standard error."""
    typer.echo(_harmless(text), err=True)


def _harmless(text: str) -> str:
    """What a file says cannot steer the terminal."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def main() -> None:
    """Entry point: a user's mistake is one readable block on standard error, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # Windows would write files in a code page without 予算
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app(prog_name="xlllm")
    except XlllmError as error:
        for i, line in enumerate(error.message.splitlines()):
            _say(f"{'xlllm: ' if not i else '       '}{line}")
        sys.exit(error.exit_code)
    except OSError as error:  # standard output goes to a full disk
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left unwritten stays silent
        _say(f"xlllm: {error.filename or 'standard output'}: {error.strerror or error}")
        sys.exit(FileError.exit_code)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
