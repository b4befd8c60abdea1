"""Three questions: every way leads somewhere, every template can be reached, and a ninth needs no Python."""

import re
from pathlib import Path

import pytest

from xlllm import choose, template
from xlllm.errors import InputError, TemplateError
from xlllm.template import home, template_names

GUIDE = choose.load()
TEXT = (home() / "choose.toml").read_text("utf-8")


def test_every_template_is_reachable_and_every_way_leads_to_one() -> None:
    assert set(GUIDE.reachable()) == set(template_names())


def test_three_questions_in_both_languages() -> None:
    assert len(GUIDE.questions) == 3
    for question in GUIDE.questions:
        texts = [question.text, *(a.text for a in question.answers)]
        assert all(re.search("[ぁ-んァ-ヶ一-龥]", t.ja) and t.en.isascii() for t in texts)
        assert len({a.id for a in question.answers}) == len(question.answers)


def test_no_route_is_idle() -> None:
    """Each is the first that fits for some answers."""
    taken = set()
    for answers in GUIDE.ways():
        for n, route in enumerate(GUIDE.routes):
            if all(answers[q] in ([w] if isinstance(w, str) else w) for q, w in route.when.items()):
                taken.add(n)
                break
    assert taken == set(range(len(GUIDE.routes)))


@pytest.mark.parametrize(
    ("answers", "wanted"),
    [
        ("project none money", "executive_budget"),
        ("project own hardware", "serving"),
        ("project open risk", "risk"),
        ("next_dollar none money", "model_or_data"),
        ("run none hardware", "training_budget"),
        ("way open money", "build_or_buy"),
        ("use own money", "serving"),
        ("people none money", "data_and_team"),
        ("run none power", "carbon"),
    ],
)
def test_where_answers_lead(answers: str, wanted: str) -> None:
    assert GUIDE.template(dict(zip((q.id for q in GUIDE.questions), answers.split(), strict=True))) == wanted


def test_the_chooser_is_no_template() -> None:
    assert "choose" not in template_names()


def test_a_ninth_template_needs_no_python(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(choose, "template_names", lambda: [*template_names(), "ninth"])
    answer = '  { id = "ninth", text = { en = "Something new", ja = "新しいこと" } },\n'
    text = TEXT.replace('  { id = "people"', answer + '  { id = "people"', 1)
    text = text.replace("[[routes]]", '[[routes]]\ntemplate = "ninth"\nwhen = { decision = "ninth" }\n\n[[routes]]', 1)
    path = tmp_path / "choose.toml"
    path.write_text(text, "utf-8")
    guide = choose.load(path)
    assert guide.reachable().keys() == {*template_names(), "ninth"}


WRONG = {
    "a template": ('template = "carbon"', 'template = "carbons"', "there is no template 'carbons'"),
    "an answer": ('doubt = "power"', 'doubt = "powers"', "carbon: no question doubt has 'powers'"),
    "a question": ('doubt = "power"', 'doubts = "power"', "carbon: no question doubts has 'power'"),
    "a key": (
        'template = "carbon"',
        'templates = "carbon"',
        r"routes.0.templates: unknown key; did you mean template\?",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_mistake_in_the_file_is_named(what: str, tmp_path: Path) -> None:
    old, new, says = WRONG[what]
    path = tmp_path / "choose.toml"
    path.write_text(TEXT.replace(old, new, 1), "utf-8")
    with pytest.raises(TemplateError, match=says):
        choose.load(path)


def test_answers_that_lead_nowhere() -> None:
    guide = GUIDE.model_copy(update={"routes": GUIDE.routes[:1]})
    with pytest.raises(TemplateError, match="no route for decision = run, doubt = money"):
        guide.template({"decision": "run", "doubt": "money"})


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_an_answer_is_read_as_a_number_a_key_or_its_words(lang: str) -> None:
    question = GUIDE.questions[2]
    for n, answer in enumerate(question.answers, 1):
        for said in (str(n), f" {n}\n", answer.id, answer.id.upper(), answer.text.in_(lang)):
            assert choose.read(question, said, lang) == answer.id


@pytest.mark.parametrize("said", ["", "0", "5", "1.5", "yes", "１"])
def test_another_answer_lists_those_there_are(said: str) -> None:
    with pytest.raises(InputError) as caught:
        choose.read(GUIDE.questions[2], said, "en")
    first, *menu = caught.value.message.splitlines()
    assert first.startswith("What is in question most? Answer with a number: got ")
    assert [line[0] for line in menu] == ["1", "2", "3", "4"]


def test_the_file_is_found_where_the_templates_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "choose.toml").write_text(TEXT, "utf-8")
    monkeypatch.setattr(template, "home", lambda: tmp_path)
    monkeypatch.setattr(choose, "home", lambda: tmp_path)
    with pytest.raises(TemplateError, match="there is no template"):
        choose.load()
