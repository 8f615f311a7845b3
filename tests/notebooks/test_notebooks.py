"""Every notebook runs from top to bottom, and what is committed is what it shows."""

import base64
import io
from pathlib import Path

import figures
import nbformat
import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.notebooks
NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def executed(request):
    return figures.execute(request.param)


@pytest.fixture(scope="module")
def arithmetic():
    return figures.arithmetic()


def shown(notebook):
    """Text and pictures by cell, except where a cell reports on the machine."""
    text, pictures = {}, {}
    for index, cell in enumerate(notebook.cells):
        if "machine" in cell.metadata.get("tags", []):
            continue
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                text[index] = text.get(index, "") + output.text
            elif "image/png" in output.data:
                pictures[index] = output.data["image/png"]
            elif "text/markdown" in output.data:
                text[index] = output.data["text/markdown"]
    return text, pictures


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert("L"), dtype=float)


def test_it_runs_without_an_error_in_cells_callbacks_or_figures(executed):
    assert executed.errors == []


def test_its_kernel_needs_less_than_a_gigabyte(executed):
    assert executed.peak_mb < 1000


def test_the_committed_outputs_are_those_of_the_committed_code(executed, arithmetic):
    committed = nbformat.read(executed.path, as_version=4)
    committed_text, committed_pictures = shown(committed)
    text, pictures = shown(executed.notebook)
    assert committed_text.keys() == text.keys()
    assert committed_pictures.keys() == pictures.keys()
    if committed.metadata["wgan_helpers"]["arithmetic"] != arithmetic:
        pytest.skip("the committed outputs are of a processor or a number of threads that rounds otherwise")
    assert committed_text == text
    for index, png in pictures.items():
        differing = np.abs(pixels(png) - pixels(committed_pictures[index])) > 32
        assert differing.mean() < 0.0005, f"the picture of cell {index} is not the committed one"


def test_a_reader_without_a_kernel_sees_a_picture_or_text_for_every_widget(executed):
    for cell in executed.notebook.cells:
        for output in cell.get("outputs", []):
            assert figures.VIEW not in output.get("data", {})


def test_every_notebook_shows_a_live_figure(executed):
    assert shown(executed.notebook)[1]


def test_the_readme_shows_the_picture_of_its_notebook(executed, root):
    picture = figures.readme_picture(nbformat.read(executed.path, as_version=4))
    if picture is None:
        pytest.skip("no cell of this notebook is for the README")
    assert (root / "notebooks" / "readme.png").read_bytes() == picture
