"""Keep each notebook and its text twin the same, and never lose an edit.

``notebooks/NAME.ipynb`` and ``notebooks/text/NAME.py`` (percent format) hold the same cells. Which of two
differing sides is the edited one is told by content, never by file times, which a clone, an archive or an
editor set as they like: the notebook's metadata carries a digest of the text on which both sides last
agreed. Without one that helps, the committed pair counts if it agrees. A side is overwritten only if it
is that earlier state; if neither is, nothing is touched, and you say which to take.
"""

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from difflib import SequenceMatcher
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
# cell metadata that belongs to the notebook alone: jupytext leaves it out of the text
NOTEBOOK_ONLY = ("ExecuteTime", "autoscroll", "collapsed", "execution", "scrolled", "trusted")


class Refused(Exception):
    """Nothing was written, for a reason that one line says."""


class Pair:
    def __init__(self, root: Path, name: str) -> None:
        self.root, self.name = root, name
        self.notebook = root / "notebooks" / f"{name}.ipynb"
        self.text = root / "notebooks" / "text" / f"{name}.py"

    def __str__(self) -> str:
        return f"{self.notebook.relative_to(self.root)} and {self.text.relative_to(self.root)}"


def pairs(root: Path = ROOT) -> list[Pair]:
    found = {path.stem for path in (root / "notebooks").glob("*.ipynb")}
    found |= {path.stem for path in (root / "notebooks" / "text").glob("*.py")}
    return [Pair(root, name) for name in sorted(found)]


def text_of(notebook: NotebookNode) -> str:
    """What ``jupytext --to py:percent -o -`` prints for the notebook."""
    return jupytext.writes(notebook, "py:percent")


def check(pair: Pair) -> str | None:
    """One line that says how the pair disagrees, or None if both sides are the same."""
    for path in (pair.notebook, pair.text):
        if not path.exists():
            return f"{path.relative_to(pair.root)} is missing"
    if _comparable(text_of(_load(pair.notebook))) != _comparable(pair.text.read_text("utf-8")):
        return f"{pair} disagree"
    return None


def sync(pair: Pair, take: str | None = None) -> str | None:
    """Make both sides agree; returns what was done in one line, None where they did already."""
    if take and not (pair.notebook.exists() and pair.text.exists()):
        raise Refused(f"there is nothing to choose between: one of {pair} is missing")
    if not pair.text.exists():
        return _from_notebook(pair, f"{pair.name}: text written from the notebook, which had none")
    text = _parse(pair.text.read_text("utf-8"), pair.name)
    if not pair.notebook.exists():
        return _from_text(pair, text, None, f"{pair.name}: notebook written from the text, which had none")
    notebook = _load(pair.notebook)

    now = {"notebook": _digest(text_of(notebook)), "text": _digest(text_of(text))}
    if now["notebook"] == now["text"]:
        if pair.text.read_text("utf-8") != text_of(notebook):
            # the same cells, spelled otherwise, such as by another version of jupytext
            return _from_notebook(pair, f"{pair.name}: text laid out as jupytext does")
        if _recorded(notebook) != now["text"]:
            _record(notebook)
            write_notebook(pair.notebook, notebook)
        return None

    edited = take or _edited_side(pair, now, _recorded(notebook))
    if take:
        saved = _back_up(pair.text if take == "notebook" else pair.notebook)
        print(f"{pair.name}: the other side is kept as {saved.relative_to(pair.root)}")
    if edited == "notebook":
        return _from_notebook(pair, f"{pair.name}: text follows the notebook")
    return _from_text(pair, text, notebook, f"{pair.name}: notebook follows the text")


def write_notebook(path: Path, notebook: NotebookNode) -> None:
    """Write the file as JupyterLab would, all of it or nothing."""
    _write(path, nbformat.writes(notebook) + "\n")


def _edited_side(pair: Pair, now: dict[str, str], recorded: str | None) -> str:
    """The side to take: the one that is not as both once were."""
    other = {"notebook": "text", "text": "notebook"}
    for base in (recorded, _committed(pair)):
        for side, digest in now.items():
            if digest == base:
                return other[side]
    raise Refused(
        f"{pair} were both edited since they last agreed, or it is not known when that was. Keep one, "
        f'the other is saved beside it: make sync ARGS="--take text {pair.name}" or '
        f'make sync ARGS="--take notebook {pair.name}"'
    )


def _from_notebook(pair: Pair, done: str) -> str:
    notebook = _load(pair.notebook)
    text = text_of(notebook)
    _refuse_if_lossy(notebook, text, pair)
    _record(notebook)
    pair.text.parent.mkdir(exist_ok=True)
    # the text first: the notebook's record must never speak of a text that was not written
    _write(pair.text, text)
    write_notebook(pair.notebook, notebook)
    return done


def _from_text(pair: Pair, text: NotebookNode, old: NotebookNode | None, done: str) -> str:
    notebook = merge(text, old, pair.name)
    _refuse_if_lossy(text, text_of(notebook), pair)
    _record(notebook)
    write_notebook(pair.notebook, notebook)
    _write(pair.text, text_of(notebook))
    return done


def merge(text: NotebookNode, old: NotebookNode | None, name: str) -> NotebookNode:
    """The text's cells, with what only the notebook holds: outputs, ids and attachments of cells."""
    old = old or nbformat.v4.new_notebook(metadata={"kernelspec": KERNEL})
    kept = {key: value for key, value in old.metadata.items() if key != "jupytext"}
    header = dict(text.metadata)
    jupytext_options = dict(header.pop("jupytext", {}))
    jupytext_options.pop("text_representation", None)
    # "-all" is how jupytext marks a text without a header; kept, it would cost the cells their tags
    if jupytext_options and jupytext_options.get("notebook_metadata_filter") != "-all":
        header["jupytext"] = jupytext_options

    attachments = {file: data for cell in old.cells for file, data in cell.get("attachments", {}).items()}
    match = _same_cells(text.cells, old.cells)
    taken = {old.cells[j].get("id") for j in match.values()}
    cells = []
    for i, cell in enumerate(text.cells):
        fresh = nbformat.from_dict(cell)
        if i in match:
            before = old.cells[match[i]]
            fresh = nbformat.from_dict({**before, "metadata": cell.metadata})
            fresh.metadata.update({k: before.metadata[k] for k in NOTEBOOK_ONLY if k in before.metadata})
        elif cell.cell_type == "markdown":
            used = {file: data for file, data in attachments.items() if f"attachment:{file}" in cell.source}
            if used:
                fresh.attachments = used
        if i not in match or not fresh.get("id"):
            fresh.id = _new_id(name, cell, taken)
        cells.append(fresh)
    return nbformat.from_dict({"cells": cells, "metadata": {**kept, **header}, "nbformat": 4, "nbformat_minor": 5})


def _same_cells(new: list[NotebookNode], old: list[NotebookNode]) -> dict[int, int]:
    """For each new cell the old one with the same source: in order first, then moved ones."""
    keys_new, keys_old = ([(cell.cell_type, cell.source) for cell in cells] for cells in (new, old))
    match = {}
    for i, j, size in SequenceMatcher(None, keys_new, keys_old, autojunk=False).get_matching_blocks():
        match.update(zip(range(i, i + size), range(j, j + size), strict=True))
    spare = [j for j in range(len(old)) if j not in match.values()]
    for i, key in enumerate(keys_new):
        moved = next((j for j in spare if keys_old[j] == key), None)
        if i not in match and moved is not None:
            match[i] = moved
            spare.remove(moved)
    return match


def _new_id(name: str, cell: NotebookNode, taken: set) -> str:
    """An id that is the same whenever the same text is synced, so that diffs stay small."""
    salt = 0
    while True:
        source = f"{name}\0{cell.cell_type}\0{cell.source}\0{salt}"
        candidate = hashlib.sha256(source.encode()).hexdigest()[:8]
        if candidate not in taken:
            taken.add(candidate)
            return candidate
        salt += 1


def _refuse_if_lossy(wanted: NotebookNode, text: str, pair: Pair) -> None:
    """Some sources do not survive the text format, such as a Markdown cell with a line ``# %%``."""

    def cells(notebook: NotebookNode) -> list[tuple[str, str]]:
        return [(cell.cell_type, cell.source.rstrip("\n")) for cell in notebook.cells]

    if cells(_parse(text, pair.name)) != cells(wanted):
        raise Refused(f"{pair.name}: a cell would change on its way through the text format; nothing written")


def _load(path: Path) -> NotebookNode:
    try:
        return nbformat.reads(path.read_text("utf-8"), as_version=4)
    except Exception as error:
        line = str(error).splitlines()[0]
        raise Refused(f"{path.name} is not a notebook that can be read ({line}); repair or delete it") from None


def _parse(text: str, name: str) -> NotebookNode:
    if re.search(r"^(<{7}|>{7}) ", text, re.MULTILINE):
        raise Refused(f"{name}.py holds conflict markers of a merge; resolve them first")
    return jupytext.reads(text, "py:percent")


def _comparable(text: str) -> str:
    """The text without the one line that depends on the installed jupytext, not on the notebook."""
    return re.sub(r"^# +jupytext_version: .*\n", "", text, count=1, flags=re.MULTILINE)


def _digest(text: str) -> str:
    return hashlib.sha256(_comparable(text).encode()).hexdigest()[:16]


def _recorded(notebook: NotebookNode) -> str | None:
    return notebook.metadata.get("wgan_helpers", {}).get("synced")


def _record(notebook: NotebookNode) -> None:
    notebook.metadata.setdefault("wgan_helpers", {})["synced"] = _digest(text_of(notebook))


def _committed(pair: Pair) -> str | None:
    """The digest of the pair in git's HEAD, if there is one and its sides agree."""
    try:
        notebook, text = (
            subprocess.run(
                ["git", "show", f"HEAD:./{path.relative_to(pair.root).as_posix()}"],
                cwd=pair.root,
                capture_output=True,
                check=True,
                encoding="utf-8",
            ).stdout
            for path in (pair.notebook, pair.text)
        )
        digests = {
            _digest(text_of(nbformat.reads(notebook, as_version=4))),
            _digest(text_of(_parse(text, pair.name))),
        }
    except Exception:
        return None  # no git, nothing committed, or unreadable: then there is no base
    return digests.pop() if len(digests) == 1 else None


def _back_up(path: Path) -> Path:
    number = 1
    while (target := path.with_name(f"{path.name}.bak{number}")).exists():
        number += 1
    target.write_bytes(path.read_bytes())
    return target


def _write(path: Path, content: str) -> None:
    """Replace the file in one step, and leave it alone where it would stay the same."""
    if path.exists() and path.read_text("utf-8") == content:
        return
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="\n", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        file.write(content)
    os.chmod(file.name, path.stat().st_mode & 0o777 if path.exists() else 0o644)
    os.replace(file.name, path)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Make notebooks and their text twins agree.")
    parser.add_argument("names", nargs="*", help="only pairs whose name starts so, such as 05")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a pair disagrees")
    parser.add_argument("--take", choices=["text", "notebook"], help="the side to keep where both were edited")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.take and not options.names:
        parser.error("--take needs the name of the pair")

    every = pairs(options.root.resolve())
    chosen = [p for p in every if not options.names or p.name.startswith(tuple(options.names))]
    if options.names and not chosen:
        parser.error(f"no notebook is named {' or '.join(options.names)}; there are {', '.join(map(str, every))}")
    failed = False
    for pair in chosen:
        try:
            said = check(pair) if options.check else sync(pair, options.take)
        except Refused as refusal:
            said, failed = str(refusal), True
        failed |= options.check and said is not None
        if said:
            print(said, file=sys.stderr if failed else sys.stdout)
    if not failed:
        print(f"{len(chosen)} pairs agree")
    elif options.check:
        print("make sync brings them together", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
