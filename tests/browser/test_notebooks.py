"""Every notebook in JupyterLab: it runs, and each control of each live figure does what it says."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
FOCUSABLE = ".noUi-handle, select, button:not([disabled])"


def test_run_all_shows_every_figure_and_no_error(notebook, screenshots):
    cells = [notebook.cell_of(figure.root) for figure in [*notebook.figures(), *notebook.players()]]
    assert len(cells) > 0
    assert len(cells) == len(set(cells)), "a cell shows two live figures"
    assert [figure.status() for figure in notebook.figures() if "(done" not in figure.status()] == []
    _take_pictures(notebook, screenshots)
    assert notebook.errors() == []


def _take_pictures(notebook, folder):
    widgets = {kind: notebook.widgets(kind) for kind in ("live", "player", "predict", "exercise")}
    for kind, roots in widgets.items():
        for number, root in enumerate(roots, start=1):
            root.scroll_into_view_if_needed()
            root.screenshot(path=folder / f"{Path(notebook.name).stem}_{kind}_{number}.png")
    print(f"screenshots in {folder}")


def test_the_tab_key_reaches_every_control_and_button(notebook):
    for figure in [*notebook.figures(), *notebook.players()]:
        wanted = figure.root.locator(FOCUSABLE)
        count = wanted.count()
        reached = set()
        wanted.first.focus()
        for _ in range(3 * count):
            reached.add(wanted.evaluate_all("all => all.indexOf(document.activeElement)"))
            notebook.page.keyboard.press("Tab")
        assert reached >= set(range(count)), figure.status()


def test_every_control_says_its_name_and_its_setting_to_a_screen_reader(notebook):
    for figure in [*notebook.figures(), *notebook.players()]:
        for control in figure.controls():
            role = "combobox" if control.is_menu else "slider"
            assert figure.root.get_by_role(role, name=control.label, exact=True).count() == 1, control.label
            if not control.is_menu:
                readout = control.root.locator(".widget-readout").text_content()
                assert control.handle.get_attribute("aria-valuetext") == readout


def test_stop_leaves_a_picture_of_the_setting(notebook):
    for figure in notebook.figures():
        # the last control at its upper end: slow where anything is
        control = figure.controls()[-1]
        start = control.index
        control.press("End")
        stop = figure.button("Stop")
        figure.page.wait_for_function(
            "([figure, stop]) => !stop.disabled || wgan.settled(figure)",
            arg=[figure.root.element_handle(), stop.element_handle()],
        )
        stop.evaluate("stop => stop.click()")
        assert figure.settle().startswith(figure.setting())
        assert stop.is_disabled()
        assert figure.pixels() != 0
        # the same setting again would stay as it was stopped
        control.set("Home")
        assert "(done" in control.set(*control.keys_to(start))[0]


def test_every_control_moved_to_both_ends_and_hammered(notebook):
    wrong = [
        f"{control.label}: {complaint}"
        for figure in notebook.figures()
        for control in figure.controls()
        for complaint in _hammer(figure, control)
    ]
    assert "\n".join(wrong) == ""
    assert notebook.errors() == []


def _hammer(figure, control):
    """Move a slider to both ends, a menu to all options, then to and fro and back; yield what is wrong."""
    start, at_start = control.index, figure.pixels()
    indices = range(control.stops) if control.is_menu else (0, control.stops - 1)
    lines, pictures = zip(*(control.set(*control.keys_to(index)) for index in indices), strict=True)
    for line in lines:
        if "(done" not in line:
            yield f"ended as {line}"
    if control.stops > 1:
        if len({line.split("(done")[0] for line in lines}) < len(lines):
            yield f"other values, the same line: {lines}"
        if control.is_menu and len(set(pictures)) < control.stops:
            yield f"other options, the same picture: {lines}"
        # a full turn looks the same at both ends, but not between them
        if len({at_start, *pictures}) < 2 and not _matters_elsewhere(figure, control):
            yield f"other values, the same picture: {lines}"
    figure.watch()
    line, picture = control.set(*control.to_and_fro, *control.keys_to(start))
    yield from dict.fromkeys(figure.watched()["violations"])
    if picture != at_start:
        yield f"after the hammering the picture is not that of {line}"


def _matters_elsewhere(figure, control):
    """Whether the control changes the picture for another option of a menu, as its label should say."""
    for menu in figure.controls():
        if not menu.is_menu:
            continue
        start, matters = menu.index, False
        for index in range(menu.stops):
            menu.set(*menu.keys_to(index))
            matters = matters or control.set(*control.keys_to(0))[1] != control.set("End")[1]
        menu.set(*menu.keys_to(start))
        if matters:
            return True
    return False


def test_papers_setting_is_one_press_and_settles(notebook):
    for figure in notebook.figures():
        button = figure.button("Paper's setting")
        if button.count() == 0:
            continue
        button.click()
        setting, pixels = figure.settle().split("(done")[0], figure.pixels()
        button.click()
        assert figure.settle().split("(done")[0] == setting
        assert figure.pixels() == pixels
    assert notebook.errors() == []


def test_every_player_plays_and_pauses_also_when_its_controls_are_hammered(notebook):
    for player in notebook.players():
        _pause(player)
        player.button("Reset").click()
        player.settle()
        still = player.pixels()
        player.watch()
        player.button("Play").click()
        for control in player.controls():
            control.press(*control.to_and_fro, *control.keys_to(control.index))
        _pause(player)
        assert player.settle() in ("paused", "finished")
        assert player.pixels() != still
        assert player.watched()["violations"] == []
    assert notebook.errors() == []


def _pause(player):
    if player.status() == "playing":
        player.button("Pause").click()
        player.settle()


def test_running_a_live_cell_three_times_leaves_one_figure(notebook):
    def live():
        return [*notebook.figures(), *notebook.players()]

    count = len(live())
    cell = notebook.cell_of(live()[0].root)
    for _ in range(3):
        notebook.run_cell(cell)
    assert len(live()) == count
    assert notebook.errors() == []
