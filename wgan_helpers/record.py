"""Long runs, recorded: ``python -m wgan_helpers.record fig3``.

Of each method of a figure three files are kept: its curve, ``METHOD.csv``; a sheet of pictures, ``METHOD.png``; and
``METHOD.json``, with the settings, machine, time and commit, written last. A run that was killed goes on where it was,
by the same command. What a figure gives to be recorded is a :class:`.Run` for each method; nothing here knows more.
"""

import argparse
import inspect
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wgan_helpers import _checks, _files
from wgan_helpers.recorded import Recorded, Row, Run, figures, load
from wgan_helpers.recorded.reading import COMMAND, FOLDER, said

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["FIGURES", "Recorded", "Run", "figures", "load", "main", "record", "runs_of"]

#: The lesson whose ``recordable`` gives the runs of a figure.
FIGURES: Final[Mapping[str, str]] = {
    "fig1": "static_estimation",
    "fig3": "training_recorded",
    "fig7": "transform_recorded",
    "fig11": "lipschitz_recorded",
    "losses": "loss_recorded",
    "losses-best": "loss_best",
    "replication": "replication",
    "truth": "truth_recorded",
}
_REPORTED_EVERY: Final = 20.0  # seconds


def runs_of(figure: str, **options: Any) -> dict[str, Run]:
    """The runs of a figure, one for each method.

    Parameters
    ----------
    figure : str
        One of :data:`FIGURES`.
    **options
        What differs from its usual settings: of ``device, size, steps`` those that the figure has.

    Raises
    ------
    ValueError
        If there is no such figure, or it does not have that option.
    """
    lesson = import_module(f"wgan_helpers.lessons.{FIGURES[_checks.one_of(figure, 'figure', FIGURES)]}")
    for name in options:
        _checks.one_of(name, f"option of {figure}", inspect.signature(lesson.recordable).parameters)
    return lesson.recordable(**options)


def record(runs: Mapping[str, Run], folder: Path, command: str = "", device: str = "cpu") -> None:
    """Record these runs, one after the other; what the folder holds of them already is not computed again.

    Parameters
    ----------
    runs : mapping of str to Run
        Their names are those of files.
    folder : Path
        Where to; made if it is not there.
    command, device : str
        What made it and where it computes, for the record.

    Raises
    ------
    ValueError
        If the folder holds a record or a checkpoint with other settings.
    """
    folder.mkdir(parents=True, exist_ok=True)
    origin = {"machine": _machine(device), "commit": _commit(), "command": command, "versions": _versions()}
    for place, (method, run) in enumerate(runs.items(), start=1):
        if _is_recorded(folder / f"{method}.json", run):
            print(f"{method}: recorded already", flush=True)
            continue
        rows, sheet = _computed(run, folder, method, f"{method} ({place} of {len(runs)})")
        if sheet is not None:
            _write_sheet(folder / f"{method}.png", sheet)
        about = {
            "settings": dict(run.settings),
            "rows": len(rows),
            "sheet": sheet is not None,
            "seconds": round(max((row["seconds"] for row in rows.values()), default=0)),
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            **origin,
        }
        with _files.replacing(folder / f"{method}.json") as file:
            file.write((json.dumps(about, indent=1, ensure_ascii=False) + "\n").encode())
        (folder / f"{method}.checkpoint").unlink(missing_ok=True)


def _is_recorded(path: Path, run: Run) -> bool:
    if not path.exists():
        return False
    with said(path):
        settings = json.loads(path.read_text(encoding="utf-8"))["settings"]
    if settings != json.loads(json.dumps(dict(run.settings))):
        raise ValueError(f"{path} was recorded with other settings: give another folder with --out, or delete it")
    return True


def _computed(run: Run, folder: Path, method: str, title: str) -> "tuple[dict[float, Row], np.ndarray | None]":
    """All rows by their step, and the sheet; after each row the file of the curve is up to date."""
    checkpoint, path = folder / f"{method}.checkpoint", folder / f"{method}.csv"
    rows = _rows_of(path) if checkpoint.exists() else {}
    running, progress = run.rows(checkpoint), _Progress(title, run.steps)
    while True:
        try:
            row = next(running)
        except StopIteration as end:
            return rows, end.value
        rows[row["step"]] = row
        with _files.replacing(path) as file:
            file.write(_table(rows).to_csv(index=False, float_format="%.6g", lineterminator="\n").encode())
        progress.tell(row)


def _rows_of(path: Path) -> dict[float, Row]:
    import pandas as pd

    return {row["step"]: row for row in pd.read_csv(path).to_dict("records")} if path.exists() else {}


def _table(rows: Mapping[float, Row]) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(list(rows.values())).astype({"step": int})


def _write_sheet(path: Path, sheet: "np.ndarray") -> None:
    import numpy as np
    from PIL import Image

    levels = (np.clip(sheet, 0, 1) * 255).round().astype(np.uint8)
    with _files.replacing(path) as file:
        Image.fromarray(levels).save(file, "PNG", optimize=True)


class _Progress:
    """A line now and then: how far, and how long it takes yet."""

    def __init__(self, title: str, steps: int) -> None:
        self._title, self._steps = title, steps
        self._began: tuple[float, float] | None = None
        self._told = -_REPORTED_EVERY

    def tell(self, row: Row) -> None:
        now, step = time.monotonic(), row["step"]
        began_at, began = self._began = self._began or (step, now)
        if now - self._told < _REPORTED_EVERY and step < self._steps:
            return
        self._told = now
        left = f"{(now - began) / (step - began_at) * (self._steps - step) / 60:.0f}" if step > began_at else "?"
        print(f"{self._title}: step {step:.0f} of {self._steps}, {left} min left", flush=True)


def _machine(device: str) -> dict[str, Any]:
    import torch

    name = torch.cuda.get_device_name(device) if torch.device(device).type == "cuda" else _processor()
    return {"name": name, "device": device, "cores": os.cpu_count(), "threads": torch.get_num_threads()}


def _processor() -> str:
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _versions() -> dict[str, str]:
    import numpy as np
    import torch

    return {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}


def _commit() -> str:
    """Of the code that runs; it says so if the code was changed since, and if there is no knowing."""

    def git(*arguments: str) -> str:
        return subprocess.check_output(["git", *arguments], cwd=FOLDER.parent, text=True, stderr=subprocess.DEVNULL)

    try:
        changes = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":(exclude)recorded")
        return git("rev-parse", "HEAD").strip() + (" with changes" if changes else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: 0, or 1 after one line that says what was wrong."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Make a long run, and record what it gives.")
    parser.add_argument("figure", choices=FIGURES)
    parser.add_argument("--only", metavar="METHOD", help="one method of the figure; all if not given")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where to; into the package, if not given")
    parser.add_argument("--device", help="cpu, cuda or mps")
    parser.add_argument("--size", type=int, help="height and width of the pictures")
    parser.add_argument("--steps", type=int, help="of each method")
    given = parser.parse_args(arguments)
    options = {name: value for name in ("device", "size", "steps") if (value := getattr(given, name)) is not None}
    command = " ".join([COMMAND, *(sys.argv[1:] if arguments is None else arguments)])
    try:
        runs = runs_of(given.figure, **options)
        if given.only is not None:
            runs = {given.only: runs[_checks.one_of(given.only, "method", runs)]}
        record(runs, given.out or FOLDER / given.figure, command, given.device or "cpu")
    except (ValueError, TypeError, OSError, RuntimeError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
