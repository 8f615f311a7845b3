"""Test the package with the lowest versions that pyproject.toml allows, in an environment of their own: .venv-lowest.

PyTorch alone is the locked one: of its lowest version, PyPI has builds with CUDA only, gigabytes of it.
"""

import os
import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv-lowest"
AT_LEAST = re.compile(r"(?P<name>[\w.-]+)>=(?P<version>[\d.]+)")
EXTRAS = "lab,test,scale"
TESTS = ["-m", "not notebooks and not browser", "--ignore=tests/project", "-p", "no:cacheprovider", "-n", "2"]
# older packages warn of more, and of newer ones that they did not know: no errors here
TESTS += ["-o", "filterwarnings=default"]


def constraints() -> list[str]:
    """One line for each package that is needed or shown."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["lab"]]
    lowest = {found["name"]: found["version"] for line in wanted if (found := AT_LEAST.match(line))}
    locked = re.search(r"^torch==\S+", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    return [f"{name}=={version}" for name, version in lowest.items() if name != "torch"] + [locked[0] if locked else ""]


def main() -> int:
    python = FOLDER / "bin" / "python"
    if not python.exists():
        venv.create(FOLDER, with_pip=True)
    file = FOLDER / "lowest.txt"
    file.write_text("\n".join(constraints()) + "\n", encoding="utf-8")
    install = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-c",
        file,
        "-e",
        f".[{EXTRAS}]",
    ]
    if code := subprocess.call(install, cwd=ROOT):
        return code
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.call([python, "-m", "pytest", "-q", *TESTS], cwd=ROOT, env=environment)


if __name__ == "__main__":
    sys.exit(main())
