"""Measure every claim of the paper anew, store the numbers, and write REPLICATION.md from them."""

import argparse
import shutil
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import groupby
from pathlib import Path

from wgan_helpers import record
from wgan_helpers.lessons.replication import CLAIMS, recordable, report
from wgan_helpers.recorded.reading import FOLDER

ROOT = Path(__file__).parents[1]
STORED = FOLDER / "replication"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    measured = list(recordable())
    parser.add_argument("--only", nargs="+", choices=measured, help="these claims; the others stay as they are stored")
    parser.add_argument("--render", action="store_true", help="only write REPLICATION.md, from what is stored")
    given = parser.parse_args()
    if not given.render:
        measure(given.only or measured)
    (ROOT / "REPLICATION.md").write_text(report.document(), encoding="utf-8")


def measure(names: list[str]) -> None:
    """Claims that share a figure share measurements, so they are measured by one process, one after the other."""

    def figure_of(name: str) -> tuple[str, int]:
        return CLAIMS[name].notebook, CLAIMS[name].part

    parts = [list(part) for _, part in groupby(sorted(names, key=figure_of), key=figure_of)]
    began = time.monotonic()
    # what was stored stays whole until all is measured
    with tempfile.TemporaryDirectory() as fresh, ProcessPoolExecutor(2) as pool:
        futures = [pool.submit(measure_part, part, Path(fresh)) for part in parts]
        for done, future in enumerate(as_completed(futures), start=1):
            print(
                f"{done} of {len(parts)} parts, {time.monotonic() - began:.0f} s: {', '.join(future.result())}",
                flush=True,
            )
        if len(names) == len(recordable()):
            shutil.rmtree(STORED, ignore_errors=True)
        STORED.mkdir(exist_ok=True)
        for path in Path(fresh).iterdir():
            shutil.copy(path, STORED / path.name)


def measure_part(names: list[str], folder: Path) -> list[str]:
    import torch

    torch.set_num_threads(1)  # there is a process for each core
    runs = recordable()
    record.record({name: runs[name] for name in names}, folder, "make replication")
    return names


if __name__ == "__main__":
    main()
