"""What a reader answered, kept in a small file beside the notebooks so that it outlives the kernel."""

import json
import os
import tempfile
from pathlib import Path
from typing import Final

FILE: Final = ".answers.json"

_answers: dict[str, str] = {}


def recall(question: str) -> str | None:
    """The answer once given to ``question``, or ``None``."""
    if question not in _answers:
        _answers.update(_read())
    return _answers.get(question)


def exercise_key(name: str) -> str:
    """What an exercise is remembered by: the ``name`` of the function that makes it."""
    return f"exercise: {name}"


def quiz_key(question: str) -> str:
    """What the first try at a ``question`` is remembered by: it may also be asked as a prediction."""
    return f"quiz: {question}"


def remember(question: str, answer: str) -> None:
    """Keep ``answer``; where the folder cannot be written, only until the kernel ends."""
    _answers.update(_read() | {question: answer})
    try:
        # written aside and moved into place: a crash leaves the old answers, never half a file
        handle, draft = tempfile.mkstemp(dir=".", prefix=FILE)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(_answers, file, indent=1)
        os.replace(draft, FILE)
    except OSError:
        return


def _read() -> dict[str, str]:
    try:
        known = json.loads(Path(FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
