"""What a notebook's kernel costs: memory after Run All, and seconds until the first live picture.

    python benchmarks/kernel.py [--quick] [--one-cpu]

No browser: the cells run through jupyter_client, and a message that carries a picture counts as shown.
Resident memory is what the operating system holds for the kernel; unique memory leaves out what it shares
with other processes. Target: at most 700 MB after Run All. ``--quick`` runs notebooks 00 and 05 only;
``--one-cpu`` gives them as many processors as Binder does.
"""

import argparse
import math
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
from jupyter_client import BlockingKernelClient, KernelManager
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from figures import PeakMemory  # noqa: E402

TARGET = 700
LONGEST = 300  # seconds that a cell may take
SETTLE = "from wgan_helpers import ui; ui.settle(300)"
PNG = b"\x89PNG"


@dataclass
class Cost:
    """Memory in MB, times in seconds after the kernel's start."""

    resident: float
    unique: float
    peak: float
    first_picture: float
    run_all: float


def main() -> None:
    parser = argparse.ArgumentParser(description="Memory and start of a notebook's kernel.")
    parser.add_argument("--quick", action="store_true", help="notebooks 00 and 05 only")
    parser.add_argument("--one-cpu", action="store_true", help="on one processor, as on Binder (Linux only)")
    given = parser.parse_args()
    if given.one_cpu:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # kernels inherit it
    print("| notebook | resident MB | unique MB | peak MB | first live picture s | Run All s |")
    print("|---|--:|--:|--:|--:|--:|")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        if given.quick and not path.name.startswith(("00", "05")):
            continue
        cost = measure(path)
        memory = f"{cost.resident:.0f} | {cost.unique:.0f} | {cost.peak:.0f}"
        print(f"| {path.stem} | {memory} | {cost.first_picture:.1f} | {cost.run_all:.1f} |", flush=True)
    print(f"\ntarget: at most {TARGET} MB resident after Run All")


def measure(path: Path) -> Cost:
    """Run the notebook in a fresh kernel, in its own folder; nothing is written."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    started = time.perf_counter()
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(path.parent), extra_arguments=["--log-level=ERROR"])
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        kernel = psutil.Process(manager.provisioner.pid)
        with PeakMemory(kernel.pid) as memory_of_all:
            first_picture = _run(client, [*cells, nbformat.v4.new_code_cell(SETTLE)]) - started
            run_all = time.perf_counter() - started
            memory = kernel.memory_full_info()
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return Cost(memory.rss / 1e6, memory.uss / 1e6, memory_of_all.peak / 1e6, first_picture, run_all)


def _run(client: BlockingKernelClient, cells: list[NotebookNode]) -> float:
    """Execute the cells; the time at which the first picture of a widget came, NaN if none did."""
    first_picture = float("nan")
    for cell in cells:
        request = client.execute(cell.source)
        running = True
        while running:
            # also what the live figures send from earlier cells
            message = client.get_iopub_msg(timeout=LONGEST)
            if message["msg_type"] == "error":
                raise RuntimeError("\n".join(message["content"]["traceback"]))
            if math.isnan(first_picture) and any(bytes(buffer[:4]) == PNG for buffer in message["buffers"]):
                first_picture = time.perf_counter()
            ended = message["content"].get("execution_state") == "idle"
            running = not (ended and message["parent_header"].get("msg_id") == request)
    return first_picture


if __name__ == "__main__":
    main()
