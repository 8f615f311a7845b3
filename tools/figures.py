"""Run the notebooks and keep what they showed, so that a reader without a kernel sees every picture.

A run fails on an exception anywhere: in a cell, in a widget's callback (which stops no cell), in a live
figure (which shows it in place of the picture), or as a line on stderr.
"""

import argparse
import base64
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from sync import ROOT, write_notebook

VIEW = "application/vnd.jupyter.widget-view+json"
WIDGETS = "application/vnd.jupyter.widget-state+json"
FALLBACKS = ("image/png", "text/html", "text/markdown")
MOST_BYTES = 2_000_000
# Executed after the last cell, stored nowhere. The kernel is asked for the widgets' state because a
# client sees only the messages that belong to a cell, and worker threads send others.
SETTLE = """
import json, pathlib
import ipywidgets
from wgan_helpers import ui
try:
    ui.settle()
finally:
    pathlib.Path({file!r}).write_text(json.dumps(ipywidgets.Widget.get_manager_state()))
"""

# Training enlarges the last bit of a product, in which processors and numbers of threads differ.
TRAIN = """
import hashlib
from wgan_helpers.lessons import potentials
trained = potentials.measure(["lipschitz", "c-eps-transform"], steps=50, data="Gaussian")
print(hashlib.sha256(trained["critic"].to_numpy().tobytes()).hexdigest()[:16])
"""

State = dict[str, dict[str, Any]]


@dataclass
class Executed:
    """A notebook that ran: with its outputs, what it cost, and one line for each thing that went wrong."""

    path: Path
    notebook: NotebookNode
    seconds: float
    peak_mb: float
    errors: list[str]


def execute(path: Path, timeout: float = 300) -> Executed:
    """Run the notebook in a fresh kernel, wait for its live figures, and put their pictures in place.

    ``timeout`` is in seconds, for one cell. Nothing is written.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    cells = list(notebook.cells)
    errors: list[str] = []
    state: State = {}
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, client.setup_kernel(env=_environment()):
        file = Path(folder, "widgets.json")
        hidden = nbformat.v4.new_code_cell(SETTLE.format(file=str(file)))
        notebook.cells.append(hidden)
        with PeakMemory(client.km.provisioner.pid) as memory:
            try:
                for index, cell in enumerate(notebook.cells):
                    client.execute_cell(cell, index, store_history=cell is not hidden)
            except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
                where = "after the last cell" if cell is hidden else f"cell {index}"
                errors.append(f"{where}: {_last_line(error)}")
        if file.exists():
            state = json.loads(file.read_text())["state"]
    seconds = time.perf_counter() - started
    client.set_widgets_metadata()
    notebook.cells = cells

    # the client plays the front end for Output widgets, so what they captured is known to it alone
    captured = notebook.metadata.pop("widgets", {}).get(WIDGETS, {}).get("state", {})
    errors += _errors_in_cells(cells) + _errors_in_widgets(captured) + _errors_in_widgets(state)
    _keep_pictures(cells, state)
    notebook.metadata.get("language_info", {}).pop("version", None)
    return Executed(path, notebook, seconds, memory.peak / 1e6, list(dict.fromkeys(errors)))


def arithmetic() -> str:
    """Digest of what a short training gives on this machine: where it is the same, so is every output."""
    return subprocess.check_output([sys.executable, "-c", TRAIN], env=_environment(), text=True).strip()


def _environment() -> dict[str, str]:
    """This process's variables but those that set how many threads share a sum, and so how it is rounded."""
    return {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}


class PeakMemory:
    """The most memory that a process and its children have held together, in bytes, while in the block.

    A child counts from the second look at it: until it runs a program of its own, it shows its parent's memory.
    """

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._children: set[psutil.Process] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak = 0

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            with contextlib.suppress(psutil.NoSuchProcess):  # a child that has just ended, or a kernel that died
                self.look()

    def look(self) -> None:
        """Compare what is held now with the most so far."""
        children = set(self._process.children(recursive=True))
        known, self._children = children & self._children, children
        self.peak = max(self.peak, sum(process.memory_info().rss for process in (self._process, *known)))


def _errors_in_cells(cells: list[NotebookNode]) -> list[str]:
    """What was printed on stderr: warnings too, since readers would meet them in red."""
    return [
        f"cell {index}: on stderr: {_last_line(output.text)}"
        for index, cell in enumerate(cells)
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stderr"
    ]


def _errors_in_widgets(state: State) -> list[str]:
    """Exceptions that stopped no cell: captured by an Output widget, or shown by a live figure."""
    errors = []
    for model in state.values():
        values = model.get("state", {})
        for output in values.get("outputs") or []:
            if output.get("output_type") == "error":
                errors.append(f"in a callback: {output.get('ename')}: {output.get('evalue')}")
        if "wgan-error" in str(values.get("value", "")):
            errors.append(f"in place of a picture: {values['value']}")
    return errors


def _keep_pictures(cells: list[NotebookNode], state: State) -> None:
    """Put each live figure's last picture into the output, and drop the view that needs a kernel."""
    for cell in cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            view = data.get(VIEW)
            if not view:
                continue
            pictures = list(_pictures(view["model_id"], state))
            if len(pictures) == 1:  # also where showing the widget did not wait for the first one
                data["image/png"] = pictures[0]
            # a reader without a kernel would be shown "Error displaying widget" instead of the picture
            if any(kind in data for kind in FALLBACKS):
                del data[VIEW]


def readme_picture(notebook: NotebookNode) -> bytes | None:
    """The picture of the cell with the tag ``readme``, if there is one."""
    for cell in notebook.cells:
        if "readme" in cell.metadata.get("tags", []):
            for output in cell.get("outputs", []):
                if "image/png" in output.get("data", {}):
                    return base64.b64decode(output["data"]["image/png"])
    return None


def _pictures(model_id: str, state: State) -> Iterator[str]:
    """The images within a widget, as PNG files in base64."""
    model = state.get(model_id, {})
    if model.get("model_name") in ("ImageModel", "AnyModel"):
        for buffer in model.get("buffers", []):
            if buffer["path"] == ["value"]:
                # as IPython writes pictures: one line, and a newline at its end
                yield base64.b64encode(base64.b64decode(buffer["data"])).decode() + "\n"
    for child in model.get("state", {}).get("children") or []:
        yield from _pictures(child.removeprefix("IPY_MODEL_"), state)


def _last_line(error: object) -> str:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    lines = [line for line in plain.splitlines() if line.strip()]
    return lines[-1] if lines else repr(error)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Run the notebooks and store what they show.")
    parser.add_argument("names", nargs="*", help="only notebooks whose name starts so, such as 05")
    parser.add_argument("--seconds", type=float, default=60, help="most that a notebook may take")
    parser.add_argument("--megabytes", type=float, default=1000, help="most memory that its kernel may hold")
    options = parser.parse_args(arguments)
    paths = sorted((ROOT / "notebooks").glob("*.ipynb"))
    chosen = [path for path in paths if not options.names or path.name.startswith(tuple(options.names))]
    if not chosen:
        parser.error(f"no notebook is named {' or '.join(options.names) or '*.ipynb'}")

    failed = False
    digest = arithmetic()
    for path in chosen:
        ran = execute(path)
        errors = list(ran.errors)
        if ran.seconds > options.seconds:
            errors.append(f"took {ran.seconds:.0f} s, more than {options.seconds:g} (--seconds)")
        if ran.peak_mb > options.megabytes:
            errors.append(f"held {ran.peak_mb:.0f} MB, more than {options.megabytes:g} (--megabytes)")
        size = len(nbformat.writes(ran.notebook).encode())
        if size > MOST_BYTES:
            errors.append(f"would be a file of {size / 1e6:.1f} MB, more than {MOST_BYTES / 1e6:g}")
        print(f"{path.name:32} {ran.seconds:6.1f} s {ran.peak_mb:6.0f} MB peak {size / 1e6:6.2f} MB file", flush=True)
        for error in errors:
            print(f"{path.name}: {error}", file=sys.stderr)
        if errors:
            failed = True
        else:
            ran.notebook.metadata.setdefault("wgan_helpers", {})["arithmetic"] = digest
            write_notebook(path, ran.notebook)
            if picture := readme_picture(ran.notebook):
                (ROOT / "notebooks" / "readme.png").write_bytes(picture)
    if failed:
        print("the notebooks with errors were left as they were", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
