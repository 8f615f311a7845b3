"""Slider to picture: how long a reader waits, in JupyterLab with Chromium.

    python benchmarks/slider.py [--quick] [--notebooks 00 05]

For each control, in milliseconds by the page's own clock: from a key to the frame that shows the first new
picture, once with the figure at rest and once while it still refines the last picture; and from the last of
30 rapid keys to the final picture, which is as long as that setting computes. Target: at rest p95 <= 150 ms.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "browser")]

import lab  # noqa: E402
from conftest import find_chromium  # noqa: E402

TARGET = 150.0
# In the page: when the last key came, and when the first and the last picture of its setting were shown
CLOCK = """
figure => {
  const times = figure.times = {};
  const key = () => { Object.assign(times, { key: performance.now(), first: undefined, last: undefined }) };
  for (const event of ["keydown", "change"]) figure.addEventListener(event, key, true);
  const image = figure.querySelector("img");
  image.addEventListener("load", () => requestAnimationFrame(() => {
    if (image.alt !== "Figure for " + wgan.setting(figure)) return;  // one more of the setting before
    times.last = performance.now();
    times.first ??= times.last;
  }));
}
"""
# In the page: press Stop as soon as there is something to stop, until the picture is that of the controls
REST = """
figure => {
  const stop = [...figure.querySelectorAll("button")].find(button => button.textContent.trim() === "Stop");
  if (!stop.disabled) stop.click();
  const line = wgan.status(figure);
  const over = /\\((done|stopped at|this setting failed)[^()]*\\)$/.test(line);
  return stop.disabled && over && line.startsWith(wgan.setting(figure) + " (");
}
"""


@dataclass
class Waits:
    """What one control cost, each list in milliseconds."""

    notebook: str
    label: str
    at_rest: list[float]
    refining: list[float]
    rapid: float


def main() -> None:
    parser = argparse.ArgumentParser(description="Slider to picture in JupyterLab with Chromium.")
    parser.add_argument("--quick", action="store_true", help="8 moves of each control instead of 30")
    parser.add_argument("--notebooks", nargs="+", default=["00", "05"], help="how their names begin")
    options = parser.parse_args()
    chromium = find_chromium()
    if chromium is None:
        sys.exit("slider.py: no Chromium, nothing measured")
    print("| notebook | control | p50 | p95 | p95 while refining | after 30 rapid keys |")
    print("|---|---|--:|--:|--:|--:|")
    waits = []
    for each in measure(chromium, tuple(options.notebooks), 8 if options.quick else 30):
        waits.append(each)
        columns = [np.median(each.at_rest), p95(each.at_rest), p95(each.refining), each.rapid]
        print(f"| {each.notebook} | {each.label} |", " | ".join(f"{value:.0f}" for value in columns), "|", flush=True)
    every = [wait for each in waits for wait in each.at_rest]
    within = sum(p95(each.at_rest) <= TARGET for each in waits)
    print(f"\nall moves: p50 {np.median(every):.0f} ms, p95 {p95(every):.0f} ms")
    print(f"{within} of {len(waits)} controls within p95 <= {TARGET:.0f} ms")


def p95(values: list[float]) -> float:
    return float(np.percentile(values, 95))


def measure(chromium: str, names: tuple[str, ...], moves: int) -> Iterator[Waits]:
    """All controls of the notebooks whose names begin so, one after the other."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        course = Path(folder, "course")
        shutil.copytree(ROOT / "notebooks", course)
        with lab.serve(course, Path(folder)) as url:
            browser = playwright.chromium.launch(executable_path=chromium, args=lab.CHROMIUM_FLAGS)
            for path in sorted(course.glob("*.ipynb")):
                if not path.name.startswith(names):
                    continue
                page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
                notebook = lab.Notebook(page, url, path.name)
                notebook.run_all()
                for figure in notebook.figures():
                    figure.root.scroll_into_view_if_needed()
                    figure.root.evaluate(CLOCK)
                    for control in figure.controls():
                        if control.stops > 1:
                            yield _control(path.stem[:2], figure, control, moves)
                notebook.close()
            browser.close()


def _control(name: str, figure: lab.Figure, control: lab.Control, moves: int) -> Waits:
    start = control.index
    at_rest, refining = [], []
    for key in _walk(control, moves):
        _rest(figure)
        at_rest.append(_wait(figure, control, key))
    _rest(figure)
    for key in _walk(control, moves):
        refining.append(_wait(figure, control, key))
    _rest(figure)
    control.press(*control.to_and_fro, *control.keys_to(start))
    figure.settle()
    times = figure.root.evaluate("figure => figure.times")
    # a rapid series that ends where the last picture was needs no new one
    rapid = (times["last"] or times["key"]) - times["key"]
    return Waits(name, control.label, at_rest, refining, rapid)


def _walk(control: lab.Control, moves: int) -> Iterator[str]:
    """Keys that each change the value: along the slider and back, or from end to end of a menu."""
    index, last, step = control.index, control.stops - 1, 1
    for _ in range(moves):
        if control.is_menu:
            yield "Home" if index else "End"
            index = 0 if index else last
            continue
        if not 0 <= index + step <= last:
            step = -step
        index += step
        yield "ArrowRight" if step > 0 else "ArrowLeft"


def _wait(figure: lab.Figure, control: lab.Control, key: str) -> float:
    """From this key to the first new picture."""
    control.press(key)
    handle = figure.root.element_handle()
    figure.page.wait_for_function("figure => figure.times.first !== undefined", arg=handle)
    return figure.root.evaluate("figure => figure.times.first - figure.times.key")


def _rest(figure: lab.Figure) -> None:
    """End all refinement."""
    figure.page.wait_for_function(REST, arg=figure.root.element_handle())


if __name__ == "__main__":
    main()
