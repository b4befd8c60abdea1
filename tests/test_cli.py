"""The command as somebody in a hurry uses it: it teaches, it never shows a traceback, it never loses a file."""

import errno
import importlib.metadata
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, get_type_hints
from xml.etree import ElementTree

import pytest
from openpyxl import Workbook, load_workbook

from xlllm import catalog, cli, plan
from xlllm.plan import build
from xlllm.template import home, load_scenario, load_template

COMMANDS = {command.name or command.callback.__name__: command.callback for command in cli.app.registered_commands}
TESTED = (
    "new", "report", "choose", "extract", "check", "compare", "facts", "eval", "functions", "templates", "schema",
    "serve", "addin", "install", "uninstall", "doctor",
)  # fmt: skip
ANSWERS = {"install": (5,), "uninstall": (5,), "doctor": (0, 1, 5)} if os.name != "nt" else {}
"""Exit codes of what only Windows can do, and of what depends on the spreadsheets that are there."""
COMMAND = (sys.executable, "-c", "from xlllm.cli import main; main()")
KINDS = tuple(catalog.FILES)
ESCAPE = "\x1b"
WISHES = ("NO_COLOR", "FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS", "TTY_COMPATIBLE", "COLUMNS", "TERMINAL_WIDTH")
"""What an environment may ask of every command's output."""
EXAMPLE = (home() / "scenarios" / "llama-65b.toml").read_text("utf-8")
unix = pytest.mark.skipif(os.name == "nt", reason="needs Unix")


class Answer(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Answer]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """The command, in a folder of its own: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    for name in WISHES:
        monkeypatch.delenv(name, raising=False)
    for name in ("FORCE_TERMINAL", "MAX_WIDTH"):  # Typer read them already
        monkeypatch.setattr(f"typer.rich_utils.{name}", None)

    def run(*words: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["xlllm", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            cli.main()
        answer = Answer(end.value.code or 0, *capsys.readouterr())
        assert "Traceback" not in answer.err
        assert ESCAPE not in answer.out + answer.err
        return answer

    return run


def surroundings(**wishes: str) -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k not in WISHES} | wishes


def apart(*words: str, **how: Any) -> "subprocess.CompletedProcess[bytes]":
    """The command in a process of its own."""
    how = {"capture_output": True, "timeout": 60, "check": False, "env": surroundings()} | how
    return subprocess.run([*COMMAND, *words], **how)


def scenario(**lines: str | None) -> str:
    """The bundled scenario with some lines changed, added or (None) left out. Values are TOML."""
    text = EXAMPLE
    for key, value in lines.items():
        line = "" if value is None else f"{key} = {value}"
        text, found = re.subn(rf"(?m)^{key} = .*$", lambda _, line=line: line, text)
        text += "" if found else f"\n{line}\n"
    return text


def write(text: str | bytes, name: str = "mine.toml") -> None:
    Path(name).write_bytes(text.encode() if isinstance(text, str) else text)


def files() -> list[str]:
    return sorted(p.name for p in Path().iterdir())


def refused(answer: Answer, says: str, code: int = 2) -> None:
    """One readable block on standard error; nothing was made."""
    assert answer.code == code, answer
    assert answer.out == ""
    assert answer.err.startswith("xlllm: ")
    assert all(line.startswith(("xlllm: ", "       ")) for line in answer.err.splitlines())
    assert answer.err.replace("\n", "").isprintable()
    assert says in answer.err
    assert not [f for f in files() if f.endswith((".xlsx", ".json")) or f.startswith(".")]


# -- it teaches --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("help", ["--help", "-h"])
def test_help_shows_how_to_start(run: Run, help: str) -> None:
    answer = run(help)
    assert answer.code == 0
    assert answer.err == ""
    assert "xlllm new training_budget -o budget.xlsx" in answer.out
    assert "Exit codes: 0 done" in answer.out
    assert all(command in answer.out for command in COMMANDS)


def test_no_words_are_a_call_for_help(run: Run) -> None:
    answer = run()
    assert "xlllm new training_budget -o budget.xlsx" in answer.out + answer.err


def test_no_command_is_untested() -> None:
    assert tuple(COMMANDS) == TESTED


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_has_an_example_that_works(run: Run, command: str) -> None:
    answer = run(command, "--help")
    assert answer.code == 0
    example = re.search(rf"Example: .*xlllm ({command}.*)", answer.out)
    assert example
    if command == "serve":  # which goes on until it is stopped: check_officejs.py starts it
        return
    write(EXAMPLE, "my-case.toml")
    if command in ("extract", "check", "compare"):
        assert run("new", "training_budget", "-o", "budget.xlsx").code == 0
    assert run(*shlex.split(re.sub(r" > .*", "", example[1]))).code in ANSWERS.get(command, (0,))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_explained(command: str) -> None:
    hints = get_type_hints(COMMANDS[command], include_extras=True)
    for name in hints.keys() - {"return"}:
        assert hints[name].__metadata__[0].help, f"{command}: {name}"


def test_version(run: Run) -> None:
    assert run("--version") == Answer(0, f"xlllm {importlib.metadata.version('xlllm')}\n", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed(run: Run, shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    answer = run("--show-completion", shell)
    assert answer.code == 0
    assert f"complete_{shell}" in answer.out
    assert "xlllm" in answer.out


def test_completion_knows_the_commands(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"_XLLLM_COMPLETE": "complete_bash", "COMP_WORDS": "xlllm te", "COMP_CWORD": "1"}.items():
        monkeypatch.setenv(name, value)
    assert run().out.split() == ["templates"]


# -- what it makes -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("lang", "sheet"), [("en", "Dashboard"), ("ja", "ダッシュボード")])
def test_new_makes_a_workbook(run: Run, lang: str, sheet: str) -> None:
    answer = run("new", "training_budget", "-o", "予算.xlsx", "--lang", lang)
    assert answer.code == 0
    assert answer.out == ""
    assert answer.err.startswith("予算.xlsx: ")
    assert load_workbook("予算.xlsx").active.title == sheet
    assert files() == ["予算.xlsx"]


def test_new_starts_from_numbers_of_ones_own(run: Run) -> None:
    write(scenario(title='"Mine"'))
    assert run("new", "training_budget", "-o", "a.XLSX", "-s", "mine.toml").code == 0
    assert str(load_workbook("a.XLSX", data_only=True)["Dashboard"]["B2"].value).startswith("Mine ")


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_report_gives_a_workbook_and_its_figures(run: Run, lang: str) -> None:
    answer = run("report", "llama-65b", "-o", "a.xlsx", "--json", "-", "-l", lang)
    assert answer.code == 0
    figures = json.loads(answer.out, parse_constant=pytest.fail)
    assert answer.out == json.dumps(figures, ensure_ascii=False, indent=2) + "\n"
    assert answer.err.startswith(f"a.xlsx: {figures['decision'][0]}\n")
    assert all(line.startswith("note: ") for line in answer.err.splitlines()[1:])
    assert files() == ["a.xlsx"]
    board = load_workbook("a.xlsx", data_only=True).active  # the file opens on the Dashboard
    assert board["B1"].value == "\n".join(figures["decision"])


def test_figures_go_to_a_file_too(run: Run) -> None:
    shown = run("report", "llama-65b", "--json", "-").out
    answer = run("report", "llama-65b", "--json", "a.json")
    assert answer.code == 0
    assert answer.out == ""
    assert Path("a.json").read_bytes().decode() == shown
    assert files() == ["a.json"]


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_markdown(run: Run, lang: str) -> None:
    write(scenario(title='"# a | b <i> *c* _d_ [e](f)"'))
    answer = run("report", "mine.toml", "--markdown", "-", "-l", lang)
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert lines[0] == r"# \# a \| b \<i\> \*c\* \_d\_ \[e\](f)"
    tables = [line for line in lines if line.startswith("|")]
    assert {re.sub(r"\\.", "", line).count("|") for line in tables} == {3, 8, 9}
    made = build(load_scenario("mine.toml"))
    for row in (*made.inputs.values(), *(r for r in made.rows.values() if not r.helper)):
        assert any(line.startswith(f"| {row.label.in_(lang)} |") for line in tables), row.id
    assert run("report", "mine.toml", "--markdown", "a.md", "-l", lang).out == ""
    assert Path("a.md").read_text("utf-8") == answer.out


def test_only_one_thing_goes_to_standard_output(run: Run) -> None:
    answer = run("report", "llama-65b", "--markdown", "-", "--json", "-")
    assert answer.code == 2
    assert "one of --json and --markdown" in answer.err


OFFICE = """#!/bin/sh
while [ $# -gt 1 ]; do [ "$1" = --outdir ] && folder=$2; shift; done
head -c 2 "$1" | grep -q PK || exit 1
%s
"""


@unix
def test_pdf(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What LibreOffice prints is written; if it prints nothing, nothing is. (.ci/run prints with the real one.)"""
    office = tmp_path_factory.mktemp("programs") / "soffice"
    monkeypatch.setenv("PATH", f"{office.parent}:/usr/bin:/bin")
    write(OFFICE % "echo '%%PDF-1.7' >$folder/book.pdf", str(office))
    office.chmod(0o755)
    assert run("report", "llama-65b", "--pdf", "a.pdf").code == 0
    assert Path("a.pdf").read_bytes() == b"%%PDF-1.7\n"
    write(OFFICE % "echo no fonts >&2", str(office))
    answer = run("report", "llama-65b", "-o", "b.xlsx", "--pdf", "b.pdf")
    assert answer.code == 2
    assert "LibreOffice made no PDF: no fonts" in answer.err
    assert files() == ["a.pdf"]


def test_a_pdf_without_libreoffice_is_exit_code_5(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xlllm.workbook.pdf.PROGRAMS", ("no-such-program",))
    answer = run("report", "llama-65b", "-o", "a.xlsx", "--pdf", "a.pdf")
    assert answer.code == 5
    assert "install it from https://www.libreoffice.org" in answer.err
    assert files() == []


def test_a_failed_check_is_exit_code_1_and_the_files_are_written(run: Run) -> None:
    write(scenario(mfu="0.9"))
    answer = run("report", "mine.toml", "-o", "a.xlsx", "--json", "a.json")
    assert answer.code == cli.CHECK_FAILED
    assert "a.xlsx: Do not approve" in answer.err
    assert "note: check missed: Utilisation is one that real runs reach" in answer.err
    assert load_workbook("a.xlsx").sheetnames
    figures = json.loads(Path("a.json").read_text("utf-8"))
    assert figures["confidence"] == "none"
    assert figures["inputs"]["mfu"]["base"] == 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_facts_of_a_kind(run: Run, kind: str) -> None:
    table, data = run("facts", kind), run("facts", kind, "--json")
    assert table.code == data.code == 0
    assert table.err == data.err == ""
    facts = json.loads(data.out, parse_constant=pytest.fail)
    keys = list(dict.fromkeys(f["key"] for f in facts))
    rows = [re.split(r"\s{2,}", line.strip()) for line in table.out.splitlines()]
    assert [row[0] for row in rows if row[0] in keys] == keys, "one line an entry where the output is no terminal"
    for fact in facts:
        assert fact["kind"] == kind
        assert fact["unit"]
        assert all(fact[k] for k in ("name", "source", "locator", "date", "confidence"))


def test_facts_of_an_entry(run: Run) -> None:
    answer = run("facts", "gpu", "h100")
    assert answer == run("facts", "gpu", "H100 SXM5 80GB"), "an alias works"
    facts = json.loads(run("facts", "gpu", "h100", "--json").out)
    for fact in facts:
        assert re.search(rf"(?m)^  {fact['name']} .*  {fact['confidence']} *$", answer.out), fact


@pytest.mark.parametrize("kind", KINDS)
def test_no_number_is_folded_on_a_terminal(run: Run, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run("facts", kind).out
    monkeypatch.setattr("rich.console.Console.is_terminal", True)
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "80")
    narrow = run("facts", kind).out
    assert max(map(len, narrow.splitlines())) <= 80
    number = re.compile(r"(?<=\s)\d[\d.,]*(?:e[+-]\d+)?(?=\s)")
    rows = re.sub(r"(?m)^ *\S+ *$", "", narrow)  # the rest of a folded key
    assert sorted(number.findall(rows)) == sorted(number.findall(whole))


def test_templates(run: Run) -> None:
    answer = run("templates")
    assert answer.code == 0
    assert re.search("training_budget +Training budget and GPU plan +学習予算・GPU計画", answer.out)


@pytest.mark.parametrize("what", ["scenario", "template"])
def test_schema(run: Run, what: str) -> None:
    answer = run("schema", what)
    assert answer.code == 0
    assert answer.err == ""
    schema = json.loads(answer.out)
    assert schema["title"].lower() == what
    assert schema["additionalProperties"] is False
    assert schema["required"][0] == "schema"


# -- usage -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "words",
    [
        "bogus",
        "--bogus",
        "new",
        "new training_budget",
        "new training_budget -o a.xlsx --lang fr",
        "new training_budget -o a.xlsx b.xlsx",
        "report",
        "report llama-65b --json",
        "facts",
        "facts bogus",
        "schema bogus",
        "templates bogus",
    ],
)
def test_wrong_usage_is_exit_code_2(run: Run, words: str) -> None:
    answer = run(*words.split())
    assert answer.code == 2
    assert answer.out == ""
    assert "─ Error ─" in answer.err
    assert "requires an argument" in answer.err or "Usage: xlllm" in answer.err
    assert files() == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("new budget -o a.xlsx", "no template is called 'budget'; did you mean training_budget"),
        ("new zzz -o a.xlsx", "no template is called 'zzz'; there are build_or_buy, "),
        ("new training_budget -o a.xlsx -s none.toml", "none.toml: no such file"),
        ("report llama-65b", "nothing to write: give -o FILE.xlsx, --pdf FILE"),
        ("report none.toml -o a.xlsx", "none.toml: no such file"),
        ("report llama-65 -o a.xlsx", "no such file, and no scenario of that name; did you mean llama-65b?"),
        ("report . -o a.xlsx", ".: cannot be read"),
        ("report llama-65b -o a.xls", "a.xls: the name must end in .xlsx"),
        ("report llama-65b -o a", "a: the name must end in .xlsx"),
        ("report llama-65b --json a.txt", "a.txt: the name must end in .json"),
        ("report llama-65b -o b/a.xlsx", "the folder b does not exist; create it first"),
        ("report llama-65b -o mine.toml/a.xlsx", "the folder mine.toml does not exist"),
        ("report llama-65b --json b/a.json", "the folder b does not exist; create it first"),
    ],
)
def test_what_cannot_be_done_says_what_can(run: Run, words: str, says: str) -> None:
    write(EXAMPLE)
    refused(run(*words.split()), says)


def test_an_output_that_is_a_folder(run: Run) -> None:
    Path("out.xlsx").mkdir()
    answer = run("report", "llama-65b", "-o", "out.xlsx", "--force")
    assert answer.code == 2
    assert answer.err == "xlllm: out.xlsx is a folder; name a file in it\n"
    assert list(Path("out.xlsx").iterdir()) == []


@pytest.mark.parametrize(
    ("words", "near"),
    [("gpu H1000", "H100 SXM5 80GB"), ("law chinchila", "hoffmann-2022"), ("model LLaMA-66B", "LLaMA 65B")],
)
def test_an_unknown_entry_is_exit_code_3(run: Run, words: str, near: str) -> None:
    refused(run("facts", *words.split()), near, code=3)


def test_a_scenario_of_another_template(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "xlllm.template.load_scenario", lambda _: load_scenario("llama-65b").model_copy(update={"template": "other"})
    )
    refused(
        run("new", "training_budget", "-o", "a.xlsx", "-s", "mine.toml"),
        "mine.toml fills the template other, not training_budget",
    )


# -- scenarios with mistakes -------------------------------------------------------------------------------------------
MISTAKES: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "mine.toml: schema: is missing"),
    "garbage": (b"\x00\xff\xfe\x80", "mine.toml: cannot be read: it is not UTF-8 text"),
    "no TOML": (scenario(gpus="= 3"), "not valid TOML: Invalid value (at line 16, column 8)"),
    "key twice": (EXAMPLE + "\nmfu = 0.4\n", "not valid TOML: Cannot overwrite a value (at line "),
    "endless number": (scenario(gpus="9" * 5000), "a number too long"),
    "endless list": (scenario(gpus="[" * 5000 + "]" * 5000), "lists too deep"),
    "schema 2": (scenario(schema="2"), "mine.toml: schema: must be 1: got 2"),
    "template": (scenario(template='"train_budget"'), "no template is called 'train_budget'; did you mean training_b"),
    "no template": (scenario(template=None), "mine.toml: template: is missing"),
    "key": (EXAMPLE.replace("[inputs]", "titel = 5\n[inputs]"), "titel: unknown key; did you mean title?"),
    "key of an input": (scenario(mfu="{ value = 0.4, lwo = 0.3 }"), "inputs.mfu.lwo: unknown key; did you mean low?"),
    "escape in a key": (
        scenario(mfu=r'{ value = 0.4, "\u001b[31mlow" = 1 }'),
        "[31mlow: unknown key; did you mean low",
    ),
    "id": (scenario(mfuu="0.4"), "inputs.mfuu: training_budget has no such input; did you mean mfu?"),
    "input missing": (scenario(mfu=None), "inputs.mfu is missing: give model flops utilisation (share)."),
    "choice missing": (scenario(gpu=None), "inputs.gpu must be the name of a gpu, in quotes: V100 SXM2 16GB, "),
    "choice number": (scenario(gpu="5"), "inputs.gpu must be the name of a gpu, in quotes: V100 SXM2 16GB, "),
    "no value": (scenario(mfu="{ low = 0.3 }"), "inputs.mfu.value: is missing"),
    "list": (scenario(mfu="[0.4]"), "inputs.mfu: must be a number or true or false or text"),
    "table": (scenario(mfu="{ value = { x = 1 } }"), "inputs.mfu.value: must be a number or true or false or text"),
    "date": (scenario(mfu="2026-01-01"), "inputs.mfu: must be a number or true or false or text"),
    "flag": (scenario(mfu="true"), "inputs.mfu must be a share of 1 above 0: got TRUE"),
    "flag for a case": (scenario(mfu="{ value = 0.4, high = true }"), "inputs.mfu.high: must be a number or text: got"),
    "number for a flag": (scenario(sequence_parallel="3"), "inputs.sequence_parallel must be TRUE or FALSE: got 3"),
    "option": (scenario(recompute='"ful"'), "inputs.recompute must be none, selective or full: got 'ful'; did you me"),
    "text": (scenario(mfu='"fast"'), "inputs.mfu is no number I can read: got 'fast'; give a share of 1 above 0"),
    "count": (scenario(params='"70GB"'), "inputs.params is no number I can read: got '70GB'; write it as 70B, 1.4T"),
    "blank": (scenario(mfu='" "'), "inputs.mfu is blank: give a share of 1 above 0"),
    "zero": (scenario(mfu="0"), "inputs.mfu must be a share of 1 above 0: got 0."),
    "negative": (scenario(gpus="-8"), "inputs.gpus must be a whole number of GPUs from 1 to 1e+09: got -8."),
    "fraction": (scenario(gpus="1.5"), "inputs.gpus must be a whole number of GPUs from 1 to 1e+09: got 1.5."),
    "share": (scenario(mfu="40"), "inputs.mfu must be a share of 1 above 0: got 40; write 0.4 or 40%"),
    "share of a case": (scenario(mfu="{ value = 0.4, high = 45 }"), "inputs.mfu.high must be a share of 1 above 0: go"),
    "nan": (scenario(mfu="nan"), "inputs.mfu must be a finite number: got nan"),
    "inf": (scenario(mfu="inf"), "inputs.mfu must be a finite number: got inf"),
    "-inf": (scenario(rate="-inf"), "inputs.rate must be a finite number: got -inf"),
    "nan for a case": (scenario(mfu="{ value = 0.4, low = nan }"), "inputs.mfu.low must be a finite number: got nan"),
    "1e400": (scenario(params="1e400"), "inputs.params must be a finite number: got inf"),
    "1e400 as text": (scenario(params='"1e400"'), "inputs.params must be a finite number: got "),
    "400 digits": (scenario(params="9" * 400), "got a whole number of over 38 digits"),
    "base above": (scenario(mfu="{ value = 0.7, low = 0.4, high = 0.5 }"), "the base value 0.7 is not between 0.4 and"),
    "base below": (scenario(mfu="{ value = 0.3, low = 0.6, high = 0.4 }"), "the base value 0.3 is not between 0.6 and"),
    "low of an option": (
        scenario(recompute='{ value = "full", low = "none" }'),
        "inputs.recompute: only a number has a low and a high case",
    ),
    "low of a choice": (
        scenario(gpu='{ value = "A100 SXM 80GB", low = "V100 PCIe", high = "H100" }'),
        "inputs.gpu: a choice is the same in every case",
    ),
    "title": (scenario(title="5"), "mine.toml: title: must be text, or a table with en and ja: got 5"),
    "title in one language": (scenario(title='{ en = "Mine" }'), "mine.toml: title.ja: is missing"),
    "no title": (scenario(title='""'), "title: must be one line of at most 80 characters"),
    "long title": (scenario(title=f'"{"x" * 81}"'), "title: must be one line of at most 80 characters"),
    "two titles": (scenario(title=r'"one\ntwo"'), "title: must be one line of at most 80 characters"),
    "no date": (scenario(as_of='"soon"'), "mine.toml: as_of: must be a date such as 2023-02-27: got 'soon'"),
    "number for a date": (scenario(as_of="0"), "mine.toml: as_of: must be a date such as 2023-02-27: got 0"),
    "31 February": (scenario(as_of="2026-02-31"), "not valid TOML: Invalid date or datetime (at line 5"),
    "month 13": (scenario(mfu='{ value = 0.4, as_of = "2026-13" }'), "YYYY, YYYY-MM or YYYY-MM-DD in quotes: got '20"),
    "source": (scenario(mfu="{ value = 0.4, source = 5 }"), "inputs.mfu.source: must be text: got 5"),
    "inputs": (EXAMPLE.split("[inputs]")[0] + "inputs = [1]", "mine.toml: inputs: must be a table"),
    **{
        f"{name} in {where}": (text, f"{where}: must be text without the control character")
        for name, code in {"bell": r"\u0007", "null": r"\u0000", "noncharacter": r"\uffff"}.items()
        for where, text in {
            "title": scenario(title=f'"a{code}b"'),
            "inputs.mfu.note": scenario(mfu=f'{{ value = 0.4, note = "a{code}b" }}'),
            "inputs.mfu.source": scenario(mfu=f'{{ value = 0.4, source = "a{code}b" }}'),
        }.items()
    },
    "33,000 characters": (
        scenario(mfu=f'{{ value = 0.4, note = "{"x" * 33_000}" }}'),
        "mine.toml: inputs.mfu.note: must be text of at most 32,767 characters: got 'xxx",
    ),
    "20,000 emoji": (  # spreadsheets count each as two
        scenario(mfu=f'{{ value = 0.4, source = "{"😀" * 20_000}" }}'),
        "mine.toml: inputs.mfu.source: must be text of at most 32,767 characters",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_says_where_it_is_and_what_to_write(run: Run, mistake: str) -> None:
    text, says = MISTAKES[mistake]
    write(text)
    answer = run("report", "mine.toml", "-o", "a.xlsx", "--json", "a.json")
    refused(answer, says)
    assert len(answer.err) < 1000


@pytest.mark.parametrize(
    ("key", "value", "near"),
    [
        ("gpu", "H1000", "H100 SXM5 80GB"),
        ("law", "hofman-2022", "hoffmann-2022"),
        ("arch", "LLaMA-66B", "LLaMA 65B"),
        ("published", "GPT-33", "GPT-3"),
    ],
)
def test_an_entry_that_is_not_in_the_catalogue_is_exit_code_3(run: Run, key: str, value: str, near: str) -> None:
    write(scenario(**{key: f'"{value}"'}))
    answer = run("report", "mine.toml", "-o", "a.xlsx")
    refused(answer, near, code=3)
    assert f"'{value}'" in answer.err


@pytest.mark.parametrize(
    "lines",
    [{"mfu": "1e-30"}, {"mfu": "5e-324"}, {"rate": "-0.9999999"}, {"deadline_days": "1e-30"}, {"tokens": "1"}],
    ids=str,
)
def test_extreme_numbers_inside_the_bounds_make_a_workbook(run: Run, lines: dict[str, str]) -> None:
    write(scenario(**lines))
    answer = run("report", "mine.toml", "-o", "a.xlsx", "--json", "-")
    assert answer.code in (0, cli.CHECK_FAILED)
    json.loads(answer.out, parse_constant=pytest.fail)
    assert load_workbook("a.xlsx").sheetnames


# -- files are kept ----------------------------------------------------------------------------------------------------
def test_existing_files_are_kept_until_told_otherwise(run: Run) -> None:
    write(b"old", "a.xlsx")
    write(b"old too", "a.json")
    for words in (["-o", "a.xlsx"], ["--json", "a.json"], ["-o", "b.xlsx", "--json", "a.json"]):
        answer = run("report", "llama-65b", *words)
        assert answer.code == 2
        assert "exists and is kept; choose another name, or add --force to replace it" in answer.err
    assert run("new", "training_budget", "-o", "a.xlsx").code == 2
    assert Path("a.xlsx").read_bytes() == b"old"
    assert Path("a.json").read_bytes() == b"old too"
    assert run("report", "llama-65b", "-o", "a.xlsx", "--json", "a.json", "--force").code == 0
    assert load_workbook("a.xlsx").sheetnames
    assert json.loads(Path("a.json").read_text("utf-8"))["schema"] == 1
    assert files() == ["a.json", "a.xlsx"]


def test_a_mistake_keeps_the_existing_file_though_told_to_replace_it(run: Run) -> None:
    write(b"old", "a.xlsx")
    write(scenario(mfu="40"))
    assert run("report", "mine.toml", "-o", "a.xlsx", "--force").code == 2
    assert Path("a.xlsx").read_bytes() == b"old"


class Full(io.FileIO):
    """A disk with room for a few bytes."""

    def write(self, data: Any) -> int:
        super().write(data[:100])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("old", [None, b"old"])
def test_a_full_disk_leaves_nothing(run: Run, old: bytes | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if old:
        write(old, "a.xlsx")
    with monkeypatch.context() as disk:
        disk.setattr(os, "fdopen", lambda handle, mode: Full(handle, mode))
        answer = run("report", "llama-65b", "-o", "a.xlsx", "--force")
    assert answer.code == 2
    assert answer.err == f"xlllm: a.xlsx: cannot be written: {os.strerror(errno.ENOSPC)}\n"
    assert files() == (["a.xlsx"] if old else [])
    assert not old or Path("a.xlsx").read_bytes() == old


@contextmanager
def without_rights() -> Iterator[None]:
    """As somebody else if this is root, whom every folder lets in."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def templates_for_everybody(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The bundled templates where they can be read without rights too, wherever the tests themselves stand."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        copy = shutil.copytree(home(), Path(folder) / "templates")
        monkeypatch.setattr("xlllm.template.home", lambda: copy)
        yield


@unix
@pytest.mark.usefixtures("templates_for_everybody")
@pytest.mark.parametrize("there", [True, False])
def test_a_folder_nobody_may_look_into(run: Run, there: bool) -> None:
    run("report", "llama-65b", "--json", "-")  # with all rights, so that every module is loaded
    Path("closed").mkdir()
    write(EXAMPLE, "closed/mine.toml")
    if there:
        write(b"old", "closed/a.xlsx")
    Path("closed").chmod(0)
    try:
        with without_rights():
            writing = run("report", "llama-65b", "-o", "closed/a.xlsx", "--force")
            reading = run("report", "closed/mine.toml", "--json", "-")
    finally:
        Path("closed").chmod(0o700)
    assert writing == Answer(2, "", "xlllm: closed/a.xlsx: cannot be written: Permission denied\n")
    assert reading == Answer(2, "", "xlllm: closed/mine.toml: cannot be read: Permission denied\n")
    assert sorted(p.name for p in Path("closed").iterdir()) == ["a.xlsx", "mine.toml"][not there :]


@unix
@pytest.mark.usefixtures("templates_for_everybody")
def test_a_folder_nobody_may_write_to(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("report", "llama-65b", "--json", "-")
    with TemporaryDirectory() as folder:
        monkeypatch.chdir(folder)
        Path(folder).chmod(0o555)
        with without_rights():
            answer = run("report", "llama-65b", "-o", "a.xlsx")
        Path(folder).chmod(0o755)
        assert answer == Answer(2, "", "xlllm: a.xlsx: cannot be written: Permission denied\n")
        assert files() == []
        monkeypatch.chdir("/")


def test_an_interruption_is_exit_code_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(plan, "build", stop)
    assert run("report", "llama-65b", "-o", "a.xlsx").code == cli.INTERRUPTED
    assert files() == []


# -- what the user typed stays what it was -----------------------------------------------------------------------------
TEXTS = [
    '=HYPERLINK("http://example.com","x")',
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "it's \"quoted\" & <b>bold</b> 'x'",
    "{total_budget_usd:usd_m} {0} %s",
    "👩🏽\u200d🚀 予算案🇯🇵 𠮷野家",
    "תקציב ميزانية\u200f 2026",
    "  a\tb  ",
]
TITLES = ["R&D", "A&&B & C&P", "&D&T 100% &8", "&" * 80, "2026 plan"]


def as_toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # what JSON writes so, TOML reads so


def cells_of(book: bytes) -> dict[tuple[str, str], Any]:
    sheets = load_workbook(io.BytesIO(book)).worksheets
    return {(s.title, c.coordinate): c for s in sheets for row in s.iter_rows() for c in row if c.value is not None}


def test_text_stays_text(run: Run) -> None:
    """Text in notes and sources, whatever it begins with, is no formula and loses no character."""
    ids = load_scenario("llama-65b").inputs.keys() - build(load_scenario("llama-65b")).choices.keys()
    lines = {}
    for id, text in zip(sorted(ids), TEXTS, strict=False):
        line = re.search(rf"(?m)^{id} = \{{ (.*?), source", EXAMPLE)
        assert line
        lines[id] = f"{{ {line[1]}, source = {as_toml(text)}, note = {as_toml(text)}, as_of = 2023-02-27 }}"
    write(scenario(**lines))
    for name, words in {"a.xlsx": "mine.toml", "b.xlsx": "llama-65b"}.items():
        assert run("report", words, "-o", name).code == 0
    cells, before = (cells_of(Path(name).read_bytes()) for name in ("a.xlsx", "b.xlsx"))
    for text in TEXTS:
        typed = [c for (sheet, _), c in cells.items() if sheet == "Inputs" and c.value == text]
        assert len(typed) == 2, f"source and note {text!r} on the Inputs sheet"
        assert all(c.data_type == "s" for c in typed)
        assert all(bool(c.quotePrefix) == (text[0] in "=+-@") for c in typed)
    assert {at for at, c in cells.items() if c.data_type == "f"} == {
        at for at, c in before.items() if c.data_type == "f"
    }


@pytest.mark.parametrize("title", [*TEXTS, *TITLES])
def test_a_title_prints_right(run: Run, title: str) -> None:
    """On the Dashboard and in the page headers, where an ampersand has a meaning of its own."""
    write(scenario(title=as_toml(title)))
    assert run("report", "mine.toml", "-o", "a.xlsx").code == 0
    book = load_workbook("a.xlsx", read_only=True, data_only=True)
    assert str(book["Dashboard"]["B2"].value).startswith(f"{title}   ·   Scenario: ")
    with zipfile.ZipFile("a.xlsx") as parts:
        for i, sheet in enumerate(book.sheetnames, 1):
            header = ElementTree.fromstring(parts.read(f"xl/worksheets/sheet{i}.xml")).find(".//{*}oddHeader")
            assert (header is None) == (sheet == "Chart data")
            if header is not None:
                assert header.text
                assert len(header.text.encode("utf-16-le")) <= 2 * 255, "Excel calls the file damaged otherwise"
                assert printed(header.text)["L"] == f"{title} · {sheet}"


def printed(header: str) -> dict[str, str]:
    """What each part of a page header shows, read as Excel reads it; a field shows as its code in brackets."""
    parts, part = {"L": "", "C": "", "R": ""}, "C"
    header = re.sub("_x([0-9A-F]{4})_", lambda m: chr(int(m[1], 16)), header)
    code = r'[LCR]|"[^"]*"|K[0-9A-F]{6}|\d+ ?|.'
    for m in re.finditer(rf"&(?P<code>{code})|(?P<text>[^&])", header, re.DOTALL):
        if m["code"] in parts:
            part = m["code"]
        elif m["code"] is None or m["code"] == "&":
            parts[part] += m["text"] or "&"
        elif len(m["code"]) == 1 and not m["code"].isdigit():
            parts[part] += f"[{m['code']}]"
    return parts


# -- where the output goes ---------------------------------------------------------------------------------------------
def test_a_pipe_gets_no_escape_codes_and_utf_8_whatever_the_code_page() -> None:
    """As on Windows, where a redirected output has the code page of the country."""
    done = apart("templates", env=surroundings(PYTHONIOENCODING="cp1252"))
    assert done.returncode == 0
    assert done.stderr == b""
    assert "学習予算・GPU計画" in done.stdout.decode()
    assert ESCAPE.encode() not in done.stdout


def on_a_terminal(*words: str, **env: str) -> bytes:
    """Everything the command shows on a terminal."""
    import pty  # on Unix only

    here, there = pty.openpty()
    process = subprocess.Popen([*COMMAND, *words], stdin=there, stdout=there, stderr=there, env=surroundings(**env))
    os.close(there)
    shown = b""
    with os.fdopen(here, "rb", buffering=0) as screen, suppress(OSError):  # Linux ends a terminal with an error
        while piece := screen.read(65536):
            shown += piece
    assert process.wait(60) == 0
    return shown


@unix
@pytest.mark.parametrize("words", ["--help", "facts law"])
def test_no_color_is_obeyed_on_a_terminal(words: str) -> None:
    colour = re.compile(rb"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]")
    assert ESCAPE.encode() in on_a_terminal(*words.split(), TERM="xterm-256color"), "a terminal gets its styles"
    assert not colour.search(on_a_terminal(*words.split(), TERM="xterm-256color", NO_COLOR="1"))


@unix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", ["schema", "facts gpu"])
def test_a_full_standard_output_is_no_traceback(words: str) -> None:
    with open("/dev/full", "wb") as full:
        done = apart(*words.split(), capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr.decode() == f"xlllm: standard output: {os.strerror(errno.ENOSPC)}\n"


@unix
def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    done = apart("report", os.fsdecode(b"\xff.toml"), "--json", "-", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == b"xlllm: \\udcff.toml: no such file\n"


def test_the_example_of_this_file_is_the_bundled_one() -> None:
    assert tomllib.loads(scenario()) == tomllib.loads(EXAMPLE)


def test_facts_offers_every_catalogue() -> None:
    assert {kind.value for kind in cli.Kind} == set(catalog.FILES)


# -- other editions, templates and looks of one's own ------------------------------------------------------------------
TEMPLATE = (home() / "training_budget.toml").read_text("utf-8")


def own(template: str = TEMPLATE, name: str = "mine", scenario: str = "case") -> None:
    """A template of one's own beside its example."""
    text = template.replace('id = "training_budget"', f'id = "{name}"').replace(
        'scenario = "llama-65b"', f'scenario = "{scenario}"', 1
    )
    write(text, "mine-template.toml")
    write(EXAMPLE.replace('template = "training_budget"', f'template = "{name}"'), "case.toml")


def formulas(name: str) -> list[str]:
    book = load_workbook(name)
    cells = [c.value for ws in book for row in ws.iter_rows() for c in row if c.data_type == "f"]
    return [getattr(formula, "text", formula) for formula in cells]


@pytest.mark.parametrize("command", ["new training_budget", "report llama-65b"])
def test_editions(run: Run, command: str) -> None:
    for words in ("native", "values", "udf", "udf --dialect officejs", "udf --dialect libreoffice"):
        assert run(*command.split(), "-o", "a.xlsx", "--force", "--edition", *words.split()).code == 0
        text = " ".join(formulas("a.xlsx"))
        call = {
            "udf": "LLM_LOSS(",
            "udf --dialect officejs": "_xldudf_LLM_LOSS(",
            "udf --dialect libreoffice": "LLM.LOSS(",
        }
        assert (words in call) == ("LLM" in text)
        assert call.get(words, "") in text
        assert bool(text) == (words != "values")
    answer = run(*command.split(), "-o", "b.xlsx", "--dialect", "vba")
    assert answer.code == 2
    assert "--dialect vba is for --edition udf; the native edition calls no functions" in answer.err


def test_a_template_of_ones_own(run: Run) -> None:
    own()
    for words in ("new -t mine-template.toml", "new mine --template mine-template.toml"):
        assert run(*words.split(), "-o", "a.xlsx", "--force").code == 0
    assert run("report", "case.toml", "--template", "mine-template.toml", "-o", "b.xlsx").code == 0
    assert Path("a.xlsx").read_bytes() == Path("b.xlsx").read_bytes()
    assert run("extract", "a.xlsx", "-o", "c.toml", "-t", "mine-template.toml").code == 0
    assert load_scenario("c.toml") == load_scenario("case.toml")
    assert run("check", "a.xlsx", "-t", "mine-template.toml", "--as-of", "2023-06-01").code == 0
    assert run("compare", "case.toml", "a.xlsx", "-t", "mine-template.toml").err == "the two are the same\n"
    for words in ("extract a.xlsx -o d.toml", "check a.xlsx"):
        answer = run(*words.split())
        assert answer.code == 2
        assert "if it is your own, name its file with --template" in answer.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("new", "which workbook? xlllm templates lists them, xlllm choose finds the right one"),
        ("new other -t mine-template.toml", "mine-template.toml is the template mine, not other"),
        ("new -t none.toml", "none.toml: no such file"),
        ("new -t mine-template.toml -s llama-65b", "llama-65b fills the template training_budget, not mine"),
        ("report llama-65b -t mine-template.toml", "the scenario fills the template training_budget, not mine"),
        ("report case.toml", "no template is called 'mine'"),
        ("new training_budget -b none.toml", "none.toml: no such file"),
    ],
)
def test_a_template_that_does_not_fit(run: Run, words: str, says: str) -> None:
    own()
    refused(run(*words.split(), "-o", "a.xlsx"), says)


def test_a_template_without_its_example(run: Run) -> None:
    own(scenario="zzz")
    refused(run("new", "-t", "mine-template.toml", "-o", "a.xlsx"), "zzz: no such file, and no scenario of that name")
    assert run("new", "-t", "mine-template.toml", "-s", "case.toml", "-o", "a.xlsx").code == 0


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("schema = 1", "shcema = 1", "shcema: unknown key; did you mean schema or scenario? (line {})"),
        ("years = 5", "years = 50", "years: must be less than or equal to 30: got 50 (line {})"),
        ('kind = "sweep"', 'kind = "sweeps"', "what_if.2.kind: must be 'tornado', 'grid', 'sweep'"),
        ("years = 5", "years = = 5", "not valid TOML: Invalid value (at line {}, column 9)"),
        (
            '{ name = "gpu_hours", with',
            '{ nmae = "gpu_hours", with',
            "calculation.0.rows.2.nmae: unknown key; did you mean name",
        ),
        (
            '"train_flops",\n  "model_flops"',
            '"train_flop",\n  "model_flops"',
            "mine-template.toml: train_flop: no such function; did you mean train_f",
        ),
    ],
)
def test_a_bad_template_names_the_line_the_key_and_the_nearest(run: Run, old: str, new: str, says: str) -> None:
    own(TEMPLATE.replace(old, new, 1))
    line = 1 + TEMPLATE[: TEMPLATE.index(old)].count("\n")
    answer = run("new", "-t", "mine-template.toml", "-o", "a.xlsx")
    refused(answer, says.format(line))
    assert f"line {line}" in answer.err


def test_a_scenario_of_ones_own_names_the_line_too(run: Run) -> None:
    write(scenario(mfu="{ value = 0.4, lwo = 0.3 }"))
    line = 1 + scenario(mfu="{ value = 0.4, lwo = 0.3 }").split("lwo")[0].count("\n")
    refused(run("report", "mine.toml", "-o", "a.xlsx"), f"inputs.mfu.lwo: unknown key; did you mean low? (line {line})")


def test_a_house_of_its_own(run: Run) -> None:
    write('accent = "#7A1F5C"\nfont_en = "Georgia"\n', "house.toml")
    assert run("new", "training_budget", "-o", "a.xlsx", "--branding", "house.toml").code == 0
    assert run("report", "llama-65b", "-o", "b.xlsx", "-b", "house.toml").code == 0
    assert Path("a.xlsx").read_bytes() == Path("b.xlsx").read_bytes()
    with zipfile.ZipFile("a.xlsx") as file:
        assert b"7A1F5C" in file.read("xl/styles.xml")
    write('accent = "#EEEEEE"\n', "house.toml")
    answer = run("new", "training_budget", "-o", "c.xlsx", "-b", "house.toml")
    assert answer.code == 2
    assert "choose a darker one" in answer.err
    assert not Path("c.xlsx").exists()


# -- workbooks read back -----------------------------------------------------------------------------------------------
def test_extract_writes_a_scenario_that_makes_the_same_workbook(run: Run) -> None:
    assert run("new", "training_budget", "-o", "a.xlsx", "-l", "ja").code == 0
    answer = run("extract", "a.xlsx", "-o", "mine.toml")
    assert answer == Answer(
        0, "", f"mine.toml: {len(load_scenario('llama-65b').inputs)} inputs; no input was changed\n"
    )
    assert run("report", "mine.toml", "-o", "b.xlsx", "-l", "ja").code == 0
    assert Path("a.xlsx").read_bytes() == Path("b.xlsx").read_bytes()
    assert run("extract", "a.xlsx", "-o", "-").out == Path("mine.toml").read_text("utf-8")
    assert Path("mine.toml").read_text("utf-8").startswith("# Read from a.xlsx by xlllm extract.\n")
    kept = run("extract", "a.xlsx", "-o", "mine.toml")
    assert kept.code == 2
    assert "exists and is kept" in kept.err
    assert run("extract", "a.xlsx", "-o", "mine.toml", "--force").code == 0


def retyped(name: str, cells: dict[str, Any]) -> None:
    """What a program that calculates nothing makes of a workbook."""
    book = load_workbook(name)
    for place, value in cells.items():
        sheet, _, cell = place.rpartition("!")
        book[sheet][cell] = value
    book.save(name)


def test_extract_says_what_was_changed_and_what_it_could_not_keep(run: Run) -> None:
    assert run("new", "training_budget", "-o", "a.xlsx").code == 0
    retyped("a.xlsx", {"Inputs!F22": 1024, "Inputs!H23": None, "Inputs!F14": "70B"})
    answer = run("extract", "a.xlsx", "-o", "-")
    assert answer.code == 0
    assert tomllib.loads(answer.out)["inputs"]["gpus"]["value"] == 1024
    first, *notes = answer.err.splitlines()
    assert (
        first
        == f"-: {len(load_scenario('llama-65b').inputs)} inputs; changed since the workbook was made: params, gpus"
    )
    assert [n.split(" ")[:2] for n in notes] == [["note:", "Inputs!F14"], ["note:", "Inputs!H23"]]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("extract none.xlsx -o a.toml", "none.xlsx: no such file"),
        ("extract mine.toml -o a.toml", "mine.toml is no .xlsx workbook"),
        ("extract old.xls -o a.toml", "old.xls is in the format of Excel 97–2003 (.xls): open it"),
        ("extract . -o a.toml", ". is a folder; name a workbook in it"),
        ("extract other.xlsx -o a.toml", "other.xlsx was not made by xlllm: no sheet of it holds the Log of one"),
        ("extract other.xlsx -o a.txt", "a.txt: the name must end in .toml"),
        ("check other.xlsx", "other.xlsx was not made by xlllm"),
        ("check none.xlsx", "none.xlsx: no such file"),
        ("check other.xlsx --as-of soon", "--as-of must be a day such as 2026-04-01: got 'soon'"),
        ("compare llama-65b none.toml", "none.toml: no such file"),
        ("compare llama-65b none.xlsx", "none.xlsx: no such file"),
        ("compare llama-65b risk", "one fills training_budget, the other risk: only scenarios of one template"),
    ],
)
def test_what_cannot_be_read_back(run: Run, words: str, says: str) -> None:
    write(EXAMPLE)
    write(bytes.fromhex("D0CF11E0A1B11AE1"), "old.xls")
    Workbook().save("other.xlsx")
    before = files()
    answer = run(*words.split())
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.startswith("xlllm: ")
    assert says in answer.err
    assert files() == before


def test_check_of_a_new_workbook(run: Run) -> None:
    assert run("new", "training_budget", "-o", "a.xlsx").code == 0
    answer = run("check", "a.xlsx", "--as-of", "2023-06-01")
    assert answer.code == 0
    assert answer.err == "a.xlsx: 4 warnings\n"
    assert re.search(r"(?m)^ +warning +Checks!F10 +NPV has one sign in every case: not met", answer.out)
    data = run("check", "a.xlsx", "--as-of", "2023-06-01", "--json")
    assert data.code == 0
    assert json.loads(data.out)["warnings"] == 4
    old = run("check", "a.xlsx", "--as-of", "2030-06-01")
    assert old.code == 3
    assert re.search(
        r"(?m)^ +stale +Inputs!J\d+ +Price per GPU-hour is of 2023, 84 months old; 24 are allowed", old.out
    )
    assert run("check", "a.xlsx", "--as-of", "2030-06-01", "--json").code == 3


def test_check_of_a_workbook_somebody_changed(run: Run) -> None:
    assert run("new", "training_budget", "-o", "a.xlsx").code == 0
    retyped("a.xlsx", {"Calculation!F6": 5, "Calculation!B6": "Mine"})
    answer = run("check", "a.xlsx", "--as-of", "2030-06-01")
    assert answer.code == cli.CHECK_FAILED, "an error counts more than old prices"
    assert re.search(r"error +Calculation!F6 +Training compute: a number was typed over the formula +=6\*", answer.out)
    assert "hold no value: open it in a spreadsheet and save it" in answer.out
    found = json.loads(run("check", "a.xlsx", "--json").out, parse_constant=pytest.fail)
    assert found["errors"] == 2
    assert found["findings"][0]["severity"] == "error"


def test_check_lists_no_more_than_people_read(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("new", "training_budget", "-o", "a.xlsx").code == 0
    monkeypatch.setattr(cli, "MOST_LINES", 2)
    answer = run("check", "a.xlsx", "--as-of", "2023-06-01")
    assert answer.out.count("warning") == 2
    assert "… and 2 more of severity warning: --json lists them all" in answer.err


def test_compare(run: Run) -> None:
    write(scenario(mfu="0.4", gpu='"H100"'))
    assert run("report", "mine.toml", "-o", "b.xlsx").code in (0, 1)
    from_file, from_book = run("compare", "llama-65b", "mine.toml"), run("compare", "llama-65b", "b.xlsx")
    assert from_file.code == 0
    assert from_file.err == from_book.err == ""
    assert from_book.out == from_file.out.replace("mine.toml", "b.xlsx") or "b.xlsx" in from_book.out
    for words in (
        r"Model FLOPs utilisation +0.4765 +0.4 +share",
        r"Accelerator +A100 SXM 80GB +H100 SXM5 80GB",
        r"Net present value +11,407,089 +15,033,918 +\+3,626,829 +USD",
        r"Accelerator +15,384,254 +\+3,977,165",
    ):
        assert re.search(words, from_file.out), words
    data = json.loads(run("compare", "llama-65b", "mine.toml", "--json").out, parse_constant=pytest.fail)
    assert [e["id"] for e in data["effects"]] == ["gpu", "mfu"]
    japanese = run("compare", "llama-65b", "mine.toml", "-l", "ja").out
    assert "アクセラレータ" in japanese
    assert "（低位）" in japanese or "(低位)" in japanese


def test_compare_finds_no_difference(run: Run) -> None:
    answer = run("compare", "llama-65b", "llama-65b")
    assert answer.code == 0
    assert answer.err == "the two are the same\n"
    assert "inputs that differ" not in answer.out


# -- the right template ------------------------------------------------------------------------------------------------
def test_choose_by_options(run: Run) -> None:
    answer = run("choose", "--answer", "1", "-a", "none", "-a", "Risk: how sure the return is")
    assert answer.code == 0
    assert answer.out == "risk\nxlllm new risk -o risk.xlsx\n"
    assert answer.err.startswith(f"{load_template('risk').title.en}: ")
    japanese = run("choose", "-a", "3", "-a", "1", "-a", "2", "--lang", "ja")
    assert japanese.out == "training_budget\nxlllm new training_budget -o training_budget.xlsx --lang ja\n"
    assert japanese.err.startswith(load_template("training_budget").title.ja)


def test_what_choose_says_works(run: Run) -> None:
    command = run("choose", "-a", "5", "-a", "2", "-a", "1").out.splitlines()[1]
    assert run(*shlex.split(command)[1:]).code == 0
    assert files() == ["serving.xlsx"]


def test_choose_reads_answers_from_standard_input() -> None:
    done = apart("choose", "-a", "1", input=b"1\n3\n")
    assert done.returncode == 0
    assert done.stdout.split()[0] == b"risk"
    missing = apart("choose", input=b"1\n")
    assert missing.returncode == 2
    assert missing.stdout == b""
    assert b"xlllm: Do you have a model already? Give --answer N, once for each question:" in missing.stderr
    assert b"       1  No" in missing.stderr
    wrong = apart("choose", "-a", "9", stdin=subprocess.DEVNULL)
    assert wrong.returncode == 2
    assert b"Answer with a number: got '9'" in wrong.stderr
    many = apart("choose", *["-a", "1"] * 4, stdin=subprocess.DEVNULL)
    assert many.returncode == 2
    assert b"there are 3 questions, and 4 answers" in many.stderr


@unix
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_choose_asks_on_a_terminal_until_it_understands(lang: str) -> None:
    import pty

    ours, theirs = pty.openpty()
    os.write(ours, b"1\nperhaps\n1\n3\n")
    done = apart("choose", "--lang", lang, stdin=theirs, env=surroundings(TERM="dumb"))
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 0
    assert done.stdout.decode().split()[0] == "risk"
    said = done.stderr.decode()
    assert {"en": "What is to be decided?", "ja": "何を決めますか。"}[lang] in said
    assert "got 'perhaps'" in said
    assert said.count("1-3: ") == 2, "asked again"


# -- while something takes long ----------------------------------------------------------------------------------------
@unix
def test_progress_is_for_terminals_only(tmp_path: Path) -> None:
    assert apart("new", "training_budget", "-o", "a.xlsx", cwd=tmp_path).returncode == 0
    words = ("check", str(tmp_path / "a.xlsx"), "--as-of", "2023-06-01")
    assert b"is compared" not in apart(*words).stderr
    assert b"is compared with the engine" in on_a_terminal(*words, TERM="xterm")
