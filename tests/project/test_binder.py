"""Binder builds what we mean: its own library says what it would choose, and the scripts are run."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml
from repo2docker.app import Repo2Docker


@pytest.fixture
def choice(root, monkeypatch):
    """The build pack that repo2docker picks for this repository."""
    monkeypatch.chdir(root)
    app = Repo2Docker()
    packs = [kind(app.base_image) for kind in app.buildpacks]
    return next(pack for pack in packs if pack.detect())


def test_binder_chooses_conda_and_finds_our_files(choice):
    assert type(choice).__name__ == "CondaBuildPack"
    assert Path(choice.binder_path("environment.yml")) == Path("binder/environment.yml")
    assert [Path(script) for script in choice.get_post_build_scripts()] == [Path("binder/postBuild")]
    assert Path(choice.get_start_script()) == Path("${REPO_DIR}/binder/start")


def test_binder_uses_the_python_that_we_pin(choice, root):
    environment = yaml.safe_load((root / "binder/environment.yml").read_text())
    assert f"python={choice.python_version}" in environment["dependencies"]


@pytest.mark.parametrize("script", ["postBuild", "start"])
def test_scripts_can_be_executed(root, script):
    assert os.access(root / "binder" / script, os.X_OK)
    assert (root / "binder" / script).read_bytes().startswith(b"#!/bin/bash\n")


def test_start_caps_threads_and_hands_over(root):
    clean = {name: value for name, value in os.environ.items() if not name.endswith("_THREADS")}
    command = ["sh", "-c", 'echo "$OMP_NUM_THREADS $NUMBA_NUM_THREADS $1"; exit 7', "sh", "two words"]
    ran = subprocess.run([root / "binder/start", *command], env=clean, capture_output=True, check=False)
    assert ran.stdout.decode().split("\n")[0] == "1 1 two words"
    assert ran.returncode == 7


def test_post_build_installs_the_package_and_compiles(root, tmp_path):
    copy = tmp_path / "repo"
    copy.mkdir()
    for part in ("wgan_helpers", "tools", "binder"):
        shutil.copytree(root / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(root / part, copy)
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    # as after conda: the packages are there, ours is not
    site = next((venv / "lib").glob("python*/site-packages"))
    (site / "environment.pth").write_text(sysconfig.get_path("purelib"))
    environment = {**os.environ, "PATH": f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    built = subprocess.run(
        [copy / "binder/postBuild"], cwd=copy, env=environment, capture_output=True, check=False, text=True
    )
    assert built.returncode == 0, built.stderr
    assert "compiled code and faces are ready" in built.stdout
    assert list(site.glob("wgan_helpers/transport/__pycache__/*.nbi"))
    where = subprocess.run(
        [venv / "bin/python", "-c", "import wgan_helpers; print(wgan_helpers.__file__)"],
        cwd=tmp_path, env=environment, capture_output=True, check=True, text=True,
    ).stdout  # fmt: skip
    assert Path(where).is_relative_to(site)
    settings = venv / "share/jupyter/lab/settings/overrides.json"
    assert settings.read_bytes() == (root / "binder/overrides.json").read_bytes()


def test_post_build_stops_at_the_first_failure(root, tmp_path):
    (tmp_path / "python").write_text("#!/bin/sh\necho called >> calls\nexit 3\n")
    (tmp_path / "python").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    built = subprocess.run([root / "binder/postBuild"], cwd=tmp_path, env=environment, check=False)
    assert built.returncode == 3
    assert (tmp_path / "calls").read_text() == "called\n"
