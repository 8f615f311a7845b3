"""How far a reader has come: what each notebook asks, and what of it is answered."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from wgan_helpers.lessons import quizzes
from wgan_helpers.ui import answers


class Asked(NamedTuple):
    """What a notebook asks, by the keys under which the answers are kept."""

    predictions: list[str]
    exercises: list[str]
    quiz: list[str]


def report(folder: str | Path = ".") -> pd.DataFrame:
    """How many of the predictions, exercises and quiz questions of each notebook are done.

    Parameters
    ----------
    folder : path
        Where the notebooks are. The answers are those of the folder in which Python runs.

    Returns
    -------
    DataFrame
        One row per notebook that asks anything, with ``predictions, exercises, quiz``: ``"2 of 5"``, or ``"–"`` where
        there is nothing to do. An exercise is done when its answer is right, the others when they are answered.
    """
    found = {path.stem: asked(path) for path in sorted(Path(folder).glob("[0-9][0-9]_*.ipynb"))}
    rows = {name: [_done(keys) for keys in each] for name, each in found.items() if any(each)}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(Asked._fields)).rename_axis("notebook")


def asked(notebook: Path) -> Asked:
    """What ``notebook`` asks: read from its code, which does not run."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    found = Asked([], [], [])
    for cell in cells:
        if cell["cell_type"] != "code":
            continue
        for name, owner, argument in _calls("".join(cell["source"])):
            if name == "predict" and argument is not None:
                found.predictions.append(argument)
            elif owner == "exercises":
                found.exercises.append(answers.exercise_key(name))
            elif (owner, name) == ("quizzes", "ask") and argument is not None:
                found.quiz.extend(answers.quiz_key(question.text) for question in quizzes.questions()[argument])
    return found


def _done(keys: list[str]) -> str:
    return f"{sum(answers.recall(key) is not None for key in keys)} of {len(keys)}" if keys else "–"


def _calls(source: str) -> Iterator[tuple[str, str, str | None]]:
    """The calls ``….owner.name("argument", …)`` in a cell, in order; a cell that is no Python has none."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a magic, or what a reader is just writing
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            first = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
            named = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
            yield node.func.attr, named, first if isinstance(first, str) else None
