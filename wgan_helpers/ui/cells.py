"""Which notebook cell owns which widgets, so that running a cell again leaves one live figure, not two."""

from typing import Protocol


class Closable(Protocol):
    """Anything that can be shut for good."""

    def close(self) -> None: ...


_owned: dict[str, tuple[str, list[Closable]]] = {}


def adopt(widget: Closable) -> None:
    """Make ``widget`` belong to the cell that runs now; close what an earlier run of that cell made.

    Outside a notebook this does nothing.
    """
    running = _running_cell()
    if running is None:
        return
    cell, execution = running
    known, widgets = _owned.get(cell, (execution, []))
    if known != execution:
        for old in widgets:
            old.close()
        widgets = []
    _owned[cell] = (execution, [*widgets, widget])


def _running_cell() -> tuple[str, str] | None:
    """The identity of the running cell, and of this run of it."""
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    parent = getattr(get_ipython(), "parent_header", None)
    if not parent or "header" not in parent:
        return None
    # JupyterLab names the cell; other front ends do not, and there the code itself has to do
    cell = parent.get("metadata", {}).get("cellId") or parent.get("content", {}).get("code", "")
    return cell, parent["header"]["msg_id"]
