"""The verdicts in words: ``REPLICATION.md``, and the table of notebook 08."""

from collections.abc import Iterable, Iterator
from math import floor, isnan, log10
from pathlib import Path

import pandas as pd

from wgan_helpers import recorded
from wgan_helpers.lessons.replication.claim import SECTIONS, VERDICTS, Claim, Estimate
from wgan_helpers.lessons.replication.claims import ARGUMENT, CLAIMS
from wgan_helpers.lessons.replication.measuring import stored, verdicts

_HEAD = """\
# Replication

Every claim of *Wasserstein GANs Work Because They Fail (to Approximate the Wasserstein Distance)* (Stanczuk, Etmann,
Kreusser, Schönlieb 2021) that a measurement can decide, with the number and the verdict that follows from it.
`make replication` measures all anew at the default scale (minutes on 2 cores), and writes this file.

{counts}

**How a verdict is found.** Each claim says that a number lies in a range. It is shown in a setting (✓) if number ± 2
standard errors lie in the range, and not shown otherwise (✗). Shown in every setting: *holds*; in some: *holds under
conditions*; in none: *not reproduced*. Where the words of the paper are wrong and a corrected statement (*instead*) is
shown in all its settings: *paper's text inexact*. Both scales count. ± is one standard error; a number without it is
exact, or from one run where it says so. A claim without any number yet is *not measured*.

**What it is measured on.** Drawn faces and digits, not CelebA or CIFAR-10, and small networks: a verdict is on the
claim in these settings. Default scale: seconds each. Recorded scale: long runs, in `wgan_helpers/recorded`.

{line}
"""


def written(found: Estimate) -> str:
    """A number with its standard error, to the digits that mean something; a dash for none."""
    if isnan(found.value):
        return "–"
    if isnan(found.error):
        return f"{found.value:.3g} (one run)"
    if found.error == 0:
        return f"{found.value:.4g}"
    if 0 < abs(found.value) < 1e-3 and found.error < 1e-3:
        return f"{found.value:.1e} ± {found.error:.1e}"
    digits = max(0, 1 - floor(log10(found.error)))
    return f"{found.value:.{digits}f} ± {found.error:.{digits}f}"


def estimates(frame: pd.DataFrame) -> Iterator[str]:
    """``setting: number ✓`` for each row of a frame of :func:`.measure`."""
    for row in frame.itertuples():
        mark = "" if isnan(row.value) else "✓" if row.shown else "✗"
        yield f"{row.setting}: {written(Estimate(row.value, row.error))} {mark}".rstrip()


def as_markdown(frame: pd.DataFrame, names: Iterable[str] = tuple(CLAIMS), folder: str = "") -> str:
    """The claims as a Markdown table.

    Parameters
    ----------
    frame : DataFrame
        Of :func:`.measure` or :func:`.stored`.
    names : iterable of str
        Of :data:`CLAIMS`.
    folder : str
        Of the notebooks, seen from where the text is read: ``"notebooks/"``.
    """
    found = verdicts(frame)
    head = (
        "| claim | measured, and where it is true | default scale | recorded scale | verdict |\n|---|---|---|---|---|\n"
    )
    return head + "".join(_line(CLAIMS[name], frame, found[name], folder) for name in names)


def _plain(text: str) -> str:
    """A star is a star, not the begin of italics."""
    return text.replace("*", r"\*")


def _line(claim: Claim, frame: pd.DataFrame, verdict: str, folder: str) -> str:
    own = frame[frame["claim"] == claim.name]
    cells: list[list[str]] = [[], [], []]
    for which, statement in claim.statements.items():
        words = "" if which == "paper" else f"*instead: {_plain(statement.says)}* "
        cells[0].append(f"{words}{_plain(statement.number)}: {statement.true}")
        for cell, scale in zip(cells[1:], ("default", "recorded"), strict=True):
            rows = own[(own["statement"] == which) & (own["scale"] == scale)]
            if which == "instead" and len(rows):
                cell.append("*instead*")
            cell += map(_plain, estimates(rows))
    says = f"`{claim.name}` §{claim.place}. {_plain(claim.statement.says)} **Paper**: {_plain(claim.paper)}"
    link = f"[{claim.notebook[:2]}, section {claim.part}]({folder}{claim.notebook}.ipynb)"
    middle = " | ".join("<br>".join(cell) or "–" for cell in cells)
    return f"| {says} | {middle} | **{verdict}**. {_plain(claim.why)} {link} |\n"


def document(folder: Path | None = None) -> str:
    """``REPLICATION.md``, from what is stored."""
    frame, line = stored(folder), recorded.load("replication", folder).line
    found = verdicts(frame)
    parts = [_HEAD.format(counts=counted(found), line=f"Default scale {line}.")]
    for section, title in SECTIONS.items():
        names = [name for name in found.index if CLAIMS[name].section == section]
        parts.append(f"## Section {section}: {title}\n\n{as_markdown(frame, names, 'notebooks/')}")
    return "\n".join(parts)


def counted(found: pd.Series) -> str:
    """How many claims got which verdict, in a sentence."""
    counts = found.value_counts()
    parts = [
        f"{counts[name]} {name if counts[name] == 1 else name.replace('holds', 'hold')}"
        for name in VERDICTS
        if name in counts
    ]
    return f"**{len(found)} claims**: {', '.join(parts)}."


def argument(frame: pd.DataFrame) -> str:
    """The paper's argument in five lines, each with the verdicts on what it rests on, as a Markdown table."""
    found = verdicts(frame)
    lines = [
        f"| {number}. {line} | " + "<br>".join(f"{name}: **{found[name]}**" for name in names) + " |"
        for number, (line, names) in enumerate(ARGUMENT.items(), start=1)
    ]
    return "\n".join(["| the paper's argument | rests on |", "|---|---|", *lines, ""])
