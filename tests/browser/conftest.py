"""One JupyterLab and one Chromium for all browser tests, on a copy of the notebooks."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
sys.path.insert(0, str(Path(__file__).parent))

import lab
from playwright.sync_api import Browser, sync_playwright

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="session")
def workspace(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What JupyterLab works on: a copy of the notebooks, so that no test writes to the repository."""
    folder = tmp_path_factory.mktemp("lab") / "course"
    shutil.copytree(root / "notebooks", folder / "notebooks", ignore=shutil.ignore_patterns(".*"))
    shutil.copy(root / "jupytext.toml", folder)
    return folder


@pytest.fixture(scope="session")
def lab_url(workspace: Path) -> Iterator[str]:
    with lab.serve(workspace, workspace.parent) as url:
        yield url


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=lab.CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def open_notebook(browser: Browser, lab_url: str) -> Iterator[Callable[[str], lab.Notebook]]:
    """Opens a notebook of the workspace, one at a time; its window and kernel end with the module."""
    opened: list[lab.Notebook] = []

    def open_(path: str) -> lab.Notebook:
        while opened:
            opened.pop().close()
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        opened.append(lab.Notebook(page, lab_url, path))
        return opened[-1]

    yield open_
    while opened:
        opened.pop().close()


@pytest.fixture(scope="session", params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest, open_notebook: Callable[[str], lab.Notebook]) -> lab.Notebook:
    """A notebook of the course after Run All: the same window for all tests of it."""
    opened = open_notebook(f"notebooks/{request.param.name}")
    opened.run_all()
    return opened


@pytest.fixture(scope="module")
def scratch(workspace: Path, open_notebook: Callable[[str], lab.Notebook]) -> Callable[..., lab.Notebook]:
    """Makes and opens a notebook of the given cells, and runs it."""

    def make(name: str, *sources: str) -> lab.Notebook:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, workspace / name)
        opened = open_notebook(name)
        opened.run_all()
        return opened

    return make


@pytest.fixture(scope="session")
def screenshots(workspace: Path) -> Path:
    """Where screenshots go: ``$SCREENSHOTS``, or beside the temporary workspace."""
    folder = Path(os.environ.get("SCREENSHOTS", workspace.parent / "screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
