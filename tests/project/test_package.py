"""What importing the package costs, and what is shipped with it."""

import subprocess
import sys
import tomllib

import wgan_helpers

HEAVY = ["torch", "numba", "scipy", "pandas", "matplotlib", "seaborn", "ipywidgets", "sklearn", "ot", "numpy"]


def test_importing_the_package_imports_nothing_heavy():
    code = f"import sys, wgan_helpers; print([name for name in {HEAVY} if name in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    assert printed.strip() == "[]"


def test_version_is_that_of_the_project(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert wgan_helpers.__version__ == project["version"]
    assert f"version: {project['version']}\n" in (root / "CITATION.cff").read_text()


def test_type_hints_are_shipped(root):
    assert (root / "wgan_helpers/py.typed").exists()


def test_a_machine_is_told_in_one_line_what_it_lacks(root, tmp_path):
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    for file in ("Makefile", "requirements.lock", "pyproject.toml"):
        (tmp_path / file).write_bytes((root / file).read_bytes())
    made = subprocess.run(["make", "setup", f"PYTHON={old}"], cwd=tmp_path, capture_output=True, check=False, text=True)
    assert made.returncode != 0
    assert "Python 3.11 or newer is needed" in made.stderr.splitlines()[0]
