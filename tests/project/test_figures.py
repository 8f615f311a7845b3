"""`make figures` notices every failure, also those that stop no cell, and keeps the final picture."""

import base64
import os
import subprocess
import sys

import figures
import nbformat
import pytest
from nbformat import v4

pytestmark = pytest.mark.notebooks


@pytest.fixture
def execute(tmp_path):
    def run(*sources: str) -> figures.Executed:
        path = tmp_path / "made.ipynb"
        nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(source) for source in sources]), path)
        return figures.execute(path, timeout=60)

    return run


def test_a_notebook_that_works_has_no_errors(execute):
    ran = execute("1 + 1")
    assert ran.errors == []
    assert len(ran.notebook.cells) == 1
    assert ran.notebook.cells[0].outputs[0].data["text/plain"] == "2"
    assert ran.notebook.cells[0].execution_count == 1
    assert ran.seconds > 0
    assert ran.peak_mb > 20


def test_the_kernel_has_as_many_threads_as_the_machine_offers_whatever_the_caller_has(execute, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    ran = execute("import os; os.environ.get('OMP_NUM_THREADS')")
    assert ran.notebook.cells[0].outputs == []


def test_the_arithmetic_of_a_machine_is_the_same_at_every_call(monkeypatch):
    first = figures.arithmetic()
    assert len(first) == 16
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert figures.arithmetic() == first


def test_memory_counts_a_child_but_not_while_it_may_still_be_a_copy_of_its_parent():
    memory = figures.PeakMemory(os.getpid())
    memory.look()
    alone = memory.peak
    command = [sys.executable, "-c", "held = b'x' * 300_000_000; print('ready'); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"ready\n"
        memory.look()
        assert memory.peak < alone + 200e6
        memory.look()
        assert memory.peak > alone + 200e6
        child.kill()


def test_a_cell_that_raises_is_an_error(execute):
    assert execute("1 / 0").errors == ["cell 0: ZeroDivisionError: division by zero"]


def test_a_callback_that_raises_is_an_error(execute):
    ran = execute(
        "import ipywidgets\ndef f(n):\n    1 / n\nw = ipywidgets.interactive(f, n=(0, 3))",
        "display(w)",
        "w.children[0].value = 0",
    )
    assert "in a callback: ZeroDivisionError: division by zero" in ran.errors


def test_a_line_on_stderr_is_an_error(execute):
    assert execute("import warnings; warnings.warn('look')").errors


def test_a_message_in_place_of_a_picture_is_an_error(execute):
    ran = execute("import ipywidgets; w = ipywidgets.HTML('<p class=\"wgan-error\">no</p>'); w")
    assert any("in place of a picture" in error for error in ran.errors)


def test_the_final_picture_of_a_live_figure_is_kept_and_needs_no_kernel(execute):
    # a stand-in that shows b"first" at once and b"last" from another thread after the cell has ended
    ran = execute(
        "import ipywidgets, threading, time, base64\n"
        "class Figure(ipywidgets.VBox):\n"
        "    def _repr_mimebundle_(self, **kwargs):\n"
        "        picture = base64.b64encode(self.children[0].value).decode()\n"
        "        return {**super()._repr_mimebundle_(**kwargs), 'image/png': picture}\n"
        "image = ipywidgets.Image(value=b'first')\n"
        "def later():\n"
        "    time.sleep(0.3)\n"
        "    image.value = b'last'\n"
        "thread = threading.Thread(target=later)\n"
        "thread.start()\n"
        "Figure([image])",
        "thread.join()",
    )
    assert ran.errors == []
    data = ran.notebook.cells[0].outputs[0].data
    assert base64.b64decode(data["image/png"]) == b"last"
    assert figures.VIEW not in data
    assert "widgets" not in ran.notebook.metadata
