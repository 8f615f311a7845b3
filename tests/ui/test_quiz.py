"""Quizzes: each choice has its reason, one may try again, the first tries count."""

import ipywidgets as widgets
import pytest

from wgan_helpers import ui
from wgan_helpers.ui import answers


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(answers, "_answers", {})


COLOUR = ui.Question(
    "Which is $W_1$?", {"a distance": "It is.", "a colour": "A colour has no triangles."}, "a distance"
)
SIGN = ui.Question("Which sign?", {"minus": "No.", "plus": "Yes."}, "plus")


def press(quiz: widgets.VBox, number: int, letter: str) -> None:
    rows = [row for row in quiz.children[number].children if isinstance(row, widgets.HBox)]
    next(row.children[0] for row in rows if row.children[0].description == letter).click()


def reply(quiz: widgets.VBox, number: int) -> str:
    return quiz.children[number].children[-1].value


def test_a_wrong_choice_is_told_why_and_may_be_mended():
    quiz = ui.quiz([COLOUR, SIGN])
    assert reply(quiz, 0) == ""
    press(quiz, 0, "B")
    assert "✗" in reply(quiz, 0) and "A colour has no triangles." in reply(quiz, 0)
    press(quiz, 0, "A")
    assert "✓" in reply(quiz, 0) and "It is." in reply(quiz, 0)
    assert reply(quiz, 1) == ""


def test_the_first_tries_count():
    quiz = ui.quiz([COLOUR, SIGN])
    for number, letter in ((0, "B"), (0, "A")):
        press(quiz, number, letter)
        assert quiz.children[-1].value == ""
    press(quiz, 1, "B")
    assert "1 of 2 right at the first try" in quiz.children[-1].value


def test_formulas_are_set_and_nothing_is_given_away_without_a_kernel():
    quiz = ui.quiz([COLOUR])
    assert all(isinstance(row.children[1], widgets.HTMLMath) for row in quiz.children[0].children[1:-1])
    text = quiz._repr_mimebundle_()["text/markdown"]
    assert "Which is $W_1$?" in text and "a colour" in text and "It is." not in text


@pytest.mark.parametrize(
    ("questions", "line"),
    [
        ([], "a quiz needs at least one question"),
        ([COLOUR._replace(answer="a number")], "its answer 'a number' among them"),
        ([COLOUR._replace(replies={"a distance": "It is."})], "must have 2 to 6 options"),
    ],
)
def test_what_cannot_be_asked_is_refused(questions, line):
    with pytest.raises(ValueError, match=line):
        ui.quiz(questions)


def test_the_first_try_is_kept_beside_the_notebooks(tmp_path):
    quiz = ui.quiz([COLOUR, SIGN])
    press(quiz, 0, "B")
    press(quiz, 0, "A")
    assert answers._read() == {answers.quiz_key(COLOUR.text): "a colour"}
