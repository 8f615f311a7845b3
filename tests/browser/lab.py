"""JupyterLab as a reader uses it: a server, one notebook in Chromium, its live figures and their controls."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, TimeoutError

WAIT = 90_000
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
HELPERS = Path(__file__).with_name("lab.js").read_text(encoding="utf-8")
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "docmanager-extension/plugin": {"autosave": False},  # a test says when it saves
}


@contextmanager
def serve(folder: Path, home: Path) -> Iterator[str]:
    """JupyterLab on ``folder``, its settings, logs and workspaces below ``home``: the URL with its token."""
    settings = home / "settings"
    for plugin, values in SETTINGS.items():
        file = settings / f"@jupyterlab/{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(values), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    environment = os.environ | {
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", f"--port={port}"]
    command += [f"--ServerApp.root_dir={folder}", f"--IdentityProvider.token={token}", "--ServerApp.port_retries=0"]
    command += ["--LabApp.expose_app_in_browser=True"]
    url = f"http://127.0.0.1:{port}"
    with open(home / "server.log", "w", encoding="utf-8") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
        try:
            _wait_for(f"{url}/api?token={token}", server, home / "server.log")
            yield f"{url}/lab?token={token}"
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()


def _wait_for(url: str, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + WAIT / 1000
    while server.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')}")


class Notebook:
    """One notebook, open in its own JupyterLab window."""

    def __init__(self, page: Page, url: str, name: str) -> None:
        self.page, self.name = page, name
        self.complaints: list[str] = []
        page.set_default_timeout(WAIT)
        page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.add_init_script(HELPERS)
        # a workspace of its own, so that no other notebook is restored beside it
        page.goto(url.replace("/lab?", f"/lab/workspaces/{secrets.token_hex(4)}/tree/{name}?"))
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait for the notebook to be shown, and for its kernel."""
        self.page.wait_for_function("globalThis.jupyterapp?.shell.currentWidget?.context?.isReady")
        self.page.wait_for_function("wgan.kernel?.status === 'idle'")

    def command(self, name: str) -> None:
        """Do what a menu entry of JupyterLab does, and wait until it is done."""
        self.page.evaluate("name => wgan.command(name)", name)
        self.page.wait_for_function("wgan.over")

    def shut_down(self) -> None:
        """End the kernel and close the window."""
        self.page.evaluate("wgan.panel.sessionContext.shutdown()")
        self.page.close()

    def run_all(self) -> None:
        """Run all cells, and wait until every live figure shows its final picture."""
        self.command("notebook:run-all-cells")
        self.settle()

    def run_cell(self, index: int, source: str | None = None) -> None:
        """Run one cell, with another ``source`` if given, and wait for it and its figures."""
        self.page.evaluate("([index, source]) => wgan.edit(index, source)", [index, source])
        self.command("notebook:run-cell")
        self.settle()

    def reload(self) -> None:
        """Save, and load the page again: the kernel lives on."""
        self.command("docmanager:save")
        self.page.reload()
        self.wait_until_ready()

    def close(self) -> None:
        """Close the window and end the kernel."""
        self.page.evaluate("jupyterapp.serviceManager.sessions.shutdownAll()")
        self.page.context.close()

    def start_cell(self, index: int) -> None:
        """Run one cell and wait for its figures to appear, not for their pictures."""
        self.page.evaluate("index => { wgan.panel.content.activeCellIndex = index }", index)
        self.command("notebook:run-cell")
        self.cell(index).locator(".wgan-live img").wait_for()

    def restart_kernel(self) -> None:
        """Restart without asking."""
        self.page.evaluate("wgan.kernel.restart()")
        self.page.wait_for_function("wgan.kernel?.status === 'idle'")

    def cell(self, index: int) -> Locator:
        """One cell with its output."""
        return self.page.locator(".jp-Cell").nth(index)

    def figure_in(self, index: int) -> "Figure":
        """The one live figure of a cell."""
        return Figure(self.cell(index).locator(".wgan-live"))

    def settle(self) -> None:
        """Wait until every live figure shows the final picture of its setting, and every player one."""
        self.page.wait_for_function("wgan.kernel?.status === 'idle'", timeout=3 * WAIT)
        for figure in self.figures():
            figure.settle()
        for player in self.players():
            player.root.locator("img[src]").wait_for()

    def figures(self) -> list["Figure"]:
        """The live figures, from top to bottom."""
        return [Figure(root) for root in self.page.locator(".wgan-live").all()]

    def players(self) -> list["Player"]:
        """The players, from top to bottom."""
        return [Player(root) for root in self.page.locator(".wgan-player").all()]

    def widgets(self, kind: str) -> list[Locator]:
        """The predictions (``"predict"``) or the exercises (``"exercise"``), from top to bottom."""
        return self.page.locator(f".wgan-{kind}").all()

    def cell_of(self, widget: Locator) -> int:
        """The index of the cell whose output the widget is."""
        return widget.evaluate("e => wgan.panel.content.widgets.findIndex(cell => cell.node.contains(e))")

    def source(self, index: int) -> str:
        """What a cell says."""
        return self.page.evaluate("index => wgan.panel.content.widgets[index].model.sharedModel.getSource()", index)

    def python(self, code: str, expression: str = "None") -> str:
        """Run ``code`` in the kernel as no cell; the value of ``expression`` afterwards, as text."""
        return self.page.evaluate("([code, value]) => wgan.python(code, value)", [code, expression])

    def errors(self) -> list[str]:
        """Everything on the page that tells of something that went wrong."""
        found = [f"console: {line}" for line in self.complaints]
        for kind in ('[data-mime-type$="jupyter.error"]', '[data-mime-type$="jupyter.stderr"]', ".wgan-error"):
            found += [f"{kind}: {text}" for text in self.page.locator(kind).all_text_contents()]
        if self.page.get_by_text("Error displaying widget").count():
            found.append("Error displaying widget")
        return found


class Figure:
    """A live figure: controls, buttons, a status line and a picture."""

    def __init__(self, root: Locator) -> None:
        self.root, self.page = root, root.page

    def controls(self) -> list["Control"]:
        """Sliders and menus that can be moved, in the order of the Tab key."""
        found = [Control(self, root) for root in self.root.locator(".widget-slider, .widget-dropdown").all()]
        return [control for control in found if not control.is_disabled]

    def control(self, label: str) -> "Control":
        """The control with this label."""
        return next(control for control in self.controls() if control.label == label)

    def button(self, name: str) -> Locator:
        """\"Stop\" or \"Paper's setting\"."""
        return self.root.get_by_role("button", name=name)

    def status(self) -> str:
        """The line beside the buttons."""
        return self.root.evaluate("figure => wgan.status(figure)")

    def setting(self) -> str:
        """What the controls show, written as the status line writes it."""
        return self.root.evaluate("figure => wgan.setting(figure)")

    def settle(self) -> str:
        """Wait until the picture is final for what the controls show; the status line then."""
        # once the kernel has answered this, it has dealt with what was pressed before
        self.page.evaluate("wgan.python('')")
        # the largest study of losses trains 700 models: 75 s here, more on a crowded machine
        self.page.wait_for_function("figure => wgan.settled(figure)", arg=self.root.element_handle(), timeout=3 * WAIT)
        return self.status()

    def finish(self, patience: float = 2.0) -> str:
        """As :meth:`settle`, but press Stop where that takes more than ``patience`` seconds."""
        try:
            self.page.wait_for_function(
                "figure => wgan.settled(figure)", arg=self.root.element_handle(), timeout=1000 * patience
            )
        except TimeoutError:
            stop = self.button("Stop")
            if stop.is_enabled():
                stop.click()
        return self.settle()

    def pixels(self) -> int:
        """A number for the pixels of the picture: another picture, another number."""
        return self.root.evaluate("figure => wgan.pixels(figure)")

    def watch(self) -> None:
        """Look at every frame from now on for what flickers, and count the pictures."""
        self.root.scroll_into_view_if_needed()
        self.root.evaluate("figure => wgan.watch(figure)")

    def watched(self) -> dict[str, Any]:
        """What :meth:`watch` saw: ``pictures``, ``frames`` and ``violations``."""
        return self.root.evaluate("figure => wgan.watched(figure)")


class Player(Figure):
    """A player: what a live figure has, and buttons that play, pause and step."""

    def status(self) -> str:
        """\"playing\", \"paused\", \"finished\" or \"failed\"."""
        return self.root.get_by_role("status").text_content() or ""

    def wait_for(self, state: str) -> None:
        """Wait until it says that it is in this state."""
        self.root.get_by_role("status").get_by_text(state, exact=True).wait_for()

    def settle(self) -> str:
        """Wait until it no longer plays, and its picture is final; the state then."""
        self.page.evaluate("wgan.python('')")
        self.page.wait_for_function("player => wgan.rests(player)", arg=self.root.element_handle())
        return self.status()


class Control:
    """A slider or a menu, moved by the keyboard alone."""

    def __init__(self, figure: Figure, root: Locator) -> None:
        self.figure, self.root = figure, root
        self.label = root.locator(".widget-label").first.text_content() or ""
        self.is_menu = root.locator("select").count() > 0
        self.handle = root.locator("select" if self.is_menu else ".noUi-handle")

    @property
    def is_disabled(self) -> bool:
        """Whether another control says that this one does not matter."""
        return self.root.locator("[disabled]").count() > 0

    @property
    def stops(self) -> int:
        """How many values there are to choose from."""
        if self.is_menu:
            return self.root.locator("option").count()
        return round(float(self.handle.get_attribute("aria-valuemax") or 0)) + 1

    @property
    def index(self) -> int:
        """Which of its values it shows, from 0."""
        if self.is_menu:
            return self.handle.evaluate("menu => menu.selectedIndex")
        return round(float(self.handle.get_attribute("aria-valuenow") or 0))

    def keys_to(self, index: int) -> list[str]:
        """The keys that lead to a value, from wherever it stands."""
        if self.is_menu:
            # the arrows alone belong to JupyterLab: they leave for the next cell
            return ["Home", "Alt+ArrowDown", *["ArrowDown"] * index, "Enter"]
        return ["End"] if index == self.stops - 1 else ["Home", *["ArrowRight"] * index]

    @property
    def to_and_fro(self) -> list[str]:
        """Thirty keys that move it a lot."""
        return ["End", "Home"] * 15 if self.is_menu else ["End", "ArrowLeft", "ArrowLeft", "ArrowRight", "Home"] * 6

    def press(self, *keys: str, held: float = 0) -> None:
        """Press keys one after the other, each ``held`` for so many milliseconds, without waiting in between."""
        self.handle.focus()
        for key in keys:
            self.figure.page.keyboard.press(key, delay=held)

    def set(self, *keys: str) -> tuple[str, int]:
        """Press keys and wait: the status line and the pixels then."""
        self.press(*keys)
        return self.figure.settle(), self.figure.pixels()
