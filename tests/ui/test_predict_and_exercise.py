"""Predictions stay; exercises name what is wrong, stage by stage."""

import pytest

import __main__
from wgan_helpers import ui
from wgan_helpers.ui import answers
from wgan_helpers.ui.exercise import staged


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(answers, "_answers", {})


def ask():
    return ui.predict("Which?", ["left", "right"], answer="right", because="Look at the right.")


def button(widget, description):
    rows = [child for child in widget.children if hasattr(child, "children")]
    return next(b for row in rows for b in row.children if getattr(b, "description", None) == description)


def test_nothing_is_given_away_before_the_choice():
    prediction = ask()
    assert prediction._reply.value == ""
    assert "right" not in prediction._repr_mimebundle_()["text/plain"]


def test_a_choice_is_answered_and_cannot_be_taken_back():
    prediction = ask()
    button(prediction, "left").click()
    assert "You said: <b>left</b>. It is: <b>right</b>. Look at the right." in prediction._reply.value
    assert all(b.disabled for b in prediction._buttons)


def test_a_right_choice_is_said_to_be_right():
    prediction = ask()
    button(prediction, "right").click()
    assert "That is what happens." in prediction._reply.value


def test_a_choice_outlives_the_cell_and_the_kernel(monkeypatch):
    button(ask(), "left").click()
    monkeypatch.setattr(answers, "_answers", {})  # as in a new kernel
    assert "You said: <b>left</b>" in ask()._reply.value


def test_a_choice_works_in_a_folder_that_cannot_be_written(monkeypatch, tmp_path):
    monkeypatch.setattr(answers.tempfile, "mkstemp", lambda **_: (_ for _ in ()).throw(PermissionError()))
    button(ask(), "left").click()
    assert "You said: <b>left</b>" in ask()._reply.value
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "{", "[1]", "null"])
def test_a_damaged_file_of_answers_is_no_obstacle(content, tmp_path):
    (tmp_path / answers.FILE).write_text(content)
    prediction = ask()
    button(prediction, "right").click()
    assert answers._read() == {"Which?": "right"}


def test_an_answer_that_cannot_be_chosen_is_refused():
    with pytest.raises(ValueError, match=r"answer must be one of \['left'\], got 'up'"):
        ui.predict("Which?", ["left"], answer="up", because="")


def twice(x):
    return 2 * x


CHECKS = [
    ui.Check("it is a function", callable, "write a function."),
    ui.Check("it doubles", lambda f: f(3) == 6, lambda f: f"of 3 it gives {f(3)}."),
]


def report(answer):
    return [(title, ok) for title, ok, _ in staged(answer, CHECKS)], staged(answer, CHECKS)[-1][2]


@pytest.mark.parametrize(
    ("answer", "stages", "hint"),
    [
        (None, [("there is an answer", False)], "nothing is there yet"),
        (5, [("it is a function", False)], "write a function."),
        (lambda x: x, [("it is a function", True), ("it doubles", False)], "of 3 it gives 3."),
        (lambda x: x.nothing, [("it is a function", True), ("it doubles", False)], "AttributeError"),
        (twice, [("it is a function", True), ("it doubles", True)], ""),
    ],
)
def test_the_first_stage_that_fails_says_what_is_wrong(answer, stages, hint):
    reached, said = report(answer)
    assert reached == stages
    assert hint in said


def test_the_answer_is_looked_up_anew_at_every_check(monkeypatch):
    monkeypatch.setattr(__main__, "doubled", None, raising=False)
    widget = ui.exercise("doubled", CHECKS, solution="doubled = 6")
    assert "nothing is there yet" in widget._report.value
    monkeypatch.setattr(__main__, "doubled", twice)
    button(widget, "Check my answer").click()
    assert "<b>Right.</b>" in widget._report.value


def test_the_solution_is_shown_only_on_demand():
    widget = ui.exercise("doubled", CHECKS, solution="doubled = 6")
    assert widget._shown.children == ()
    button(widget, "Show a solution").click()
    assert "doubled = 6" in widget._shown.children[0].value


def test_the_expected_picture_is_computed_on_demand():
    picture = ui.picture(lambda ax: ax.plot([0, 1]))
    widget = ui.exercise("doubled", CHECKS, solution="doubled = 6", expected=lambda: picture)
    button(widget, "What to expect").click()
    assert widget._shown.children[0].value == picture
