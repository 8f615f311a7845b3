"""How quickly faces are drawn, and what memory that takes beyond the pictures themselves.

    python benchmarks/faces.py [--quick]

Target: 10,000 faces of 64 × 64 in at most 10 seconds and 200 MB on two cores. Each size is drawn in a process
of its own, since a process keeps its peak of memory. ``--quick`` draws a tenth.
"""

import argparse
import resource
import subprocess
import sys
import time

import torch

from wgan_helpers.images import faces

COUNTS = {16: 20_000, 32: 20_000, 64: 10_000, 128: 2_000}


def main() -> None:
    parser = argparse.ArgumentParser(description="Faces per second.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the faces")
    parser.add_argument("--size", type=int, help="this size only, in this process")
    arguments = parser.parse_args()
    if arguments.size:
        print(measure(arguments.size, COUNTS[arguments.size] // (10 if arguments.quick else 1)))
        return
    print(f"{torch.get_num_threads()} threads\n")
    print("| pixels | faces | seconds | faces per second | MB beyond the pictures |")
    print("|--:|--:|--:|--:|--:|")
    for size in COUNTS:
        command = [sys.executable, __file__, "--size", str(size)] + ["--quick"] * arguments.quick
        subprocess.run(command, check=True)


def measure(size: int, count: int) -> str:
    """One row of the table."""
    people = faces.random_factors(count)
    faces.draw(people[:8], size)
    before = _peak()
    started = time.perf_counter()
    pixels = faces.draw(people, size)
    seconds = time.perf_counter() - started
    memory = _peak() - before - pixels.nbytes / 1e6
    return f"| {size} | {count} | {seconds:.1f} | {count / seconds:.0f} | {memory:.0f} |"


def _peak() -> float:
    """The most memory this process has held, in MB; Linux counts it in kB, macOS in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    main()
