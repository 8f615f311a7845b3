"""The quiz at the end of each notebook: the misconceptions that its section is about, in ``quizzes.toml``."""

import random
import tomllib
from importlib import resources

from wgan_helpers import _checks, ui
from wgan_helpers.ui import Question


def ask(section: str) -> ui.Quiz:
    """The quiz of a section, such as ``"finite_samples"``: the notebook's name without its number.

    Raises
    ------
    ValueError
        If there is none.
    """
    return ui.quiz(questions()[_checks.one_of(section, "section", questions())])


def questions() -> dict[str, list[Question]]:
    """All that is asked, by section; the options in an order that is always the same and says nothing."""
    text = resources.files("wgan_helpers.lessons").joinpath("quizzes.toml").read_text(encoding="utf-8")
    return {
        section: [_question(entry["question"], entry["options"]) for entry in entries]
        for section, entries in tomllib.loads(text).items()
    }


def _question(text: str, options: list[list[str]]) -> Question:
    shuffled = random.Random(text).sample(options, len(options))
    return Question(text, {option: reply for option, reply in shuffled}, answer=options[0][0])
