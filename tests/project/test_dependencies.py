"""One list of dependencies: whatever repeats it agrees with it."""

import re
import tomllib
from importlib.metadata import distributions

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# what conda-forge calls it: smaller builds of the same
CONDA = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base", "seaborn": "seaborn-base"}


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def lock(root):
    lines = (root / "requirements.lock").read_text().splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def test_environment_has_the_ranges_of_pyproject(root, project):
    environment = yaml.safe_load((root / "environment.yml").read_text())["dependencies"]
    wanted = set()
    for requirement in map(Requirement, project["dependencies"] + project["optional-dependencies"]["lab"]):
        name = canonicalize_name(requirement.name)
        wanted.add((CONDA.get(name, name), requirement.specifier))
    given = {
        (parsed.name, parsed.specifier)
        for line in environment
        if not re.match(r"(python=|pip$)", line) and (parsed := Requirement(line))
    }
    assert given == wanted


def test_environment_pins_a_python_that_the_package_takes(root, project):
    lines = (root / "environment.yml").read_text()
    version = re.search(r"- python=(3\.\d+)$", lines, re.MULTILINE)[1]
    assert Requirement(f"python{project['requires-python']}").specifier.contains(version)


def test_binder_has_the_same_environment(root):
    assert (root / "binder/environment.yml").read_bytes() == (root / "environment.yml").read_bytes()


def test_lock_satisfies_every_range(project, lock):
    asked = [*project["dependencies"], *(r for e in project["optional-dependencies"].values() for r in e)]
    for requirement in map(Requirement, asked):
        assert requirement.specifier.contains(lock[canonicalize_name(requirement.name)]), requirement


def test_lock_is_exact_and_names_no_machine(root, lock):
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in lock)
    assert all(re.fullmatch(r"[0-9][0-9a-z.]*", version) for version in lock.values()), "a local version?"
    assert not re.search(r"://|^-|@|/", (root / "requirements.lock").read_text(), re.MULTILINE)


def test_lock_admits_what_is_installed(lock):
    installed = {canonicalize_name(found.name): found.version for found in distributions()}
    # the peers that only benchmarks need come with `make bench`
    both = lock.keys() & installed.keys()
    different = {
        name: (lock[name], installed[name])
        for name in both
        if not Requirement(f"{name}=={lock[name]}").specifier.contains(installed[name], prereleases=True)
    }
    assert different == {}
    assert {"torch", "jupyterlab", "pytest", "dask"} <= both


def test_lock_has_no_rival_of_lapx_and_no_cuda(lock):
    assert "lapx" in lock
    assert not [name for name in lock if name == "lap" or name.startswith(("nvidia-", "triton"))]
