"""Verdicts follow from numbers, the numbers can be measured anew, and what is written is what was stored."""

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from math import inf, nan, sqrt

import nbformat
import pytest

from wgan_helpers import recorded
from wgan_helpers.lessons import replication
from wgan_helpers.lessons.replication import CLAIMS, SECTIONS, Estimate, Range, report
from wgan_helpers.recorded.reading import FOLDER

STORED = replication.stored()
SECONDS = recorded.load("replication").frame.groupby("method")["seconds"].max()
FAST = sorted(SECONDS.index[SECONDS < 1])


def inside(bounds):
    low, high = max(bounds.low, -1e6), min(bounds.high, 1e6)
    return (low + high) / 2


def outside(bounds):
    return bounds.high + 1 if bounds.high < inf else bounds.low - 1


def with_numbers(name, numbers):
    """What is stored of a claim, with other numbers: one for each setting of the claim and of its correction."""
    frame = STORED[(STORED["claim"] == name) & STORED["value"].notna()].copy()
    frame["value"] = [numbers(row.statement, place) for place, row in enumerate(frame.itertuples())]
    frame["shown"] = [
        CLAIMS[name].statements[row.statement].true.shows(Estimate(row.value)) for row in frame.itertuples()
    ]
    return replication.verdicts(frame).get(name, "not measured")


MEASURED = [name for name, verdict in replication.verdicts(STORED).items() if verdict != "not measured"]


@pytest.mark.parametrize("name", MEASURED)
def test_a_verdict_flips_with_the_number(name):
    statements = CLAIMS[name].statements
    inner = {which: inside(statement.true) for which, statement in statements.items()}
    outer = {which: outside(statement.true) for which, statement in statements.items()}
    assert with_numbers(name, lambda which, place: inner[which]) == "holds"
    assert with_numbers(name, lambda which, place: outer[which]) == "not reproduced"
    if "instead" in statements:
        values = {"paper": outer["paper"], "instead": inner["instead"]}
        assert with_numbers(name, lambda which, place: values[which]) == "paper's text inexact"
    elif len(STORED[(STORED["claim"] == name) & STORED["value"].notna()]) > 1:
        mixed = with_numbers(name, lambda which, place: outer[which] if place == 0 else inner[which])
        assert mixed == "holds under conditions"


@pytest.mark.parametrize(
    ("estimate", "shown"),
    [
        ((0.95, 0.02), True),
        ((0.95, 0.03), False),
        ((0.95, nan), True),
        ((0.95, 0.0), True),
        ((1.0, 0.0), False),
        ((nan, nan), False),
    ],
)
def test_a_number_is_shown_to_be_below_1_by_two_standard_errors(estimate, shown):
    assert Range(high=1).shows(Estimate(*estimate)) is shown


def test_a_range_has_two_ends():
    assert [Range(0.9, 1.1).shows(Estimate(value)) for value in (0.8, 1.0, 1.2)] == [False, True, False]


@pytest.mark.parametrize("name", FAST)
def test_a_claim_that_takes_less_than_a_second_comes_out_the_same(name):
    again = replication.measure([name])
    before = STORED[STORED["claim"] == name]
    assert again["setting"].tolist() == before["setting"].tolist()
    for now, then in zip(again.itertuples(), before.itertuples(), strict=True):
        if then.scale == "default":
            assert now.value == pytest.approx(then.value, abs=2 * then.error + 1e-6, rel=1e-5)
    assert replication.verdicts(again)[name] == replication.verdicts(before)[name]


@pytest.mark.parametrize("name", [name for name in ("mean-batch", "unbiased", "centroid-batch") if name in FAST])
def test_with_other_random_numbers_it_is_the_same_within_its_error(name):
    again = replication.measure([name], seed=1)
    before = STORED[STORED["claim"] == name]
    for now, then in zip(again.itertuples(), before.itertuples(), strict=True):
        assert now.value != then.value
        assert abs(now.value - then.value) < 5 * sqrt(now.error**2 + then.error**2)
    assert replication.verdicts(again)[name] == replication.verdicts(before)[name]


def test_enough_claims_are_measured_anew():
    assert len(FAST) >= 8


def test_what_is_written_is_what_is_stored(root):
    assert (root / "REPLICATION.md").read_text(encoding="utf-8") == report.document()


def test_the_notebook_shows_what_is_stored(root):
    notebook = nbformat.read(root / "notebooks" / "08_conclusions.ipynb", as_version=4)
    shown = [
        output["data"].get("text/markdown")
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "data" in output
    ]
    assert replication.as_markdown(STORED) in shown
    assert replication.argument(STORED) in shown


@pytest.mark.parametrize("name", CLAIMS)
def test_a_claim_says_where_it_is_from_and_where_its_figure_is(name, root):
    claim = CLAIMS[name]
    assert claim.section in SECTIONS
    figure = re.fullmatch(r"[1-8](\.[1-3])?(, Figure (\d+)|, Theorem 5\.1\.1, part [12])?", claim.place)
    assert figure and int(figure[3] or 1) <= 11
    text = (root / "notebooks" / "text" / f"{claim.notebook}.py").read_text(encoding="utf-8")
    assert f"\n# ## {claim.part} · " in text
    assert (root / "notebooks" / f"{claim.notebook}.ipynb").exists()
    for statement in claim.statements.values():
        assert statement.says.endswith(".") and "|" not in statement.says + statement.number
        assert statement.settings or statement.recorded
    assert claim.why.endswith(".") and "\n" not in claim.why


def test_every_link_leads_somewhere(root):
    links = re.findall(r"\]\((.+?)\)", report.document())
    assert len(links) == len(CLAIMS)
    assert all((root / link).exists() for link in links)


def test_every_section_and_figure_of_the_paper_is_there():
    places = " ".join(claim.place for claim in CLAIMS.values())
    assert {claim.section for claim in CLAIMS.values()} == set(SECTIONS)
    assert all(re.search(rf"Figure {number}\b", places) for number in range(1, 12))
    assert len(CLAIMS) >= 20


def test_the_argument_rests_on_claims_that_exist():
    assert {name for names in replication.ARGUMENT.values() for name in names} <= set(CLAIMS)


def test_a_changed_claim_has_to_be_measured_anew(tmp_path):
    shutil.copytree(FOLDER / "replication", tmp_path / "replication")
    about = tmp_path / "replication" / "duality.json"
    about.write_text(about.read_text(encoding="utf-8").replace("d = 50", "d = 51"), encoding="utf-8")
    with pytest.raises(ValueError, match="'duality' has changed since it was measured: make replication"):
        replication.stored(tmp_path / "replication")


def test_it_is_the_same_wherever_it_is_computed():
    names = ["unbiased", "js-is-flat"]
    with ThreadPoolExecutor(2) as pool:
        assert replication.measure(names, executor=pool).equals(replication.measure(names))


def test_an_unknown_claim_is_refused():
    with pytest.raises(ValueError, match="did you mean 'mean-batch'"):
        replication.measure(["mean-bach"])


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        ((0.95634, 0.0051), "0.9563 ± 0.0051"),
        ((7.4, 0.52), "7.40 ± 0.52"),
        ((94.2, 20.1), "94 ± 20"),
        ((2.4e-8, 8e-9), "2.4e-08 ± 8.0e-09"),
        ((14.81, nan), "14.8 (one run)"),
        ((0.2, 0.0), "0.2"),
        ((nan, nan), "–"),
    ],
)
def test_numbers_are_written_to_the_digits_that_mean_something(estimate, text):
    assert report.written(Estimate(*estimate)) == text


def test_a_dot_for_each_setting_full_where_the_claim_is_shown():
    own = STORED[STORED["claim"] == "mean-picture"]
    ax = replication.plot(own)
    faces = [line.get_markerfacecolor() for line in ax.lines if len(line.get_xdata()) == 1]
    assert [face != "white" for face in faces] == own["shown"].tolist() == [True, False]
    ax.figure.clear()


def test_the_menus_choose_claims():
    figure = replication.explore()
    try:
        pictures = set()
        for section in ("all", "1", "7"):
            figure._controls["section"].widget.value = section
            figure.settle()
            assert figure.error is None
            pictures.add(figure.png)
        figure._controls["verdict"].widget.value = "not reproduced"
        figure.settle()
        assert figure.error is None
        assert len(pictures | {figure.png}) == 4
    finally:
        figure.close()
