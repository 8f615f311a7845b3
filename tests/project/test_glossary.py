"""The glossary names what there is, and every link of the map leads somewhere."""

import re
from functools import reduce

import pytest

import wgan_helpers
from wgan_helpers import gans, transport

HEAD = ["symbol", "name", "meaning", "unit, shape", "first", "in code"]


@pytest.fixture(scope="module")
def text(root):
    return (root / "notebooks" / "glossary.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def rows(text):
    lines = [line.strip("| \n").split(" | ") for line in text.splitlines() if line.startswith("|")]
    return [row for row in lines if row != HEAD and set("".join(row)) != set("-|")]


def exists(name):
    """Whether the package has what ``name`` says; a field of a dataclass need not have a value."""
    *owners, last = name.split(".")
    owner = reduce(getattr, owners, wgan_helpers)
    return hasattr(owner, last) or last in getattr(owner, "__annotations__", {})


def test_every_row_is_whole(rows):
    assert len(rows) > 50
    for row in rows:
        assert len(row) == len(HEAD), row
        assert all(cell.strip() for cell in row), row
        assert "".join(row).count("$") % 2 == 0, row


def test_every_name_in_code_exists(rows):
    names = [name for row in rows for name in re.findall(r"`([^`]+)`", row[-1])]
    assert len(names) >= len(rows)
    assert [name for name in names if not exists(name)] == []


def test_a_name_that_does_not_exist_is_noticed():
    assert not exists("transport.wasserstein3")
    assert not exists("gans.Snapshot.estimates")


def test_no_entry_comes_twice(rows):
    names = [row[1] for row in rows]
    assert len(names) == len(set(names))


def test_every_objective_and_every_distance_has_an_entry(rows):
    symbols = {symbol.strip() for row in rows for symbol in row[0].split(",")}
    assert set(gans.OBJECTIVES) <= symbols
    in_code = " ".join(row[-1] for row in rows)
    for name in transport.__all__:
        if name not in ("EntropicTransport", "fewer_coordinates") and not name.startswith("bernoulli_"):
            assert f"transport.{name}" in in_code, name


@pytest.mark.parametrize("page", ["glossary.md", "text/00_start_here.py", "text/01_introduction.py", "../README.md"])
def test_every_link_leads_to_a_file(root, page):
    file = root / "notebooks" / page
    # the text of a notebook stands in a folder of its own
    folder = root / "notebooks" if file.suffix == ".py" else file.parent
    links = re.findall(r"\]\((?!https?:|#)([^)]+)\)", file.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (folder / link).exists()] == []


@pytest.mark.parametrize("page", ["00_start_here", "01_introduction"])
def test_the_first_pages_lead_to_the_glossary(root, page):
    assert "(glossary.md)" in (root / "notebooks" / "text" / f"{page}.py").read_text(encoding="utf-8")
