"""Three questions that lead to a template; questions, answers and the way are data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

from pydantic import Field

from xlllm.errors import InputError, TemplateError
from xlllm.template import CHOOSER, Strict, Words, home, load_file, template_names
from xlllm.values import shown


class Answer(Strict):
    id: str
    text: Words


class Question(Strict):
    id: str
    text: Words
    answers: list[Answer] = Field(min_length=2, max_length=9)


class Route(Strict):
    """A template for some answers; a question that is not named may be answered in any way."""

    template: str
    when: dict[str, str | list[str]] = Field({}, description="Question = answer, or a list of answers")


class Chooser(Strict):
    """The questions in their order, and the routes: the first that fits leads to its template."""

    schema_: int = Field(alias="schema", ge=1, le=1)
    questions: list[Question] = Field(min_length=1, max_length=5)
    routes: list[Route] = Field(min_length=1)

    def template(self, answers: Mapping[str, str]) -> str:
        """Where the answers lead. Raises TemplateError if nowhere."""
        for route in self.routes:
            if all(answers.get(q) in ([w] if isinstance(w, str) else w) for q, w in route.when.items()):
                return route.template
        raise TemplateError(f"{CHOOSER}.toml: no route for {', '.join(f'{q} = {a}' for q, a in answers.items())}")

    def reachable(self) -> dict[str, int]:
        """The templates that some answers lead to, and how many ways there are."""
        ways: dict[str, int] = {}
        for answers in self.ways():
            name = self.template(answers)
            ways[name] = ways.get(name, 0) + 1
        return ways

    def ways(self) -> Iterator[dict[str, str]]:
        """Every combination of answers."""
        for picked in product(*(q.answers for q in self.questions)):
            yield {q.id: a.id for q, a in zip(self.questions, picked, strict=True)}


def load(path: Path | None = None) -> Chooser:
    """The questions. Raises TemplateError for a name that nothing has."""
    chooser = load_file(Chooser, path or home() / f"{CHOOSER}.toml")
    known = {q.id: {a.id for a in q.answers} for q in chooser.questions}
    for route in chooser.routes:
        for question, wanted in route.when.items():
            for answer in [wanted] if isinstance(wanted, str) else wanted:
                if answer not in known.get(question, ()):
                    raise TemplateError(f"{CHOOSER}.toml: {route.template}: no question {question} has {shown(answer)}")
        if route.template not in template_names():
            raise TemplateError(f"{CHOOSER}.toml: there is no template {shown(route.template)}")
    return chooser


def read(question: Question, said: str, lang: str) -> str:
    """The answer that a person means: its number, its key or its words. Raises InputError, which lists them."""
    plain = said.strip()
    for n, answer in enumerate(question.answers, 1):
        if plain.casefold() in (str(n), answer.id.casefold(), answer.text.in_(lang).casefold()):
            return answer.id
    listed = "\n".join(menu(question, lang))
    raise InputError(f"{question.text.in_(lang)} Answer with a number: got {shown(plain)}\n{listed}")


def menu(question: Question, lang: str) -> Sequence[str]:
    """The answers, numbered."""
    return [f"{n}  {a.text.in_(lang)}" for n, a in enumerate(question.answers, 1)]
