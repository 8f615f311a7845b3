"""A few questions at the end: each choice is answered with a reason, and one may try again."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import ipywidgets as widgets

from wgan_helpers.ui import answers, cells
from wgan_helpers.ui.controls import button


class Question(NamedTuple):
    """A question, and what is said to each choice.

    Attributes
    ----------
    text : str
        One sentence; ``$formulas$`` are set as such.
    replies : mapping of str to str
        From each option to why it is right or wrong: a wrong one names the misconception.
    answer : str
        The option that is right.
    """

    text: str
    replies: Mapping[str, str]
    answer: str


class Quiz(widgets.VBox):
    """The widget that :func:`quiz` makes."""

    def __init__(self, questions: Sequence[Question]) -> None:
        self._questions = questions
        self._first_tries: dict[int, bool] = {}
        self._replies = [widgets.HTMLMath(layout={"min_height": "2em"}) for _ in questions]
        self._score = widgets.HTML()
        blocks = [self._block(number, question) for number, question in enumerate(questions)]
        super().__init__([*blocks, self._score])
        self.add_class("wgan-quiz")
        cells.adopt(self)

    def _block(self, number: int, question: Question) -> widgets.VBox:
        rows = [
            widgets.HBox([self._choice(number, letter, option), widgets.HTMLMath(option)])
            for letter, option in zip("ABCDEF", question.replies, strict=False)
        ]
        head = widgets.HTMLMath(f"<b>{number + 1}.</b> {question.text}")
        return widgets.VBox([head, *rows, self._replies[number]])

    def _choice(self, number: int, letter: str, option: str) -> widgets.Button:
        tooltip = f"question {number + 1}: {option}"
        return button(letter, tooltip, lambda: self._choose(number, option), width="40px")

    def _choose(self, number: int, option: str) -> None:
        question = self._questions[number]
        right = option == question.answer
        self._first_tries.setdefault(number, right)
        key = answers.quiz_key(question.text)
        if answers.recall(key) is None:
            answers.remember(key, option)
        mark = "✓ <b>Right.</b>" if right else "✗ <b>No.</b>"
        self._replies[number].value = f"{mark} {question.replies[option]}"
        if len(self._first_tries) == len(self._questions):
            found = sum(self._first_tries.values())
            self._score.value = f"<b>{found} of {len(self._questions)} right at the first try.</b>"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """The live widget, and the questions as text for readers who have no kernel."""
        bundle = super()._repr_mimebundle_(**kwargs)
        bundle["text/markdown"] = "\n\n".join(
            f"{number}. {question.text}\n" + "".join(f"\n   - {option}" for option in question.replies)
            for number, question in enumerate(self._questions, start=1)
        )
        return bundle


def quiz(questions: Sequence[Question]) -> Quiz:
    """Ask some questions with two to six options each.

    Parameters
    ----------
    questions : sequence of Question
        In order.

    Raises
    ------
    ValueError
        If there is none, or the answer to one is not among its options.
    """
    if not questions:
        raise ValueError("a quiz needs at least one question, got none")
    for question in questions:
        if not 2 <= len(question.replies) <= 6 or question.answer not in question.replies:
            raise ValueError(
                f"{question.text!r} must have 2 to 6 options, and its answer {question.answer!r} among them"
            )
    return Quiz(questions)
