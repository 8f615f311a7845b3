"""What every test may ask for."""

import os
import shutil
import sys
from pathlib import Path

import hypothesis
import pytest

# CI tries the same examples each time, everyone else finds new ones; no test fails for being slow
hypothesis.settings.register_profile("ours", derandomize=bool(os.environ.get("CI")), deadline=None)
hypothesis.settings.load_profile("ours")

ROOT = Path(__file__).resolve().parent.parent
NO_CHROMIUM = "no Chromium: sudo apt-get install chromium, or make test CHROMIUM=/path/to/chrome"


def find_chromium() -> str | None:
    """The browser to drive: ``CHROMIUM``, else the first one installed."""
    names = [os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome", "chrome"]
    return next((found for name in names if name and (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser. Without one: a skip that says why; a failure in CI."""
    path = find_chromium()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(NO_CHROMIUM, pytrace=False)
        pytest.skip(NO_CHROMIUM)
    return path


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the project."""
    return ROOT


@pytest.fixture(autouse=True)
def _no_figure_stays():
    """Close what a test drew: pyplot would warn of the many figures of all tests together."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
