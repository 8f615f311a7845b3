"""`make sync` makes a pair agree, and loses no edit whatever the file times say."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import sync
from nbformat import v4

CELLS = [("markdown", "# Title"), ("code", "x = 1"), ("code", "x + 1")]


@pytest.fixture
def pair(tmp_path: Path) -> sync.Pair:
    """A pair that agrees, executed, in a folder that git does not know."""
    made = sync.Pair(tmp_path, "05_example")
    made.notebook.parent.mkdir()
    cells = [getattr(v4, f"new_{kind}_cell")(source) for kind, source in CELLS]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    cells[1].metadata.tags = ["parameters"]
    cells[2].outputs = [v4.new_output("execute_result", {"text/plain": "2"}, execution_count=2)]
    cells[2].execution_count = 2
    cells[2].metadata.collapsed = True
    sync.write_notebook(made.notebook, v4.new_notebook(cells=cells, metadata={"kernelspec": sync.KERNEL}))
    assert run(tmp_path) == 0
    return made


def run(root: Path, *arguments: str) -> int:
    return sync.main(["--root", str(root), *arguments])


def edit_text(pair: sync.Pair, old: str, new: str) -> None:
    before = pair.text.read_text()
    assert old in before
    pair.text.write_text(before.replace(old, new))


def edit_notebook(pair: sync.Pair, cell: int, source: str) -> None:
    notebook = nbformat.read(pair.notebook, as_version=4)
    notebook.cells[cell].source = source
    nbformat.write(notebook, pair.notebook)


def sources(pair: sync.Pair) -> list[str]:
    return [cell.source for cell in nbformat.read(pair.notebook, as_version=4).cells]


def content(pair: sync.Pair) -> tuple[bytes, bytes]:
    return pair.notebook.read_bytes(), pair.text.read_bytes()


def commit(root: Path) -> None:
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *command], cwd=root, check=True)


def forget_base(pair: sync.Pair) -> None:
    notebook = nbformat.read(pair.notebook, as_version=4)
    del notebook.metadata["wgan_helpers"]
    nbformat.write(notebook, pair.notebook)


def test_every_pair_of_the_course_agrees(root):
    assert [said for pair in sync.pairs(root) if (said := sync.check(pair))] == []


def test_text_is_what_jupytext_prints(pair):
    command = [sys.executable, "-m", "jupytext", "--to", "py:percent", "-o", "-", str(pair.notebook)]
    printed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    assert pair.text.read_text() == printed


def test_nothing_is_written_where_both_sides_agree(pair):
    before = content(pair)
    assert run(pair.root) == 0
    assert content(pair) == before


def test_an_edit_of_the_text_reaches_the_notebook_and_the_other_outputs_stay(pair):
    edit_text(pair, "x = 1", "x = 7")
    assert run(pair.root) == 0
    assert sources(pair) == ["# Title", "x = 7", "x + 1"]
    cells = nbformat.read(pair.notebook, as_version=4).cells
    assert [cells[0].id, cells[2].id] == ["cell-0", "cell-2"]
    assert cells[1].metadata.tags == ["parameters"]
    assert cells[2].outputs[0].data["text/plain"] == "2"
    assert cells[2].execution_count == 2
    assert cells[2].metadata.collapsed


def test_a_changed_cell_drops_its_output(pair):
    edit_text(pair, "x + 1", "x + 2")
    assert run(pair.root) == 0
    assert nbformat.read(pair.notebook, as_version=4).cells[2].outputs == []


def test_new_cells_get_the_same_ids_whenever_the_same_text_is_synced(pair):
    before = pair.notebook.read_bytes()
    edit_text(pair, "# %%\nx + 1", "# %%\ny = 3\n\n# %%\ny = 3\n\n# %%\nx + 1")
    assert run(pair.root) == 0
    first = pair.notebook.read_bytes()
    pair.notebook.write_bytes(before)
    assert run(pair.root) == 0
    assert pair.notebook.read_bytes() == first
    ids = [cell.id for cell in nbformat.read(pair.notebook, as_version=4).cells]
    assert len(set(ids)) == 5


def test_a_moved_cell_keeps_its_output_and_id(pair):
    edit_text(pair, '# %% tags=["parameters"]\nx = 1\n\n# %%\nx + 1', '# %%\nx + 1\n\n# %% tags=["parameters"]\nx = 1')
    assert run(pair.root) == 0
    cells = nbformat.read(pair.notebook, as_version=4).cells
    assert [cell.id for cell in cells] == ["cell-0", "cell-2", "cell-1"]
    assert cells[1].outputs


def test_an_image_in_a_markdown_cell_survives_an_edit_of_its_text(pair):
    notebook = nbformat.read(pair.notebook, as_version=4)
    notebook.cells[0].source = "# Title\n![](attachment:a.png)"
    notebook.cells[0].attachments = {"a.png": {"image/png": "AAAA"}}
    nbformat.write(notebook, pair.notebook)
    assert run(pair.root) == 0
    edit_text(pair, "# Title", "# Other title")
    assert run(pair.root) == 0
    assert nbformat.read(pair.notebook, as_version=4).cells[0].attachments == {"a.png": {"image/png": "AAAA"}}


def test_a_new_tag_in_the_text_reaches_the_notebook(pair):
    edit_text(pair, '["parameters"]', '["parameters", "hidden"]')
    assert run(pair.root) == 0
    assert nbformat.read(pair.notebook, as_version=4).cells[1].metadata.tags == ["parameters", "hidden"]


def test_an_edit_of_the_notebook_reaches_the_text(pair):
    edit_notebook(pair, 1, "x = 9")
    assert run(pair.root) == 0
    assert "x = 9" in pair.text.read_text()
    assert run(pair.root, "--check") == 0


@pytest.mark.parametrize("side", ["text", "notebook"])
def test_an_older_edit_beats_a_newer_file(pair, side):
    if side == "text":
        edit_text(pair, "x = 1", "x = 5")
        edited, other = pair.text, pair.notebook
    else:
        edit_notebook(pair, 1, "x = 5")
        edited, other = pair.notebook, pair.text
    os.utime(edited, (1_000_000, 1_000_000))
    os.utime(other, (2_000_000_000, 2_000_000_000))
    assert run(pair.root) == 0
    assert sources(pair)[1] == "x = 5"
    assert "x = 5" in pair.text.read_text()


def test_edits_take_turns_without_a_commit_in_between(pair):
    commit(pair.root)
    for number in range(3):
        edit_text(pair, "x + 1" if number == 0 else f"x + 1{number - 1}", f"x + 1{number}")
        assert run(pair.root) == 0
        edit_notebook(pair, 1, f"x = 2{number}")
        assert run(pair.root) == 0
        assert sources(pair)[1:] == [f"x = 2{number}", f"x + 1{number}"]


def test_two_edits_are_refused_and_both_stay(pair, capsys):
    edit_text(pair, "x = 1", "x = 2")
    edit_notebook(pair, 1, "x = 3")
    before = content(pair)
    assert run(pair.root) == 1
    assert content(pair) == before
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    for part in ("notebooks/05_example.ipynb", "text/05_example.py", "--take text", "--take notebook"):
        assert part in said.replace(os.sep, "/")


@pytest.mark.parametrize(("side", "value"), [("text", "x = 2"), ("notebook", "x = 3")])
def test_taking_one_side_keeps_the_other_as_a_backup(pair, side, value):
    edit_text(pair, "x = 1", "x = 2")
    edit_notebook(pair, 1, "x = 3")
    notebook, text = content(pair)
    for _ in range(2):  # a second choice must not overwrite the first backup
        pair.notebook.write_bytes(notebook)
        pair.text.write_bytes(text)
        assert run(pair.root, "--take", side, "05") == 0
        assert sources(pair)[1] == value
        assert value in pair.text.read_text()
    lost = pair.notebook if side == "text" else pair.text
    for number in (1, 2):
        saved = lost.with_name(f"{lost.name}.bak{number}").read_bytes()
        assert saved == (notebook if side == "text" else text)


def test_without_a_known_base_a_disagreement_is_refused(pair):
    edit_text(pair, "x = 1", "x = 2")
    forget_base(pair)
    before = content(pair)
    assert run(pair.root) == 1
    assert content(pair) == before


def test_the_committed_pair_is_the_base_where_none_is_recorded(pair):
    forget_base(pair)
    commit(pair.root)
    edit_text(pair, "x = 1", "x = 2")
    assert run(pair.root) == 0
    assert sources(pair)[1] == "x = 2"


def test_a_save_of_both_sides_by_jupyterlab_is_a_new_base(pair):
    edit_text(pair, "x = 1", "x = 4")
    edit_notebook(pair, 1, "x = 4")
    assert run(pair.root) == 0
    edit_text(pair, "x = 4", "x = 5")
    assert run(pair.root) == 0
    assert sources(pair)[1] == "x = 5"


def test_an_archive_without_git_knows_its_base(pair, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    shutil.unpack_archive(shutil.make_archive(str(folder / "course"), "zip", pair.root), folder / "course")
    unpacked = sync.Pair(folder / "course", pair.name)
    edit_text(unpacked, "x = 1", "x = 6")
    assert run(unpacked.root) == 0
    assert sources(unpacked)[1] == "x = 6"


@pytest.mark.parametrize("side", ["text", "notebook"])
def test_a_missing_side_is_made_from_the_other(pair, side):
    before = sources(pair)
    getattr(pair, side).unlink()
    assert run(pair.root, "--check") == 1
    assert run(pair.root) == 0
    assert sources(pair) == before
    assert run(pair.root, "--check") == 0


def test_a_text_without_a_header_becomes_a_notebook_that_has_a_kernel(tmp_path):
    made = sync.Pair(tmp_path, "new")
    made.text.parent.mkdir(parents=True)
    made.text.write_text('# %% [markdown]\n# Hello\n\n# %% tags=["parameters"]\n1\n')
    assert run(tmp_path) == 0
    notebook = nbformat.read(made.notebook, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.cells[1].metadata.tags == ["parameters"]
    assert "jupytext" not in notebook.metadata
    assert "display_name" in made.text.read_text()
    assert run(tmp_path, "--check") == 0


@pytest.mark.parametrize("broken", ["", "{", '{"cells": 3}', "<<<<<<< HEAD\n"])
def test_a_notebook_that_cannot_be_read_is_refused_in_one_line(pair, broken, capsys):
    pair.notebook.write_text(broken)
    before = content(pair)
    assert run(pair.root) == 1
    assert content(pair) == before
    assert "05_example.ipynb" in capsys.readouterr().err


def test_conflict_markers_never_become_cells(pair):
    edit_text(pair, "x = 1", "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> other")
    before = content(pair)
    assert run(pair.root) == 1
    assert content(pair) == before


def test_a_cell_that_the_text_cannot_hold_is_refused(pair):
    edit_notebook(pair, 1, "x = 1\n# %%\ny = 2")
    before = content(pair)
    assert run(pair.root) == 1
    assert content(pair) == before
