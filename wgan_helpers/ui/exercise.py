"""An exercise: staged checks that name the misconception, the expected picture, a solution on demand."""

import html
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import ipywidgets as widgets

from wgan_helpers.ui import answers, cells, origin


class Check(NamedTuple):
    """One stage: ``passes(answer)`` is true, or ``hint`` says what is wrong and why.

    ``hint`` may be a function of the answer, for what only the answer can tell.
    """

    title: str
    passes: Callable[[Any], bool]
    hint: str | Callable[[Any], str]


class Exercise(widgets.VBox):
    """The widget that :func:`exercise` makes."""

    def __init__(self, name: str, checks: Sequence[Check], solution: str, expected: Callable[[], bytes] | None) -> None:
        self._made_by = origin.of_caller().name
        self._name, self._checks, self._solution, self._expected = name, checks, solution, expected
        self._report = widgets.HTMLMath(layout={"min_height": "2em"})
        self._shown = widgets.VBox([])
        buttons = [_button("Check my answer", self._check)]
        if expected is not None:
            buttons.append(_button("What to expect", self._show_expected))
        buttons.append(_button("Show a solution", self._show_solution))
        super().__init__([widgets.HBox(buttons), self._report, self._shown])
        self.add_class("wgan-exercise")
        cells.adopt(self)
        self._check()

    def _check(self) -> None:
        """Go through the stages and stop at the first that fails."""
        passed: list[str] = []
        for title, ok, hint in staged(_lookup(self._name), self._checks):
            if not ok:
                self._report.value = f"{_list(passed)}✗ <b>{title}</b>: {hint}"
                return
            passed.append(title)
        self._report.value = f"{_list(passed)}<b>Right.</b>"
        answers.remember(answers.exercise_key(self._made_by), "right")

    def _show_expected(self) -> None:
        if self._expected is not None:
            picture = widgets.Image(value=self._expected(), format="png", layout={"max_width": "520px"})
            self._shown.children = [picture]

    def _show_solution(self) -> None:
        self._shown.children = [widgets.HTML(f"<pre>{html.escape(self._solution)}</pre>")]

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """The live widget, and the list of checks for readers who have no kernel."""
        bundle = super()._repr_mimebundle_(**kwargs)
        listed = "".join(f"\n- {check.title}" for check in self._checks)
        bundle["text/markdown"] = f"Checks of `{self._name}`:\n{listed}"
        return bundle


def exercise(
    name: str,
    checks: Sequence[Check],
    *,
    solution: str,
    expected: Callable[[], bytes] | None = None,
) -> Exercise:
    """Check a reader's answer stage by stage.

    Parameters
    ----------
    name : str
        The variable or function that the reader writes. It is looked up anew at every check, and it never
        feeds a later cell.
    checks : sequence of Check
        The stages that are special to this exercise, from coarse to fine. That the answer is there and does
        not raise is checked before and around them.
    solution : str
        Code that a reader can run in place of the stub.
    expected : callable, optional
        Gives the expected picture as a PNG file.
    """
    return Exercise(name, checks, solution, expected)


def staged(answer: Any, checks: Sequence[Check]) -> list[tuple[str, bool, str]]:
    """The stages up to the first that fails, each with its hint."""
    done: list[tuple[str, bool, str]] = []
    if answer is None or answer is Ellipsis:
        return [("there is an answer", False, "nothing is there yet: write it in the cell above and run that cell.")]
    for check in checks:
        try:
            ok = bool(check.passes(answer))
            hint = check.hint if isinstance(check.hint, str) or ok else check.hint(answer)
        except Exception as error:
            line = html.escape(f"{type(error).__name__}: {error}".splitlines()[0])
            ok, hint = False, f"your code raised <code>{line}</code>"
        done.append((check.title, ok, str(hint)))
        if not ok:
            break
    return done


def _lookup(name: str) -> Any:
    import __main__

    return getattr(__main__, name, None)


def _button(description: str, action: Callable[[], None]) -> widgets.Button:
    button = widgets.Button(description=description, layout={"width": "auto"})
    button.on_click(lambda _: action())
    return button


def _list(passed: Sequence[str]) -> str:
    return "".join(f"✓ {title}<br>" for title in passed)
