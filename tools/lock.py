"""Write requirements.lock: exact versions of all that pyproject.toml asks for, extras included.

Versions that are locked already stay, unless ``--upgrade`` or ``--upgrade-package NAME`` is given.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
HEADER = """\
# Exact versions of all packages that pyproject.toml asks for, with every extra.
# Written by `make lock` (pip-compile) on Linux; edit pyproject.toml instead.
"""
# they come with PyTorch's CUDA build, of its own choice; the other builds do without
CUDA = re.compile(r"(nvidia-|triton|cuda-)")


def main(arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "requirements.txt")
        if LOCK.exists():
            out.write_text(LOCK.read_text())
        command = [sys.executable, "-m", "piptools", "compile", "--quiet", "--all-extras", "--strip-extras"]
        command += ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-trusted-host"]
        command += ["--no-emit-find-links", "--no-emit-options", "--output-file", str(out)]
        if code := subprocess.call([*command, *arguments, "pyproject.toml"], cwd=ROOT):
            return code
        lines = [line for line in out.read_text().splitlines() if re.match(r"[A-Za-z0-9]", line)]
    # "torch==2.13.0+cpu" is a build that only some indexes have; "torch==2.13.0" admits it and all others
    pins = [re.sub(r"\+\w+", "", line) for line in lines if not CUDA.match(line)]
    temporary = LOCK.with_suffix(".new")
    temporary.write_text(HEADER + "\n".join(pins) + "\n")
    os.replace(temporary, LOCK)
    print(f"{LOCK.name}: {len(pins)} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
