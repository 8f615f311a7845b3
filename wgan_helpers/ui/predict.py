"""A question to answer before looking."""

import html
from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets

from wgan_helpers.ui import answers, cells


class Prediction(widgets.VBox):
    """The widget that :func:`predict` makes."""

    def __init__(self, question: str, options: Sequence[str], answer: str, because: str) -> None:
        self._question, self._options, self._answer, self._because = question, options, answer, because
        self._buttons = [
            widgets.Button(description=option, layout={"width": "auto"}, tooltip=f"I predict: {option}")
            for option in options
        ]
        self._reply = widgets.HTMLMath(layout={"min_height": "3em"})
        super().__init__(
            [
                widgets.HTMLMath(f"<b>Predict, before you look.</b> {question}"),
                widgets.Box(self._buttons, layout={"flex_flow": "row wrap"}),
                self._reply,
            ]
        )
        self.add_class("wgan-predict")
        for button in self._buttons:
            button.on_click(self._choose)
        cells.adopt(self)
        chosen = answers.recall(question)
        if chosen is not None and chosen in options:
            self._reveal(chosen)

    def _choose(self, button: widgets.Button) -> None:
        answers.remember(self._question, button.description)
        self._reveal(button.description)

    def _reveal(self, chosen: str) -> None:
        """Fix the choice, and say what to look for."""
        for button in self._buttons:
            button.disabled = True
            button.button_style = "info" if button.description == chosen else ""
        verdict = "That is what happens." if chosen == self._answer else f"It is: <b>{html.escape(self._answer)}</b>."
        self._reply.value = f"You said: <b>{html.escape(chosen)}</b>. {verdict} {self._because}"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """The live widget, and the question as text for readers who have no kernel."""
        bundle = super()._repr_mimebundle_(**kwargs)
        listed = "".join(f"\n- {option}" for option in self._options)
        bundle["text/markdown"] = f"**Predict, before you look.** {self._question}\n{listed}"
        return bundle


def predict(question: str, options: Sequence[str], *, answer: str, because: str) -> Prediction:
    """Ask for a prediction; the first choice stays, also when the cell runs again.

    Parameters
    ----------
    question : str
        One sentence, Markdown without markup other than ``$formulas$``. It also identifies the
        prediction: another question is another prediction.
    options : sequence of str
        What one can choose, in plain text.
    answer : str
        The one of ``options`` that is true.
    because : str
        Shown after the choice: what to look for in the figure, and why it is so.
    """
    if answer not in options:
        raise ValueError(f"answer must be one of {list(options)}, got {answer!r}")
    return Prediction(question, options, answer, because)
