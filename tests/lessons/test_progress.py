"""How far a reader has come."""

import re

import nbformat
import pytest

from wgan_helpers.lessons import exercises, progress, quizzes
from wgan_helpers.ui import answers


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(answers, "_answers", {})


def write(path, *cells):
    code = [nbformat.v4.new_code_cell(source) for source in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("`ui.predict('no')`"), *code]), path)


@pytest.fixture
def notebooks(tmp_path):
    write(
        tmp_path / "01_one.ipynb",
        "ui.predict('Which '\n'side?', ['left'])",
        "%magic",
        "def unfinished(",
        "lessons.exercises.true_distance()",
        "lessons.quizzes.ask('introduction')",
    )
    write(tmp_path / "02_two.ipynb", "ui.predict('How many?', ['1'])")
    write(tmp_path / "03_three.ipynb", "1 + 1")
    return tmp_path


def test_a_reader_who_begins_has_all_before_them(notebooks):
    table = progress.report(notebooks)
    assert table.loc["01_one"].tolist() == ["0 of 1", "0 of 1", "0 of 4"]
    assert table.loc["02_two"].tolist() == ["0 of 1", "–", "–"]
    assert "03_three" not in table.index


def test_what_is_answered_counts(notebooks, monkeypatch):
    answers.remember("Which side?", "left")
    exercise = exercises.true_distance()
    assert progress.report().loc["01_one", "exercises"] == "0 of 1"
    monkeypatch.setattr("__main__.true_distance", lambda x, mean, t: t * (x - mean).norm(dim=1).mean(), raising=False)
    exercise._check()
    quizzes.ask("introduction")._choose(2, "they make bad pictures")
    monkeypatch.setattr(answers, "_answers", {})  # as in a new kernel
    assert progress.report().loc["01_one"].tolist() == ["1 of 1", "1 of 1", "1 of 4"]
    assert progress.report().loc["02_two", "predictions"] == "0 of 1"


@pytest.mark.parametrize("name", exercises.__all__)
def test_an_exercise_is_remembered_by_the_name_that_notebooks_call(name):
    assert getattr(exercises, name)()._made_by == name


def test_everything_that_the_course_asks_is_counted(root):
    for path in (root / "notebooks").glob("*.ipynb"):
        code = "\n".join(cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code")
        found = progress.asked(path)
        assert len(found.predictions) == len(re.findall(r"\bui\.predict\(", code)), path.name
        assert len(found.exercises) == len(re.findall(r"\blessons\.exercises\.\w+\(", code)), path.name
        assert len(found.quiz) == 4 * len(re.findall(r"\blessons\.quizzes\.ask\(", code)), path.name
